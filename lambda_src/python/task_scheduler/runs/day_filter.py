"""The days on which a schedule runs: `skip_on` and `only_on`, which Terraform resolves to dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from task_scheduler.errors import InvalidRun


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFilter:
    """The days that a schedule leaves out.

    Attributes:
        skip: on these it does not run.
        only: it runs on these alone; None for any day.
    """

    skip: frozenset[date] = frozenset()
    only: frozenset[date] | None = None

    @classmethod
    def parse(cls, skip_on: Iterable[str] | None, only_on: Iterable[str] | None) -> DayFilter:
        """Read dates such as 2027-12-24.

        Raises:
            InvalidRun: one is not a date.
        """
        only = None if only_on is None else frozenset(_dates("only_on", only_on))
        return cls(skip=frozenset(_dates("skip_on", skip_on or ())), only=only)

    @property
    def last(self) -> date | None:
        """The last day on which a schedule runs; None if they do not end."""
        if self.only is None:
            return None
        return max(self.only - self.skip, default=date.min)

    def reason(self, day: date) -> str | None:
        """Return why a schedule does not run on a day; None if it does."""
        if day in self.skip:
            return f"skip_on has {day}"
        if self.only is not None and day not in self.only:
            return f"only_on does not have {day}"
        return None


def day_of(scheduled_time: str | None, timezone: str | None, now: float) -> date:
    """Return the day that a run counts for, in its schedule's zone.

    Args:
        scheduled_time: when it was due, RFC 3339; None for now.
        timezone: IANA name; None for UTC.
        now: seconds since 1970.

    Raises:
        InvalidRun: there is no such time, or no such zone.
    """
    try:
        due = datetime.fromisoformat(scheduled_time) if scheduled_time else None
    except ValueError as error:
        raise InvalidRun(
            f"scheduled_time {scheduled_time!r}: must be a time such as 2027-01-01T00:00:00Z"
        ) from error
    return (due or datetime.fromtimestamp(now, UTC)).astimezone(_zone(timezone)).date()


@cache
def _zone(name: str | None) -> tzinfo:
    """Return a time zone, from the tzdata package: a system's own may be missing, or years old."""
    if name in (None, "UTC"):
        return UTC
    try:
        if re.fullmatch(r"[0-9A-Za-z_+-]+(?:/[0-9A-Za-z_+-]+)*", name or ""):
            with files("tzdata").joinpath("zoneinfo", *str(name).split("/")).open("rb") as data:
                return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError, ImportError):
        pass
    raise InvalidRun(f"timezone {name!r}: must be an IANA time zone, such as Europe/Berlin")


def _dates(attribute: str, texts: Iterable[str]) -> Iterable[date]:
    for text in texts:
        try:
            yield date.fromisoformat(text)
        except (ValueError, TypeError) as error:
            raise InvalidRun(f"{attribute}: {text!r} must be a date such as 2027-12-24") from error
