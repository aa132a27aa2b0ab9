"""The part of a run's list that one invocation sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from task_scheduler import aws
from task_scheduler.config import Settings
from task_scheduler.errors import IncompleteRun, InvalidRun, LedgerUnavailable
from task_scheduler.observability.log import logger
from task_scheduler.queue.dead_letters import incomplete_run_dead_letter, line_dead_letter
from task_scheduler.queue.fifo import deduplication_id, is_fifo
from task_scheduler.queue.place import PLACE, REDRIVE, RESENT, Place
from task_scheduler.queue.sending import Entry, Sender
from task_scheduler.runs.chunk import Mark
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.runs.recorder import Recorder
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.sending.pacer import Pacer
from task_scheduler.sending.task_queues import TaskQueues
from task_scheduler.task_list.listed import ListedTask, Refused
from task_scheduler.task_list.messages import EncodedMessage, make_message
from task_scheduler.task_list.task_list import TaskList

RESULTS_OF = 10
"""The longest list, in tasks, whose results are kept for the run's digest."""

RECORDED_AT_ONCE = 250
"""Refused lines after which their ends are recorded."""


@dataclass(slots=True)
class SentList:
    """The part of a list that an invocation sends.

    Attributes:
        run: the run whose list it is.
        tasks: senders of messages, to each worker.
        dead_letters: the sender of dead letters of the runs' queue.
        recorder: records the ends of refused lines.
        number: the number of the tasks and refused lines so far, those of earlier invocations
            included.
        attributes: the attributes that each message has.
        pacer: spreads the messages over time; None where they go at once.
        refused: lines that are not tasks.
        incomplete: why the rest of the list is not sent; None if it is.
        rest: where another invocation goes on; None at the list's end.
    """

    run: Run
    tasks: TaskQueues
    dead_letters: Sender
    recorder: Recorder
    number: int
    attributes: dict[str, str]
    pacer: Pacer | None = None
    refused: int = 0
    incomplete: IncompleteRun | None = None
    rest: Cursor | None = None

    def put(self, listed: ListedTask | Refused) -> None:
        """Send a task, or the dead letter of one that cannot be sent."""
        self.number += 1
        made = make_message(self.run, listed) if isinstance(listed, ListedTask) else listed
        if isinstance(listed, ListedTask) and isinstance(made, EncodedMessage):
            worker = made.message.worker
            if problem := self.tasks.problem(worker):
                made = listed.refused(problem)
            else:
                self.tasks.put(worker, self._entry(made, self.tasks.url(worker)))
        if isinstance(made, Refused):
            self._refuse(made)

    def _refuse(self, line: Refused) -> None:
        self.refused += 1
        place = Place(self.run.key, self.number, self.run.redrive)
        self.dead_letters.put(line_dead_letter(self.run, line, self.number))
        name = self.run.tasks_file or self.run.tasks_s3_uri or self.run.tasks_source or "tasks"
        kept = KeptEnd(id=f"{name}, line {line.number}", reason=line.reason, error="InvalidLine")
        body = line.data.decode(errors="replace")
        self.recorder.add(Mark.BAD, place, body=body, kept=kept)
        if self.refused % RECORDED_AT_ONCE == 0:
            self.recorder.flush()

    def _entry(self, made: EncodedMessage, queue_url: str) -> Entry:
        attributes = {**self.attributes, PLACE: f"{self.run.key}#{self.number}"}
        if not is_fifo(queue_url):
            delay = self.pacer.take() if self.pacer else 0
            return Entry(made.body, attributes, message_group=self.run.schedule, delay=delay)
        message = made.message
        return Entry(
            made.body,
            attributes,
            message_group=message.message_group or message.schedule,
            deduplication_id=deduplication_id(message.id, made.body),
        )


def send_list(
    run: Run,
    task_list: TaskList,
    settings: Settings,
    recorder: Recorder,
    *,
    numbered: int,
    is_resent: bool,
    pacer: Pacer | None = None,
) -> SentList:
    """Send a list from its cursor on, as far as there is time.

    Args:
        run: the run whose list it is.
        task_list: its tasks.
        settings: the settings of the function.
        recorder: records the ends of refused lines.
        numbered: tasks and refused lines before the cursor.
        is_resent: whether some of the messages may be on the queue already.
        pacer: spreads them over time; the list's time is up where it is full.

    Raises:
        InvalidRun: its worker is not there.
        InvalidRun, LookupError, ImportError: the list cannot be read; says why.
        NotSent, botocore's errors: a message could not be sent.
        LedgerUnavailable: the end of a refused line could be written down nowhere.
    """
    with (
        TaskQueues(settings) as tasks,
        Sender(aws.sqs(), settings.runs_dead_letter_url) as dead_letters,
    ):
        if problem := tasks.problem(run.worker):
            raise InvalidRun(problem)
        listed: Iterator[ListedTask | Refused] = iter(task_list)
        # the results of a short list are kept, and all its messages say the same
        ahead = [] if pacer else list(islice(listed, RESULTS_OF + 1))
        is_all = not pacer and numbered == 0 and task_list.rest is None
        is_short = is_all and len(ahead) <= RESULTS_OF
        sent = SentList(
            replace(run, keep_results=is_short),
            tasks,
            dead_letters,
            recorder,
            number=numbered,
            attributes=_attributes(run, is_resent=is_resent),
            pacer=pacer,
        )
        for one in chain(ahead, listed):
            sent.put(one)
        if task_list.incomplete is not None:
            sent.incomplete = task_list.incomplete
            logger.error("run incomplete", exc_info=task_list.incomplete)
            dead_letters.put(incomplete_run_dead_letter(run, task_list.incomplete))
    recorder.flush()
    if recorder.has_pending:
        raise LedgerUnavailable("neither table nor queue took the ends of refused lines")
    if task_list.rest is not None:
        slot = pacer.next_slot if pacer else None
        sent.rest = replace(task_list.rest, numbered=sent.number, next_slot=slot)
    return sent


def _attributes(run: Run, *, is_resent: bool) -> dict[str, str]:
    attributes = {RESENT: "yes"} if is_resent else {}
    return attributes | ({REDRIVE: str(run.redrive)} if run.redrive else {})
