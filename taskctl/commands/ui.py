"""`taskctl ui`: a page over all that taskctl knows."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from taskctl.errors import TaskctlError
from taskctl.project.task_code import check_task_folder
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.browser import open_in_browser
from taskctl.ui.output import note, say

_INSTALL = (
    "taskctl ui needs packages that this taskctl was installed without ({name}). Install it with "
    'the extra "ui", such as uvx --from "serverless-task-scheduler[ui] @ git+URL" taskctl ui'
)


def ui(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; a free one by default.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in your browser.")
    ] = True,
    task_code_dir: Annotated[
        Path | None,
        typer.Option(
            "--task-code-dir",
            help="The folder with the task files, whose lines are shown; tasks in --root by "
            "default, if it is there.",
        ),
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
) -> None:
    """Show schedules and runs on a page in your browser.

    With the actions of the commands, each with the words of what it will do. The page is served on
    this machine alone, with your own credentials, and asks AWS and nobody else. The address that
    is printed has a token: without it nobody gets in. Ctrl-C ends it.

    \b
    Examples:
      taskctl ui
      taskctl ui --port 8600 --no-browser
    """
    try:
        from taskctl.web.app import make_app
        from taskctl.web.known import Known
        from taskctl.web.server import serving
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        raise TaskctlError(_INSTALL.format(name=name)) from error
    stack = find_stack(prefix, root)
    stack.check_exists()
    folder = task_code_dir or root / "tasks"
    if task_code_dir is not None:
        check_task_folder(folder)
    known = Known(stack, folder)
    known.warm_up()
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with serving(lambda session: make_app(known, session), port) as session:
        say(session.address)
        note("Whoever has this address can do what you can. Ctrl-C ends the page.")
        if browser:
            open_in_browser(session.address)
        with suppress(KeyboardInterrupt):
            ended.wait()
