"""One batch: its messages, the order in which their tasks are run, and the time that there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from task_scheduler.config import Settings
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.history import History
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.result import Ended, postponement
from task_scheduler.execution.runners import Inline, Perform, Runner
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.execution.settlement import Settlement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.record import Record
from task_scheduler.runs.kept_ends import read_kept_end
from task_scheduler.runs.known_runs import KnownRuns
from task_scheduler.runs.ledger import Ledger

if TYPE_CHECKING:
    from task_scheduler.execution.idempotency import Idempotency


class Batch:
    """The messages of one invocation.

    Attributes:
        acknowledgement: what SQS is told of them.
        recording: what the ledger is told of them.
        ended: the attempts that came to a result.
    """

    def __init__(
        self,
        records: list[Record],
        settings: Settings,
        budget: TimeBudget,
        sandbox: Sandbox,
        ledger: Ledger,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._is_fifo = is_fifo(settings.queue_url)
        self._read_kept = partial(read_kept_end, ledger)
        self._runs = KnownRuns(ledger, sandbox.runs)
        self._history = History(
            ledger, records, budget, is_resent=lambda record: self._runs.of(record).is_resent
        )
        self._waiting = records if self._is_fifo else self._in_order(records)
        self._is_alone = False
        idempotency = _idempotency(settings, budget, ledger)
        self.recording = Recording(ledger, settings, budget)
        self.acknowledgement = Acknowledgement(settings.queue_url, budget, self.recording)
        self._settlement = Settlement(
            settings, budget, self.recording, self.acknowledgement, idempotency
        )
        self.ended = self._settlement.ended
        perform = Attempt.run if idempotency is None else idempotency.run
        self._runner = _runner(perform, settings.task_concurrency, sandbox)

    def run(self) -> None:
        """Bring every task to an outcome, or give its message back; record what came of it."""
        while self._waiting or self._runner.busy:
            record = self._next() if self._runner.free else None
            if record is not None:
                self._waiting.remove(record)
                self._start(record)
            elif self._runner.busy:
                self._wait()
            else:
                self._settlement.give_back(self._read(self._waiting.pop(0)).delivery)
        self.acknowledgement.record()

    def _in_order(self, records: list[Record]) -> list[Record]:
        """Put a batch in the order in which it is run, where any will do.

        What may have killed its function runs last, when the others are safe. What was given back
        most often has its turn first.
        """
        return sorted(
            records, key=lambda record: (self._history.is_suspect(record), -record.receives)
        )

    def _wait(self) -> None:
        if ended := self._runner.wait(self.acknowledgement.due_in):
            self._settlement.settle(ended)
            if self._is_alone:
                self._is_alone = False
                self.acknowledgement.flush()
        else:
            self.acknowledgement.flush()

    def _next(self) -> Record | None:
        """Return the first message that may start.

        In a FIFO queue that is none whose group is not done. Nothing runs beside a suspect.
        """
        if self._is_alone:
            return None
        waiting = self._waiting
        if self._is_fifo:
            held = {delivery.record.message_group for delivery in self._runner.busy}
            held |= {kept.record.message_group for kept in self.acknowledgement.kept}
            waiting = [record for record in waiting if record.message_group not in held]
        record = next(iter(waiting), None)
        if record is not None and self._runner.busy and self._history.is_suspect(record):
            return None
        return record

    def _read(self, record: Record) -> Attempt | Unrunnable:
        return read(
            record,
            self._settings,
            self._history,
            seconds=self._budget.limit(None),
            read_kept=self._read_kept,
            is_cancelled=self._runs.of(record).is_cancelled,
        )

    def _start(self, record: Record) -> None:
        attempt = self._read(record)
        delivery = attempt.delivery
        if isinstance(attempt, Unrunnable):
            self._settlement.refuse(delivery, attempt.result)
            return
        if not self._budget.allows(attempt.task.timeout):
            self._settlement.give_back(delivery)
            return
        is_suspect = self._history.is_suspect(record)
        try:
            self._settlement.prepare(record, is_suspect=is_suspect)
        except LedgerUnavailable as error:
            self._settlement.settle(Ended(delivery, postponement(delivery, error)))
            return
        self._is_alone = is_suspect
        self._runner.start(attempt, self._budget.limit(attempt.task.timeout))


# what most stacks have no use for is imported by those that have: a cold start takes its time


def _runner(perform: Perform, slots: int, sandbox: Sandbox) -> Runner:
    if slots == 1:
        return Inline(perform)
    from task_scheduler.execution.threads import Threads

    return Threads(perform, slots, sandbox)


def _idempotency(settings: Settings, budget: TimeBudget, ledger: Ledger) -> Idempotency | None:
    if not settings.deduplication:
        return None
    from task_scheduler.execution.idempotency import Idempotency

    return Idempotency(ledger, settings, budget)
