"""One batch: its messages, the order in which their tasks are run, and the time that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from task_scheduler.config import Settings
from task_scheduler.errors import NeverStarted, OutOfReceives
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.result import Ended, Result, failure
from task_scheduler.execution.runners import Inline, Perform, Runner
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.execution.settlement import Settlement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.record import Record
from task_scheduler.tasks.context import TaskContext

if TYPE_CHECKING:
    from task_scheduler.execution.idempotency import Idempotency


class Batch:
    """The messages of one invocation.

    Attributes:
        acknowledgement: what SQS is told of them.
        ended: the attempts that came to a result.
    """

    def __init__(
        self,
        records: list[Record],
        settings: Settings,
        budget: TimeBudget,
        sandbox: Sandbox,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._sandbox = sandbox
        self._is_fifo = is_fifo(settings.queue_url)
        self._waiting = records if self._is_fifo else in_order(records)
        self._out_of_receives: set[str | None] = set()
        self._given_back = 0
        self._idempotency = _idempotency(settings, budget)
        self.acknowledgement = Acknowledgement(settings.queue_url, budget)
        self._settlement = Settlement(
            settings, budget, sandbox, self.acknowledgement, self._idempotency
        )
        self.ended: list[Ended] = []
        self._runner = _runner(self._perform, settings.task_concurrency, sandbox)

    def run(self) -> None:
        """Bring every task to an outcome, or give its message back."""
        while self._waiting or self._runner.busy:
            record = self._next() if self._runner.free else None
            if record is not None:
                self._waiting.remove(record)
                self._start(record)
            elif self._runner.busy:
                self._wait()
            else:
                self._give_back(self._read(self._waiting.pop(0)).delivery)

    def _wait(self) -> None:
        if ended := self._runner.wait(self.acknowledgement.due_in):
            self._conclude(ended)
        else:
            self.acknowledgement.flush()

    def _next(self) -> Record | None:
        """Return the first message that may start; in a FIFO queue none whose group is not done."""
        if not self._is_fifo:
            return self._waiting[0] if self._waiting else None
        held = {delivery.record.message_group for delivery in self._runner.busy}
        held |= {kept.record.message_group for kept in self.acknowledgement.kept}
        return next((record for record in self._waiting if record.message_group not in held), None)

    def _read(self, record: Record) -> Attempt | Unrunnable:
        # of a FIFO group's messages only the first was tried each time that the function died
        runs_last = self._is_fifo and record.message_group in self._out_of_receives
        return read(
            record,
            self._settings,
            self._sandbox,
            seconds=self._budget.limit(None),
            runs_last_receive=runs_last,
        )

    def _start(self, record: Record) -> None:
        attempt = self._read(record)
        if isinstance(attempt, Unrunnable):
            if isinstance(attempt.result.error, OutOfReceives):
                self._out_of_receives.add(record.message_group)
            result = self._claim(attempt.delivery) or attempt.result
            self._conclude(Ended(attempt.delivery, result))
        elif self._budget.allows(attempt.task.timeout):
            self.acknowledgement.before(record)
            self._runner.start(attempt, self._budget.limit(attempt.task.timeout))
        else:
            self._give_back(attempt.delivery)

    def _perform(self, attempt: Attempt, context: TaskContext) -> Result:
        return self._claim(attempt.delivery) or attempt.run(context)

    def _claim(self, delivery: Delivery) -> Result | None:
        return self._idempotency.claim(delivery) if self._idempotency else None

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
        self._sandbox.give_back(delivery.record.sqs_id)
        self.acknowledgement.keep(delivery.record, wait)


# what most stacks have no use for is imported by those that have: a cold start takes its time


def _runner(perform: Perform, slots: int, sandbox: Sandbox) -> Runner:
    if slots == 1:
        return Inline(perform)
    from task_scheduler.execution.threads import Threads

    return Threads(perform, slots, sandbox)


def _idempotency(settings: Settings, budget: TimeBudget) -> Idempotency | None:
    if not settings.deduplication:
        return None
    from task_scheduler.execution.idempotency import Idempotency

    return Idempotency(settings.ledger_table, settings, budget)


def in_order(records: list[Record]) -> list[Record]:
    """Put a batch in the order in which it is run, where any will do.

    Messages with most receives go first: one that kills the function shows early, and one that was
    given back has its turn. Those with as many go forwards and backwards by turns, so that what
    stood behind a killer the last time stands before it this time.
    """
    is_even = max((record.receives for record in records), default=0) % 2 == 0
    return sorted(
        reversed(records) if is_even else records, key=lambda record: record.receives, reverse=True
    )
