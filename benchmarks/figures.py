"""Measured figures and their goals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A row of the table.

    Attributes:
        key: names the row in results.json.
        name: what was measured.
        unit: the unit of the values; "" for plain counts.
        ours, yardstick: a value a round; yardstick is empty where there is nothing to compare.
        at_most: the goal for our median.
        times: the goal for how many times our median goes into the yardstick's.
        note: how a value was come by, where that is not plain.
    """

    key: str
    name: str
    unit: str = ""
    ours: Sequence[float]
    yardstick: Sequence[float] = ()
    at_most: float | None = None
    times: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The yardstick's median divided by ours."""
        return median(self.yardstick) / median(self.ours) if self.yardstick else None

    @property
    def goal(self) -> str:
        """The goal as text."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return "" if self.times is None else f">= {self.times:g} x"

    @property
    def met(self) -> bool | None:
        """True if the goal is met; None without a goal."""
        if self.at_most is not None:
            return median(self.ours) <= self.at_most
        if self.times is not None and self.ratio is not None:
            return self.ratio >= self.times
        return None


def alternate(rounds: int, *sides: Callable[[], Value]) -> list[list[Value]]:
    """Return each side's values, measured in turns (A B A B ...).

    Whatever else the machine does then affects all sides.
    """
    turns = [[side() for side in sides] for _ in range(rounds)]
    return [list(values) for values in zip(*turns, strict=True)]
