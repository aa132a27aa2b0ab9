"""The books of the model: what was asked for, what became of it, and what is wrong with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The behaviour of a task.

    Attributes:
        seconds: that each of its attempts takes.
        failures: attempts that fail before one succeeds.
        deaths: attempts that end their function before any of that.
        retries: attempts after the first that its schedule permits.
    """

    seconds: float = 0.05
    failures: int = 0
    deaths: int = 0
    retries: int = 2

    @property
    def succeeds(self) -> bool:
        """True if it has its effect, given every attempt that it is permitted."""
        return self.failures + self.deaths <= self.retries


@dataclass
class Books:
    """The attempts and ends of each task, by its number.

    Attributes:
        begun: attempts that were begun.
        died: attempts that ended their function, or were ended with it.
        unheard: attempts that ended in a function that died before it said so.
        delivered_twice: deliveries that were made twice at once.
        done: effects.
        dead: dead letters, and their reasons.
    """

    begun: Counter[int] = field(default_factory=Counter)
    died: Counter[int] = field(default_factory=Counter)
    unheard: Counter[int] = field(default_factory=Counter)
    delivered_twice: Counter[int] = field(default_factory=Counter)
    done: Counter[int] = field(default_factory=Counter)
    dead: Counter[int] = field(default_factory=Counter)
    reasons: dict[int, str] = field(default_factory=dict)

    def excused(self, number: int) -> int:
        """Return the attempts of a task that the queue or a death may have added."""
        return self.unheard[number] + self.delivered_twice[number]


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The faults in the books; each a set of tasks.

    Attributes:
        lost: neither an effect nor a dead letter.
        doubled: more effects than one, which neither a death nor a duplicate delivery explains.
        wrongly_dead: a dead letter, though a permitted attempt would have succeeded.
        too_few: a dead letter after fewer attempts than were permitted.
        too_many: more attempts than were permitted, those not counted that nobody heard of or that
            a duplicate delivery made.
    """

    lost: frozenset[int]
    doubled: frozenset[int]
    wrongly_dead: frozenset[int]
    too_few: frozenset[int]
    too_many: frozenset[int]


def balance(books: Books, plans: Sequence[Plan]) -> Balance:
    """Compare the books with the plans."""
    numbered = list(enumerate(plans))
    return Balance(
        lost=frozenset(n for n, _ in numbered if not books.done[n] and not books.dead[n]),
        doubled=frozenset(n for n, _ in numbered if books.done[n] > 1 + books.excused(n)),
        wrongly_dead=frozenset(
            n for n, plan in numbered if books.dead[n] and plan.succeeds and not books.done[n]
        ),
        too_few=frozenset(
            n for n, plan in numbered if books.dead[n] and books.begun[n] < plan.retries + 1
        ),
        too_many=frozenset(
            n
            for n, plan in numbered
            if books.begun[n] - books.died[n] - books.excused(n) > plan.retries + 1
        ),
    )
