"""One batch: its messages, the order in which their tasks are run, and the time that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from task_scheduler.config import Settings
from task_scheduler.errors import LedgerUnavailable, NeverStarted
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.history import History
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.result import Ended, failure, postponement
from task_scheduler.execution.runners import Inline, Perform, Runner
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.execution.settlement import Settlement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.queue.backoff import OUTAGE_CAP_SECONDS, compute_backoff
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.place import Place
from task_scheduler.queue.record import Record
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, read_kept_end
from task_scheduler.runs.known_runs import KnownRun, KnownRuns
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
        self._ledger = ledger
        self._runs = KnownRuns(ledger, sandbox.runs)
        self._history = History(
            ledger, records, budget, is_resent=lambda record: self._run_of(record).is_resent
        )
        self._waiting = records if self._is_fifo else self._in_order(records)
        self._is_alone = False
        self._given_back = 0
        self._idempotency = _idempotency(settings, budget, ledger)
        self.recording = Recording(ledger, settings, budget)
        self.acknowledgement = Acknowledgement(settings.queue_url, budget, self.recording)
        self._settlement = Settlement(
            settings, budget, self.recording, self.acknowledgement, self._idempotency
        )
        self.ended: list[Ended] = []
        perform = Attempt.run if self._idempotency is None else self._idempotency.run
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
                self._give_back(self._read(self._waiting.pop(0)).delivery)
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
            self._conclude(ended)
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
            is_cancelled=self._run_of(record).is_cancelled,
        )

    def _run_of(self, record: Record) -> KnownRun:
        """Return what is known of a message's run; of one typed by hand, nothing."""
        return self._runs.look(RunId.of(record.place.run)) if record.place else KnownRun()

    def _read_kept(self, place: Place) -> KeptEnd | None:
        return read_kept_end(self._ledger, place)

    def _start(self, record: Record) -> None:
        attempt = self._read(record)
        if isinstance(attempt, Unrunnable):
            claimed = self._idempotency.claim(attempt.delivery) if self._idempotency else None
            self._conclude(Ended(attempt.delivery, claimed or attempt.result))
        elif not self._budget.allows(attempt.task.timeout):
            self._give_back(attempt.delivery)
        elif self._history.is_suspect(record):
            self._start_alone(attempt)
        else:
            self.acknowledgement.before(record)
            self._runner.start(attempt, self._budget.limit(attempt.task.timeout))

    def _start_alone(self, attempt: Attempt) -> None:
        """Start what may kill the function: the others are safe, and it is known to have begun."""
        record = attempt.delivery.record
        self.acknowledgement.flush()
        try:
            self.recording.begin(record)
        except LedgerUnavailable as error:
            wait = compute_backoff(record.receives, cap=OUTAGE_CAP_SECONDS)
            self._conclude(Ended(attempt.delivery, postponement(attempt.delivery, error, wait)))
            return
        self._is_alone = True
        self._runner.start(attempt, self._budget.limit(attempt.task.timeout))

    def _conclude(self, ended: Ended) -> None:
        self._budget.ended(ended.result.seconds)
        self.ended.append(self._settlement.settle(ended))

    def _give_back(self, delivery: Delivery) -> None:
        """Keep a message that was not tried, to be received again when there is time for it.

        Those of a standard queue come back one after the other: all at once they would be received
        together, and given back, again and again.
        """
        turn = 0 if self._is_fifo else self._given_back // self._settings.task_concurrency
        wait = turn * self._budget.longest
        problem = None
        if delivery.is_out_of_receives:
            problem = f"received {delivery.record.receives} times, and no time was left for it"
        elif not delivery.is_in_time(wait):
            problem = "no time was left for it before the queue drops it (message_retention)"
        if problem:
            self._conclude(Ended(delivery, failure(delivery, NeverStarted(problem))))
            return
        self._given_back += 1
        self.recording.add_given_back(delivery.record)
        self.acknowledgement.keep(delivery.record, wait)


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
