"""Backfills that go on while the page is served."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

from taskctl.errors import TaskctlError
from taskctl.runs.backfilling import Backfill
from taskctl.runs.missed import Missed
from taskctl.ui.output import counted


class Job:
    """Runs of a schedule, one after the other.

    Attributes:
        schedule: its name.
        total: how many there are.
        ended: how many of them have.
        unsuccessful: how many of those did not succeed.
        problem: why it ended early; None if it did not.
    """

    def __init__(self, backfill: Backfill, wanted: Sequence[Missed]) -> None:
        self.schedule = backfill.schedule.name
        self.total = len(wanted)
        self.ended = 0
        self.unsuccessful = 0
        self.problem: str | None = None
        self._backfill = backfill
        self._wanted = wanted

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        Thread(target=self._run, name="backfill", daemon=True).start()

    def _run(self) -> None:
        for missed in self._wanted:
            try:
                run = self._backfill.run_one(missed)
            except TaskctlError as error:
                self.problem = str(error)
                return
            self.unsuccessful += run.state != "succeeded"
            self.ended += 1

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
            return f"{stands}. It goes on as long as the page is served."
        return f"{stands}."
