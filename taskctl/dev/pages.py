"""The page of `taskctl ui` for each stack of a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from taskctl.dev.view import View
from taskctl.stack.stack import Stack
from taskctl.ui.browser import open_in_browser

try:
    from taskctl.web.app import make_app
    from taskctl.web.known import Known
    from taskctl.web.server import serving
except ModuleNotFoundError as error:
    missing: str | None = str(error.name).partition(".")[0]
else:
    missing = None


class Pages:
    """Serves a page for each stack, as long as the session lasts.

    Args:
        view: where their addresses are shown.
        opens: whether the first one is opened in the browser.
        served: ends them.
    """

    def __init__(self, view: View, *, opens: bool, served: ExitStack) -> None:
        self._view = view
        self._opens = opens
        self._served = served
        self._known: dict[str, Known] = {}

    def show(self, stacks: Mapping[Stack, Path]) -> None:
        """Serve the page of each stack that has none; read the others' schedules again.

        Args:
            stacks: with their task folders.
        """
        if missing is not None:
            return
        for stack, folder in stacks.items():
            if stack.prefix in self._known:
                self._known[stack.prefix].schedules.forget()
            else:
                self._serve(stack, folder)

    def _serve(self, stack: Stack, folder: Path) -> None:
        known = self._known[stack.prefix] = Known(stack, folder)
        known.warm_up()
        session = self._served.enter_context(serving(lambda session: make_app(known, session)))
        self._view.line(f"page of {stack.prefix}: {session.address}")
        if self._opens:
            open_in_browser(session.address)
        self._opens = False


@contextmanager
def open_pages(view: View, *, opens: bool) -> Iterator[Pages]:
    """Provide the pages for the length of the block; say so if this taskctl has none."""
    if missing is not None:
        view.line(f'no page: taskctl was installed without the extra "ui" ({missing})')
    with ExitStack() as served:
        yield Pages(view, opens=opens, served=served)
