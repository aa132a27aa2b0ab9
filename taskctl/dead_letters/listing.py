"""List dead letters, and find that of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

from task_scheduler.queue.task_id import TaskId
from taskctl.dead_letters.dead_letter import DeadLetter, Kind
from taskctl.dead_letters.queue import DeadLetterQueue, explain_hidden
from taskctl.dead_letters.reading import read_envelope
from taskctl.dead_letters.selection import Selection
from taskctl.stack.stack import Stack


class Hidden(NamedTuple):
    """Dead letters of a queue that are not shown.

    Attributes:
        number: about how many.
        reason: why; None where more than the limit were seen.
    """

    number: int
    reason: str | None


@dataclass(frozen=True)
class Listing:
    """Dead letters of a stack.

    Attributes:
        dead_letters: the oldest first.
        hidden: what else the queues hold.
    """

    dead_letters: Sequence[DeadLetter]
    hidden: Sequence[Hidden]


def list_dead_letters(stack: Stack, count: int, wanted: Selection) -> Listing:
    """Look at the dead letters of a stack, and leave them where they are.

    Args:
        stack: the stack that they are of.
        count: at most so many of each queue.
        wanted: which of them.

    Raises:
        TaskctlError: there is no access to a queue.
    """
    dead_letters: list[DeadLetter] = []
    more: list[Hidden] = []
    for url in stack.dead_letter_urls:
        found, hidden = _look(url, count, wanted)
        dead_letters += found
        if hidden > 0:
            more.append(Hidden(hidden, None if len(found) == count else explain_hidden(url)))
    return Listing(sorted(dead_letters, key=lambda dead_letter: dead_letter.time), more)


def count_dead_letters(stack: Stack) -> int:
    """Return about how many dead letters a stack has.

    Raises:
        TaskctlError: there is no access to a queue.
    """
    return sum(DeadLetterQueue(url).count() for url in stack.dead_letter_urls)


def find_dead_letter(stack: Stack, run: str, position: int) -> DeadLetter | None:
    """Return the dead letter of a task; None if it has none, or none any more.

    Args:
        stack: the stack that has it.
        run: the key of its run.
        position: the position of the task in its list.

    Raises:
        TaskctlError: there is no access to a queue.
    """
    of_run = Selection(run=run)
    for url in stack.dead_letter_urls:
        with DeadLetterQueue(url) as queue:
            for dead_letter in chain.from_iterable(queue.receive(before=datetime.now(UTC))):
                if of_run.has(dead_letter) and _position(dead_letter) == position:
                    return dead_letter
    return None


def _position(dead_letter: DeadLetter) -> int | None:
    """Return the position of a task in its list; None if it is not a task that can be read."""
    if dead_letter.contents.kind is not Kind.TASK:
        return None
    try:
        envelope = read_envelope(dead_letter.body)
    except ValueError:
        return None
    return TaskId.parse(envelope["id"]).position if envelope else None


def _look(url: str, count: int, wanted: Selection) -> tuple[list[DeadLetter], int]:
    """Return up to so many of the dead letters that are meant, and the number of those not seen."""
    with DeadLetterQueue(url) as queue:
        total, seen = queue.count(), 0
        found: list[DeadLetter] = []
        for dead_letters in queue.receive(before=datetime.now(UTC)):
            seen += len(dead_letters)
            found += filter(wanted.has, dead_letters)
            if len(found) >= count:
                break
        return found[:count], total - seen + len(found[count:])
