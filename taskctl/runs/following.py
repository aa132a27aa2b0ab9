"""Follow one run in the ledger until it is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from task_scheduler.runs.identity import RunId
from taskctl.errors import AwsUnavailable
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.ui.output import note

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_SECONDS = 1.0

UNKNOWN_SECONDS = 30
"""After so long it is said that the ledger does not have the run."""

BAR_FROM = 20
"""Runs of more tasks get a progress bar."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A snapshot of a run.

    Attributes:
        run: as it is now.
        new: the ends that the ledger keeps and that earlier looks did not show.
    """

    run: RecordedRun
    new: list[KeptEnd] = field(default_factory=list)


def follow(reader: RunReader, id_: RunId, *, seconds: float | None) -> Iterator[Progress]:
    """Look at a run each second, until it is over or the time is.

    Args:
        reader: the reader of its stack.
        id_: the run.
        seconds: for which it is looked at; None for as long as it takes.
    """
    began = time.monotonic()
    look = _Look(reader, id_)
    is_missing = False
    while True:
        try:
            progress = look.again()
        except AwsUnavailable as error:
            note(f"taskctl: {error}")
            progress = None
        if progress is not None:
            yield progress
        waited = time.monotonic() - began
        is_over = progress is not None and progress.run.is_over
        if is_over or (seconds is not None and waited >= seconds):
            return
        if progress is None and waited > UNKNOWN_SECONDS and not is_missing:
            is_missing = True
            note("The ledger does not have the run yet: it was away, or send_task was.")
        time.sleep(POLL_SECONDS)


class _Look:
    """Looks at a run, and knows which ends were seen before."""

    def __init__(self, reader: RunReader, id_: RunId) -> None:
        self._reader = reader
        self._id = id_
        self._seen: dict[int, KeptEnd] = {}
        self._counts: tuple[object, ...] | None = None

    def again(self) -> Progress | None:
        """Return the run as it is now; None if the ledger does not have it."""
        run = self._reader.run(self._id)
        if run is None:
            return None
        counts = run.ended, run.failed, run.state
        if counts == self._counts:
            return Progress(run=run)
        ends = self._reader.kept_ends(self._id.key)
        new = [end for end in ends if end != self._seen.get(end.number)]
        self._seen |= {end.number: end for end in new}
        self._counts = counts
        return Progress(run=run, new=new)


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[RecordedRun], None]]:
    """Show how many tasks of a long list have ended, on standard error.

    Args:
        shown: false where nobody looks at it.
    """
    if not shown:
        yield lambda run: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failures]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False, failures="")

        def update(run: RecordedRun) -> None:
            bar.update(
                task,
                visible=(run.total or run.ended or 0) > BAR_FROM,
                completed=run.ended or 0,
                total=run.total,
                failures=f"{run.failed:,} failed" if run.failed else "",
            )

        yield update
