"""Calendars: files of the task folder whose days schedules name in `skip_on` and `only_on`.

modules/scheduler/calendars.tf reads them for the plan; tests/taskctl/test_calendars.py holds both
to the same days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from taskctl.errors import TaskctlError

_NAME = re.compile(r"[A-Za-z][0-9A-Za-z_-]{0,63}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s|$)")
_NOTHING = re.compile(r"\s*(?:#|$)")


def calendar_path(folder: Path, name: str) -> Path:
    """Return the file of a calendar.

    Raises:
        TaskctlError: no calendar can have this name.
    """
    if not _NAME.fullmatch(name):
        raise TaskctlError(
            f"calendar {name!r}: its name must be a letter, and up to 63 letters, digits, _ and -"
        )
    return folder / "calendars" / f"{name}.txt"


def read_days(entries: Iterable[str], folder: Path) -> list[str]:
    """Return the dates that `skip_on` or `only_on` means, sorted.

    Args:
        entries: dates, and names of calendars.
        folder: the task folder.

    Raises:
        TaskctlError: a calendar is not there, or one of its lines is malformed.
    """
    days: set[str] = set()
    for entry in entries:
        days.update([entry] if _is_date(entry) else _read(calendar_path(folder, entry)))
    return sorted(days)


def _read(path: Path) -> Iterable[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise TaskctlError(f"{path}: cannot be read as a calendar: {error}") from error
    for number, line in enumerate(text.split("\n"), 1):
        found = _DAY.match(line)
        if found and _is_date(found[1]):
            yield found[1]
        elif not _NOTHING.match(line):
            raise TaskctlError(
                f"{path}, line {number}: {line[:40]!r} must begin with a date such as 2027-12-24 "
                "that exists, or with #"
            )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
