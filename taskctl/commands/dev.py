"""`taskctl dev`: one's own schedules on this machine."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from taskctl.errors import TaskctlError
from taskctl.ui.output import say

_REQUIREMENTS = (
    Path("layer", "requirements-layer.txt"),
    Path("requirements-layer.txt"),
    Path("requirements.txt"),
)
_INSTALL = (
    "taskctl dev needs packages that this taskctl was installed without ({name}). Install it with "
    'the extra "local", such as uvx --from "serverless-task-scheduler[local] @ git+URL" taskctl dev'
)


def dev(
    root: Annotated[
        Path, typer.Option("--root", help="The folder that `terraform apply` is run in.")
    ] = Path(),
    tfvars: Annotated[
        Path | None,
        typer.Option(
            "--tfvars", help="A file of values beside those that Terraform finds by itself."
        ),
    ] = None,
    requirements: Annotated[
        Path | None,
        typer.Option(
            help="What your tasks need, as pip reads it; layer/requirements-layer.txt or "
            "requirements.txt if it is there."
        ),
    ] = None,
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="Open the page of `taskctl ui` in your browser; where there is a terminal by "
            "default.",
        ),
    ] = None,
) -> None:
    """Run your schedules on this machine while you edit them.

    No AWS account is needed. Terraform applies the folder to an AWS emulator: a root that calls
    the module, or the module itself with its tfvars. Schedules run at their times, and by their
    keys. An edit of task code is live in two or three seconds; one of tfvars, or of Terraform's
    files, is applied. What tasks print, tracebacks, outcomes and chat messages are shown, and calls
    of AWS that the role of the functions does not permit. The page of `taskctl ui` is served, and
    opened. What your tasks do elsewhere is done.

    Code that does not import, and values that Terraform refuses, are reported, and what worked
    last goes on. Ctrl-C ends all of it; packages are kept in .taskctl for the next time. Where
    there is no terminal the output is plain lines, and schedules are started by lines of standard
    input, with a number or a name.

    \b
    Examples:
      taskctl dev
      taskctl dev --root infrastructure/jobs --tfvars dev.tfvars
    """
    try:
        from task_scheduler_local import LocalError
        from taskctl.dev.start import start
    except ModuleNotFoundError as error:
        raise TaskctlError(_INSTALL.format(name=error.name)) from error
    if not root.is_dir():
        raise TaskctlError(f"--root {root}: no such folder")
    if tfvars and not tfvars.is_file():
        raise TaskctlError(f"--tfvars {tfvars}: no such file")
    folder = root.resolve()
    found = requirements or next(
        (folder / path for path in _REQUIREMENTS if (folder / path).is_file()), None
    )
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        opens = sys.stdout.isatty() if browser is None else browser
        start(folder, tfvars and tfvars.resolve(), found and found.resolve(), browser=opens)
    except LocalError as error:
        raise TaskctlError(str(error)) from error
    except KeyboardInterrupt:
        say("Ended. Nothing is left running.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
