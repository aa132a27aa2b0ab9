"""`taskctl COMMAND`: the commands by name."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, TextIO

import typer

from taskctl.errors import ExitCode, TaskctlError
from taskctl.lazy import Command, lazy_group

COMMANDS = {
    "next": Command("next:next_runs", "Show when schedules are due next."),
    "cost": Command("cost:cost", "Estimate the monthly cost of schedules."),
    "run": Command("run:run", "Run a schedule now and follow its tasks to their ends."),
    "backfill": Command(
        "backfill:backfill", "Run a schedule for the times at which it has not run."
    ),
    "runs": Command("runs:runs", "List past runs, the oldest first."),
    "show": Command("show:show", "Show a run or a task with all that is known of it."),
    "logs": Command("logs:logs", "Show what the tasks of a run printed and logged."),
    "stats": Command("stats:stats", "Sum up the runs of each schedule."),
    "ui": Command("ui:ui", "Show schedules and runs on a page in your browser."),
    "cancel": Command("cancel:cancel", "Cancel a run."),
    "failed": Command("failed:failed", "List dead letters, with the reasons."),
    "redrive": Command("redrive:redrive", "Send dead letters again, once their cause is fixed."),
    "retry": Command("retry:retry", "Send what failed of a run again."),
    "discard": Command("discard:discard", "Delete dead letters for good, unsent."),
    "pause": Command("pause:pause", "Pause a schedule until it is resumed."),
    "resume": Command("pause:resume", "Resume a paused schedule."),
    "notify": Command("notify:notify", "Send a test message to the targets of notifications."),
    "calendar": Command(
        "calendar:calendar", "Write the public holidays of a country as a calendar."
    ),
    "dev": Command("dev:dev", "Run your schedules on this machine while you edit them."),
    "try": Command("try_task:try_task", "Run a task's function on this machine, without AWS."),
    "check": Command("check:check", "Check schedules, task files and task code, without AWS."),
    "init": Command("init:init", "Make a project of your own: schedules, tasks, Terraform, CI."),
    "import crontab": Command(
        "import_crontab:import_crontab", "Turn a crontab into schedules and tasks."
    ),
    "package": Command("package:package", "Build the dependency layer with your packages."),
}
"""The commands in the order of the help. Its lines stand here as well as in the functions'
docstrings, which a test compares: importing all commands takes a second."""


app = typer.Typer(
    cls=lazy_group(COMMANDS),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from taskctl.project.installed import describe_version

        sys.stdout.write(f"taskctl {describe_version()}\n")
        raise typer.Exit


@app.callback()
def taskctl(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """See what your schedules will run, what ran, and what failed and why; run it, send it again.

    AWS is reached through the usual environment: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL.
    Exit codes: 0 done, 1 something failed (a task, a check), 2 could not be done, 124 --timeout.
    """


_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""A command ends before much garbage is there; looking for it took a sixth of a long list."""


def main() -> None:
    """Run a command; an error that the user can correct is one sentence, and ExitCode.NOT_DONE."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        # what the terminal's encoding lacks is escaped, not the end of the command
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app(prog_name="taskctl")
    except TaskctlError as error:
        _end(str(error))
    except BrokenPipeError:  # the reader has seen enough, as in `taskctl runs | head`
        _discard(sys.stdout)
        sys.exit(ExitCode.NOT_DONE)
    except OSError as error:
        if error.filename is not None:
            raise
        _discard(sys.stdout)
        _end(f"cannot write the output: {error.strerror}")
    except Exception as error:
        if "botocore" not in sys.modules:
            raise
        from botocore.exceptions import ClientError  # imported late: it takes long

        if isinstance(error, ClientError):
            _end(f"AWS refuses it: {error}")
        raise


def _end(sentence: str) -> None:
    from taskctl.ui.output import harmless

    sys.stderr.write(f"taskctl: {harmless(sentence)}\n")
    sys.exit(ExitCode.NOT_DONE)


def _discard(stream: TextIO) -> None:
    """Drop what a stream still holds, so that the interpreter does not fail to flush it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
