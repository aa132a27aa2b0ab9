"""Start all that a session needs, and end it with the session."""

from __future__ import annotations

import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import task_scheduler_local.dev
from task_scheduler_local import terraform
from task_scheduler_local.chat import serving
from task_scheduler_local.dev import tools
from task_scheduler_local.dev.root import Root
from task_scheduler_local.emulator import Emulator
from taskctl.dev.keys import typed
from taskctl.dev.pages import open_pages
from taskctl.dev.session import Session, use
from taskctl.dev.view import open_view

_INSIDE = Path(task_scheduler_local.dev.__file__).with_name("inside.py")


def start(
    folder: Path, tfvars: Path | None, requirements: Path | None, *, browser: bool = False
) -> None:
    """Run a session until KeyboardInterrupt.

    Args:
        folder: the user's root, absolute.
        tfvars: a file of values, absolute; None for none but Terraform's own.
        requirements: the requirements of task code, absolute; None for none.
        browser: whether the page is opened in the user's browser.

    Raises:
        LocalError: something cannot be installed or started, or the folder is not a root.
    """
    began = time.monotonic()
    terraform.check_binary()
    home = folder / ".taskctl"
    home.mkdir(exist_ok=True)
    (home / ".gitignore").write_text("*\n")
    with ExitStack() as stack:
        view = stack.enter_context(open_view())
        interpreter = tools.emulator(home, view.line)
        layer = tools.packages(home, requirements, view.line)
        emulator = stack.enter_context(Emulator(interpreter=interpreter, plugins=[_INSIDE]))
        use(emulator.environment())
        chat = stack.enter_context(serving())
        base = stack.enter_context(tempfile.TemporaryDirectory(prefix="task-scheduler-dev-"))
        root = Root(folder, tfvars, layer, Path(base), home)
        stack.enter_context(root.attached(emulator.environment()))
        pages = stack.enter_context(open_pages(view, opens=browser))
        session = Session(root, folder, tfvars, layer, emulator, chat, view, pages)
        stack.enter_context(typed(session.type))
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)  # to end in peace
        session.run(began)
