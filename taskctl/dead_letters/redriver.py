"""Send a stack's dead letters again.

SQS's own StartMessageMoveTask would move them unchanged: a task under the id of one that has come
to its end, and a run's event onto no queue at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from task_scheduler.errors import NotSent
from task_scheduler.queue.fifo import deduplication_id, is_fifo
from task_scheduler.queue.place import MAX_REDRIVES, PLACE, REDRIVE
from task_scheduler.queue.sending import Entry, send_batch
from task_scheduler.queue.serialization import sendable
from task_scheduler.queue.task_id import TaskId
from taskctl import aws
from taskctl.dead_letters.dead_letter import DeadLetter, Kind
from taskctl.dead_letters.file import InvalidDeadLetter, read_file
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.dead_letters.reading import read_envelope, read_place
from taskctl.dead_letters.selection import Selection
from taskctl.errors import TaskctlError
from taskctl.ids import sent_again
from taskctl.stack.invoke import invoke_later
from taskctl.stack.stack import Stack


class Redriver:
    """Sends dead letters again and counts them.

    Attributes:
        sent: how many of each kind were sent again.
        left: those that could not be, each with the reason.
        invalid: lines of the file that hold no dead letter.
        runs: the keys of the runs that they belong to.
    """

    def __init__(self, stack: Stack, wanted: Selection) -> None:
        """Prepare to redrive.

        Args:
            stack: the stack whose dead letters they are.
            wanted: which of them.
        """
        self.sent: Counter[Kind] = Counter()
        self.left: list[tuple[DeadLetter, str]] = []
        self.invalid: list[InvalidDeadLetter] = []
        self.runs: set[str] = set()
        self._stack = stack
        self._wanted = wanted
        self._found: set[str] = set()
        self._inputs: dict[str, dict[str, Any]] = {}

    @property
    def missing(self) -> list[str]:
        """The wanted ids that no dead letter has."""
        return [id_ for id_ in self._wanted.ids if id_ not in self._found]

    def run(self) -> None:
        """Send again what is there at the beginning: not what fails once more meanwhile."""
        before = datetime.now(UTC)
        for url in self._stack.dead_letter_urls:
            with DeadLetterQueue(url) as queue:
                self._empty(queue, before)

    def run_file(self, path: Path) -> None:
        """Send again what a file holds, in its order.

        Raises:
            TaskctlError: it cannot be read.
        """
        for read in read_file(path):
            if isinstance(read, InvalidDeadLetter):
                self.invalid.append(read)
            elif self._is_wanted(read):
                self._send(read)

    def _empty(self, queue: DeadLetterQueue, before: datetime) -> None:
        for dead_letters in queue.receive(before=before):
            for dead_letter in filter(self._is_wanted, dead_letters):
                # deleted before the next is sent: ten may exceed a request
                if self._send(dead_letter):
                    queue.delete(dead_letter)
            if self._wanted.ids and not self.missing:
                return

    def _is_wanted(self, dead_letter: DeadLetter) -> bool:
        self._found |= {id_ for id_ in self._wanted.ids if dead_letter.id.startswith(id_)}
        return self._wanted.has(dead_letter)

    def _send(self, dead_letter: DeadLetter) -> bool:
        """Send one dead letter; return True if it was sent."""
        from botocore.exceptions import ClientError

        contents = dead_letter.contents
        try:
            if not contents.can_be_sent:
                raise NotSent(f"{contents.outcome or contents.kind}: {contents.reason}")
            if contents.redrives >= MAX_REDRIVES:
                raise NotSent(
                    f"it was sent again {MAX_REDRIVES} times, which is as often as can be"
                )
            if contents.kind is Kind.TASK:
                self._send_task(dead_letter)
            else:
                self._send_run(dead_letter)
        except (NotSent, ClientError) as error:
            self.left.append((dead_letter, str(error)))
            return False
        self.sent[contents.kind] += 1
        if contents.run is not None:
            self.runs.add(contents.run)
        return True

    def _send_task(self, dead_letter: DeadLetter) -> None:
        envelope = read_envelope(dead_letter.body) or {}
        try:
            url = self._stack.worker_queue_url(envelope.get("worker"))
        except TaskctlError as error:
            raise NotSent(str(error)) from error
        with aws.explained():
            send_batch(
                aws.client("sqs"), url, [_entry(dead_letter, envelope, is_fifo=is_fifo(url))]
            )

    def _send_run(self, dead_letter: DeadLetter) -> None:
        event: dict[str, Any] = dict(dead_letter.contents.event)
        if dead_letter.contents.needs_input:
            try:
                event = {**self._input(dead_letter.contents.schedule or ""), **event}
            except TaskctlError as error:
                raise NotSent(str(error)) from error
        invoke_later(self._stack.send_task, event)

    def _input(self, schedule: str) -> dict[str, Any]:
        if schedule not in self._inputs:
            self._inputs[schedule] = dict(self._stack.schedule(schedule).input)
        return self._inputs[schedule]


def describe_redrive(dead_letter: DeadLetter) -> str:
    """Return what sending a dead letter again does, in a few words."""
    contents = dead_letter.contents
    if not contents.can_be_sent:
        return "stays where it is: it cannot be read, so nothing of it can be sent"
    match contents.kind:
        case Kind.TASK:
            return "goes back to its queue under a new id, with all its attempts"
        case Kind.LINE:
            return "the line is read again from its list as that is now, and sent alone"
    if contents.outcome == "incomplete" and "cursor" in contents.event:
        return "its list is sent on from where it broke off, under the key of the run"
    return "the run is started again under its key"


def _entry(dead_letter: DeadLetter, envelope: Mapping[str, Any], *, is_fifo: bool) -> Entry:
    """Return a task's message under an id that says which dead letter it comes from.

    Its place in its run is kept, and how often it was sent again is one more: so it has all its
    attempts anew, and its end corrects the counts of its run.
    """
    body, name = dead_letter.body, dead_letter.id  # of a text typed by hand, its id is SQS's
    if envelope:
        name = str(sent_again(TaskId.parse(envelope["id"]), dead_letter.short_id))
        body = sendable(json.dumps({**envelope, "id": name}, ensure_ascii=False))
    attributes = _attributes(dead_letter)
    if not is_fifo:
        return Entry(body, attributes)
    return Entry(
        body,
        attributes,
        message_group=dead_letter.message_group or _choose_group(envelope) or dead_letter.id,
        deduplication_id=deduplication_id(name, body),
    )


def _attributes(dead_letter: DeadLetter) -> dict[str, str | None]:
    place = read_place(dead_letter.attributes)
    if place is None:
        return {}
    return {PLACE: str(place), REDRIVE: str(place.redrive + 1)}


def _choose_group(envelope: Mapping[str, Any]) -> str | None:
    """Return the group that send_task gives a task; None for a text typed by hand."""
    return envelope.get("message_group") or envelope.get("schedule")
