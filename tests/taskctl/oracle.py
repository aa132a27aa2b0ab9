"""Cron as its fields are documented, asked of one minute at a time; slow, and simple to check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def due_minutes(expression: str, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """Every minute between two in UTC, the first left out, whose local time satisfies it."""
    due, minute = [], first + MINUTE
    while minute <= last:
        local = minute.astimezone(zone)
        if satisfies(expression, local.replace(tzinfo=None)) and not local.fold:
            due.append(minute)
        minute += MINUTE
    return due


def satisfies(expression: str, local: datetime) -> bool:
    """Return true if cron(...) is due at a local time."""
    minutes, hours, day, month, weekday, year = expression[len("cron(") : -1].upper().split()
    return (
        _has(minutes, local.minute, 0, 59)
        and _has(hours, local.hour, 0, 23)
        and _has(month, local.month, 1, 12, MONTHS)
        and _has(year, local.year, 1970, 2199)
        and any(_is_day(part, local) for part in day.split(","))
        and any(_is_weekday(part, local) for part in weekday.split(","))
    )


def _has(field: str, value: int, low: int, high: int, names: list[str] | None = None) -> bool:
    return any(_in_range(part, value, low, high, names or []) for part in field.split(","))


def _in_range(part: str, value: int, low: int, high: int, names: list[str]) -> bool:
    def number(text: str) -> int:
        return names.index(text) + low if text in names else int(text)

    values, _, step = part.partition("/")
    if values == "*":
        return (value - low) % int(step or 1) == 0
    first, _, last = values.partition("-")
    begin = number(first)
    end = number(last) if last else high if step else begin
    circle = high - low + 1
    distance = (value - begin) % circle
    return distance <= (end - begin) % circle and distance % int(step or 1) == 0


def _is_day(part: str, local: datetime) -> bool:
    if part == "?":
        return True
    if part == "L":
        return (local + DAY).day == 1
    if part == "LW" or part.endswith("W"):
        month = [local.replace(day=1) + n * DAY for n in range(31)]
        month = [day for day in month if day.month == local.month]
        wanted = month[-1].day if part == "LW" else int(part[:-1])
        weekdays = [day.day for day in month if day.weekday() < 5]
        return wanted <= month[-1].day and local.day == min(
            weekdays, key=lambda day: abs(day - wanted)
        )
    return _in_range(part, local.day, 1, 31, [])


def _is_weekday(part: str, local: datetime) -> bool:
    name = DAYS[local.isoweekday() % 7]
    if part == "?":
        return True
    if "#" in part:
        day, _, position = part.partition("#")
        return _in_range(day, DAYS.index(name) + 1, 1, 7, DAYS) and (local.day - 1) // 7 + 1 == int(
            position
        )
    if part == "L":
        return name == "SAT"
    if part.endswith("L"):
        is_last = (local + 7 * DAY).month != local.month
        return is_last and _in_range(part[:-1], DAYS.index(name) + 1, 1, 7, DAYS)
    return _in_range(part, DAYS.index(name) + 1, 1, 7, DAYS)


def transition_days(zone: ZoneInfo, year: int) -> list[datetime]:
    """The days of a year in UTC before whose end the zone's offset changes."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + n * DAY for n in range(365)]
    return [
        day
        for day in days
        if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset()
    ]
