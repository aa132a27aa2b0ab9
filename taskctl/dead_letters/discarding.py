"""Delete dead letters for good."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple

from taskctl.dead_letters.dead_letter import Kind
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.dead_letters.selection import Selection
from taskctl.stack.stack import Stack


class Discarded(NamedTuple):
    """The dead letters that were deleted.

    Attributes:
        numbers: how many of each kind.
        missing: the wanted ids that none has.
    """

    numbers: Counter[Kind]
    missing: list[str]


def discard_dead_letters(stack: Stack, wanted: Selection) -> Discarded:
    """Delete the dead letters that are meant.

    Raises:
        TaskctlError: there is no access to a queue.
    """
    before = datetime.now(UTC)
    discarded: Counter[Kind] = Counter()
    found: set[str] = set()
    for url in stack.dead_letter_urls:
        with DeadLetterQueue(url) as queue:
            received = chain.from_iterable(queue.receive(before=before))
            for dead_letter in filter(wanted.has, received):
                queue.delete(dead_letter)
                discarded[dead_letter.contents.kind] += 1
                found.add(dead_letter.id)
    missing = [id_ for id_ in wanted.ids if not any(one.startswith(id_) for one in found)]
    return Discarded(discarded, missing)
