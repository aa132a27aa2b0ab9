"""`taskctl COMMAND`: the commands by name."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from taskctl.errors import TaskctlError

COMMANDS = {
    "next": "next:next_runs",
    "cost": "cost:cost",
    "run": "run:run",
    "runs": "runs:runs",
    "failed": "failed:failed",
    "redrive": "redrive:redrive",
    "pause": "pause:pause",
    "resume": "pause:resume",
    "try": "try_task:try_task",
    "check": "check:check",
    "package": "package:package",
}
"""Each command's module and function."""


class Commands(TyperGroup):
    """The commands, each imported when it is asked for: most need what others don't."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": dict.fromkeys(COMMANDS)})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, as click asks for it."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(cmd_name)(getattr(import_module(f"taskctl.commands.{module}"), function))
        return typer.main.get_command(app)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def taskctl() -> None:
    """See what your schedules will run, what ran, what failed and why; run it now, send it again.

    AWS is reached through the usual environment: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL.
    """


def main() -> None:
    """Run a command; a mistake of the user's is one sentence, and exit code 1."""
    try:
        app(prog_name="taskctl")
    except TaskctlError as error:
        sys.exit(f"taskctl: {error}")
    except Exception as error:
        from botocore.exceptions import ClientError  # only now: it takes long to import

        if isinstance(error, ClientError):
            sys.exit(f"taskctl: AWS refuses it: {error}")
        raise


if __name__ == "__main__":
    main()
