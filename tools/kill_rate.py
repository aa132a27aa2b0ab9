"""Kill rates of mutants: of all, or estimated from a sample of each room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt

from mutmut.stats import status_by_exit_code

Results = Mapping[str, int | None]
"""A module's mutants, and the exit code that pytest had for each; None for one that did not run."""

_Z = 1.96  # of a normal distribution, for 95 %


def count(results: Results) -> Counter[str]:
    """Count mutants by mutmut's statuses; those that did not run are none."""
    ran = (code for code in results.values() if code is not None)
    return Counter(status_by_exit_code[code] for code in ran)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The numbers of a room's mutants, by what came of them.

    Attributes:
        mutants: the mutants of the room.
        ran: how many of them were tried.
        killed: how many of those a test noticed, or did not end in time.
    """

    mutants: int
    ran: int
    killed: int

    @classmethod
    def of(cls, results: Results, *, mutants: int | None = None) -> Rate:
        """Count the mutants of a room; it has more than those in the results of a sample."""
        counts = count(results)
        killed = counts["killed"] + counts["timeout"]
        return cls(mutants=mutants or len(results), ran=counts.total(), killed=killed)

    @property
    def percent(self) -> float:
        """The kill rate in %; 0 if nothing ran."""
        return 100 * self.killed / self.ran if self.ran else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate of all the room's mutants, in %."""
        if not 0 < self.ran < self.mutants:
            return self.percent, self.percent
        share, squared = self.killed / self.ran, _Z**2
        middle = (share + squared / (2 * self.ran)) / (1 + squared / self.ran)
        around = share * (1 - share) / self.ran + squared / (4 * self.ran**2)
        half = _Z * sqrt(around) / (1 + squared / self.ran)
        return 100 * (middle - half), 100 * (middle + half)


def whole(rooms: Collection[Rate]) -> tuple[float, float]:
    """Return the kill rate of several rooms, and half its 95 % interval, in %.

    Each room counts by its mutants, not by those that ran (a stratified sample, with the
    correction for finite populations).
    """
    total = sum(room.mutants for room in rooms if room.ran)
    if not total:
        return 0.0, 0.0
    rate = sum(room.percent * room.mutants for room in rooms if room.ran) / total
    variance = sum(_variance(room) * (room.mutants / total) ** 2 for room in rooms if room.ran)
    return rate, 100 * _Z * sqrt(variance)


def _variance(room: Rate) -> float:
    """Return the variance of a room's share; not 0 where all of a sample were killed."""
    share = (room.killed + 1) / (room.ran + 2)
    return share * (1 - share) / room.ran * (1 - room.ran / room.mutants)
