"""`taskctl COMMAND`: the commands by name."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple, TextIO

import typer
from typer.core import TyperGroup

from taskctl.errors import TaskctlError


class _Command(NamedTuple):
    """A command: its module and function, and its line in the list of commands."""

    function: str
    help: str


COMMANDS = {
    "next": _Command("next:next_runs", "Show when schedules are due next."),
    "cost": _Command("cost:cost", "Estimate the monthly cost of schedules."),
    "run": _Command("run:run", "Run a schedule now and follow its tasks to their ends."),
    "runs": _Command("runs:runs", "List past runs with the outcomes of their tasks."),
    "failed": _Command("failed:failed", "List dead letters, with the reasons."),
    "redrive": _Command("redrive:redrive", "Send dead letters again, once their cause is fixed."),
    "pause": _Command("pause:pause", "Pause a schedule until it is resumed."),
    "resume": _Command("pause:resume", "Resume a paused schedule."),
    "dev": _Command("dev:dev", "Run your schedules on this machine while you edit them."),
    "try": _Command("try_task:try_task", "Run a task's function on this machine, without AWS."),
    "check": _Command("check:check", "Check schedules, task files and task code, without AWS."),
    "package": _Command("package:package", "Build the dependency layer with your packages."),
}
"""The commands in the order of the help. Its lines stand here as well as in the functions'
docstrings, which a test compares: importing all commands takes a second."""


class Commands(TyperGroup):
    """The commands, each imported when it is called: most need what others do not."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": dict.fromkeys(COMMANDS)})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name, for click."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].function.partition(":")
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(cmd_name)(getattr(import_module(f"taskctl.commands.{module}"), function))
        return typer.main.get_command(app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands without importing them, for click."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


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
    """See what your schedules will run, what ran, and what failed and why; run it, send it again.

    AWS is reached through the usual environment: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL.
    """


def main() -> None:
    """Run a command; an error that the user can correct is one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # what the terminal's encoding lacks is escaped, not the end of the command
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app(prog_name="taskctl")
    except TaskctlError as error:
        _end(str(error))
    except BrokenPipeError:  # the reader has seen enough, as in `taskctl runs | head`
        _discard(sys.stdout)
        sys.exit(1)
    except OSError as error:
        if error.filename is not None:
            raise
        _discard(sys.stdout)
        _end(f"cannot write the output: {error.strerror}")
    except Exception as error:
        from botocore.exceptions import ClientError  # imported late: it takes long

        if isinstance(error, ClientError):
            _end(f"AWS refuses it: {error}")
        raise


def _end(sentence: str) -> None:
    from taskctl.ui.output import harmless

    sys.exit(f"taskctl: {harmless(sentence)}")


def _discard(stream: TextIO) -> None:
    """Drop what a stream still holds, so that the interpreter does not fail to flush it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
