"""`taskctl run`: run a schedule now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from task_scheduler.runs.identity import RunId, RunState
from taskctl.errors import ExitCode, TaskctlError
from taskctl.runs.following import BAR_FROM, follow, progress_bar
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.runs.run_table import describe_run, end_line
from taskctl.runs.starting import parse_past, start_run
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, note, print_json, say
from taskctl.ui.times import parse_span, rfc3339

_MOST_LINES = 20
"""Lines of tasks that are printed."""


def run(
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    task: Annotated[
        int | None, typer.Option("--task", min=1, help="Only the task at this position.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="A past time, which tasks see as the scheduled one; without an offset it is in "
            "the schedule's own zone.",
        ),
    ] = None,
    why: options.Why = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow the run until it is over.")
    ] = True,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="Follow it for so long: 90s, 10m or 2h.")
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Run a schedule now and follow its tasks to their ends.

    The run has a key of its own: it repeats no other run, even where deduplication is on. The
    ledger notes who started it, and why. A paused schedule runs as well. A schedule that runs after
    others finds the last runs of these in context.parents, and still runs after their next ones.
    The tasks are shown that the ledger keeps: failures, and the results of up to 10 tasks. Exit
    code 1 means that something failed, 2 that nothing was run (or that it was skipped, since
    another run has not ended), 124 that it is not over yet. Ctrl-C stops following, and nothing
    else: `taskctl cancel` does.

    \b
    Examples:
      taskctl run nightly
      taskctl run nightly --task 3
      taskctl run nightly --at 2026-11-23T02:00 --why "the export came late" --yes
      taskctl run nightly --no-wait
    """
    seconds = None if timeout is None else parse_span(timeout).total_seconds()
    stack = find_stack(prefix, root)
    found = stack.schedule(schedule)
    scheduled_time = parse_past(found, at)
    what = f"task #{task} of {schedule}" if task else schedule
    when = f"for {rfc3339(scheduled_time)}" if at else "now"
    confirm(f"Run {what} {when}, in the stack {stack.prefix!r}?", yes=yes)
    started = start_run(stack, found, scheduled_time=scheduled_time, task=task, why=why)
    for other in found.after:
        if not any(RunId.of(key).schedule == other for key in started.parents):
            done = "ended" if found.any_outcome else "succeeded"
            note(f"No run of {other} has {done} yet: tasks find none of it in context.parents.")
    if not as_json:
        say(f"{schedule}: run {started.id.key}, {started.describe()}")
    elif not wait:
        counts = {name: started.summary[name] for name in ("sent", "refused")}
        print_json({"run": started.id.key, **counts, "parents": started.parents})
    if wait:
        _follow(stack, started.id, seconds, as_json=as_json)


def _follow(stack: Stack, id_: RunId, seconds: float | None, *, as_json: bool) -> None:
    """Show a run until it is over.

    Raises:
        typer.Exit: it did not succeed, with the exit code.
    """
    reader = RunReader(stack)
    last: RecordedRun | None = None
    ends: dict[int, KeptEnd] = {}
    try:
        with progress_bar(shown=sys.stderr.isatty() and not as_json) as show:
            for look in follow(reader, id_, seconds=seconds):
                if not as_json:
                    _print(look.run, look.new, printed=len(ends))
                ends |= {end.number: end for end in look.new}
                last = look.run
                show(last)
    except KeyboardInterrupt:
        note("\nNo longer following. The tasks go on: `taskctl runs` shows how they end.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if last is None:
        raise TaskctlError(f"the ledger does not have the run {id_.key}")
    _report(last, [ends[number] for number in sorted(ends)], as_json=as_json)
    if (code := _exit_code(last)) is not ExitCode.DONE:
        raise typer.Exit(code)


def _print(run: RecordedRun, ends: list[KeptEnd], *, printed: int) -> None:
    """Print what is new of a run's tasks; of a long list, what failed."""
    is_long = (run.total or 0) > BAR_FROM
    shown = [end for end in ends if end.has_failed or not is_long]
    for end in shown[: max(_MOST_LINES - printed, 0)]:
        say(end_line(end))
    if printed < _MOST_LINES < printed + len(shown):
        say(f"  ... `taskctl show {run.key}` shows more of what failed.")


def _report(run: RecordedRun, ends: list[KeptEnd], *, as_json: bool) -> None:
    if as_json:
        print_json(run.as_json() | {"tasks": [end.as_json() for end in ends]})
        return
    say(f"{run.schedule}: {describe_run(run)}")
    if not run.is_over:
        note("It is not over yet: `taskctl runs` shows how it ends.")
    elif run.has_failed:
        note(f"`taskctl failed` shows what failed, `taskctl retry {run.key}` sends it again.")


def _exit_code(run: RecordedRun) -> ExitCode:
    if not run.is_over:
        return ExitCode.TIMED_OUT
    if run.state == RunState.SKIPPED:
        return ExitCode.NOT_DONE
    return ExitCode.DONE if run.state == RunState.SUCCEEDED else ExitCode.FAILED
