"""Late records: what the ledger did not take, as a message on the task queue.

Whoever receives it applies it: so an end that is acknowledged is recorded, sooner or later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from task_scheduler import aws
from task_scheduler.errors import InvalidMessage
from task_scheduler.queue.fifo import deduplication_id, is_fifo
from task_scheduler.queue.place import Place
from task_scheduler.queue.sending import Entry, send_batch
from task_scheduler.runs.chunk import Counts, Mark, Marks
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.runs.ledger import Ledger

KIND = "record"
"""The attribute `kind` of such a message."""

GROUP = "task-scheduler.records"
"""Its group in a FIFO queue, where it must not wait for a task."""

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsRecord:
    """Marks of receives of the tasks of one chunk.

    Attributes:
        run: the key of the run.
        chunk: the number of the chunk.
        marks: to be recorded.
        kept: ends to be kept, by the number of their place.
    """

    run: str
    chunk: int
    marks: Marks
    kept: Mapping[int, KeptEnd] = field(default_factory=dict)

    @property
    def id(self) -> RunId:
        """The identity of the run."""
        return RunId.of(self.run)

    def places(self) -> list[tuple[Place, KeptEnd]]:
        """Return the ends to be kept with their places."""
        return [(Place(self.run, number), end) for number, end in self.kept.items()]

    def content(self) -> dict[str, Any]:
        """Return it as it stands in a message."""
        marks = {mark.value: sorted(numbers) for mark, numbers in self.marks.sets.items()}
        kept = {str(number): end.item() for number, end in self.kept.items()}
        return {"run": self.run, "chunk": self.chunk, "marks": marks, "kept": kept}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecord:
    """A list that was sent.

    Attributes:
        run: the key of the run.
        facts: the facts that the run's item has from its beginning.
        total: tasks and refused lines.
        incomplete: why there are more that could not be sent.
    """

    run: str
    facts: Mapping[str, Any]
    total: int
    incomplete: str | None = None

    @property
    def id(self) -> RunId:
        """The identity of the run."""
        return RunId.of(self.run)

    def content(self) -> dict[str, Any]:
        """Return it as it stands in a message."""
        return {
            "run": self.run,
            "facts": dict(self.facts),
            "total": self.total,
            "incomplete": self.incomplete,
        }

    def apply(self, ledger: Ledger) -> Counts | None:
        """Write it into the table.

        Returns:
            The run's counts if all its tasks have ended; whoever gets these closes it.

        Raises:
            LedgerUnavailable: the table did not answer.
        """
        return ledger.end_sending(self.id, self.total, facts=self.facts, incomplete=self.incomplete)


LateRecord = EndsRecord | SentRecord


def send_late(record: LateRecord, queue_url: str) -> None:
    """Put a record on a task queue.

    Raises:
        NotSent, botocore's errors: the queue did not take it.
    """
    send_batch(aws.sqs(), queue_url, [late_entry(record, queue_url)])


def late_entry(record: LateRecord, queue_url: str) -> Entry:
    """Return the message of a record."""
    body = json.dumps({"version": VERSION, **record.content()})
    if not is_fifo(queue_url):
        return Entry(body, {"kind": KIND})
    return Entry(body, {"kind": KIND}, GROUP, deduplication_id(record.run, body))


def read_late_record(body: str) -> LateRecord:
    """Read the body of such a message.

    Raises:
        InvalidMessage: it is not one of this version.
    """
    try:
        content = json.loads(body)
        if content["version"] != VERSION:
            raise InvalidMessage(f"a late record of version {content['version']!r}")
        if "total" in content:
            return SentRecord(
                run=content["run"],
                facts=content["facts"],
                total=int(content["total"]),
                incomplete=content["incomplete"],
            )
        sets = {Mark(mark): set(map(int, numbers)) for mark, numbers in content["marks"].items()}
        kept = {int(number): KeptEnd(**end) for number, end in content["kept"].items()}
        return EndsRecord(
            run=content["run"], chunk=int(content["chunk"]), marks=Marks(sets), kept=kept
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidMessage(f"not a late record: {type(error).__name__}: {error}") from error
