"""Backfills that go on while the page is served."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock, Thread

from taskctl.errors import TaskctlError
from taskctl.runs.backfilling import Backfill
from taskctl.runs.missed import Missed
from taskctl.ui.output import counted


class Job:
    """Runs of a schedule, the oldest first, a few of them at the same time.

    Its threads end with the process: those of an executor would be waited for.

    Attributes:
        schedule: its name.
        total: how many runs there are.
        parallel: how many of them at the same time.
        ended: how many of them have.
        unsuccessful: how many of those did not succeed.
        problem: why it ended early; None if it did not.
    """

    def __init__(self, backfill: Backfill, wanted: Sequence[Missed], parallel: int) -> None:
        self.schedule = backfill.schedule.name
        self.total = len(wanted)
        self.parallel = min(parallel, self.total)
        self.ended = 0
        self.unsuccessful = 0
        self.problem: str | None = None
        self._backfill = backfill
        self._left: Iterator[Missed] = iter(wanted)
        self._lock = Lock()

    def start(self) -> None:
        """Begin."""
        for number in range(self.parallel):
            Thread(target=self._run, name=f"backfill-{number}", daemon=True).start()

    def _run(self) -> None:
        while (missed := self._next()) is not None:
            try:
                run = self._backfill.run_one(missed)
            except TaskctlError as error:
                self.problem = str(error)
                return
            with self._lock:
                self.unsuccessful += run.state != "succeeded"
                self.ended += 1

    def _next(self) -> Missed | None:
        """Return the next due time; None if there is none, or the job ended early."""
        with self._lock:
            return None if self.problem else next(self._left, None)

    @property
    def kind(self) -> str:
        """The class of how it stands in the style sheet."""
        return "failed" if self.problem or self.unsuccessful else "running"

    def describe(self) -> str:
        """Return how it stands, in a sentence."""
        failed = f", {self.unsuccessful} did not succeed" if self.unsuccessful else ""
        stands = f"Backfill: {self.ended} of {counted(self.total, 'run')} over{failed}"
        if self.problem:
            return f"{stands}. It ended: {self.problem}"
        if self.ended < self.total:
            at_once = f", {self.parallel} at once" if self.parallel > 1 else ""
            return f"{stands}. It goes on{at_once} as long as the page is served."
        return f"{stands}."
