"""Public holidays of a country or a market, as the `holidays` package has them, in a calendar."""

from __future__ import annotations

import hashlib
from datetime import date

from taskctl.errors import TaskctlError, did_you_mean

YEARS = 3
"""Whole years that are written after the present one."""


def with_header(days: str, command: str) -> str:
    """Return a calendar's text with a line that says what wrote it, and what it wrote."""
    return f"# Written by `{command}`; {_checksum(days)} if unchanged.\n{days}"


def is_unchanged(text: str) -> bool:
    """Return True of a text that is as `with_header` made it."""
    header, _, days = text.partition("\n")
    return header.startswith("# Written by ") and f" {_checksum(days)} " in header


def holiday_lines(entity: str, subdivision: str | None, first_year: int, last_year: int) -> str:
    """Return the text of a calendar: a holiday a line, its name behind the date.

    Args:
        entity: a country, by its ISO 3166 code such as DE, or a market such as XNYS.
        subdivision: the subdivision of a country, such as BY.
        first_year: the year whose holidays come first.
        last_year: the year whose holidays come last.

    Raises:
        TaskctlError: there is no such country, market or subdivision.
    """
    import holidays  # it takes half a second

    years = range(first_year, last_year + 1)
    countries, markets = holidays.list_supported_countries(), holidays.list_supported_financial()
    try:
        if entity in markets and entity not in countries:
            found = holidays.financial_holidays(entity, subdiv=subdivision, years=years)
        else:
            found = holidays.country_holidays(entity, subdiv=subdivision, years=years)
    except NotImplementedError as error:
        known = {*countries, *markets}
        if entity in known:
            parts = countries.get(entity) or markets.get(entity) or []
            which = f"one of {', '.join(sorted(parts))}" if parts else "left out"
            raise TaskctlError(
                f"{entity} has no subdivision {subdivision!r}: must be {which}"
            ) from error
        raise TaskctlError(
            f"{entity!r} is not a country or market that the holidays package knows: it must be a "
            f"code such as DE or XNYS{did_you_mean(entity, known)}"
        ) from error
    if not found:
        raise TaskctlError(f"the holidays package has no days of {entity}")
    return "".join(f"{_line(day, name)}\n" for day, name in sorted(found.items()))


def _checksum(days: str) -> str:
    return hashlib.sha256(days.encode()).hexdigest()[:8]


def _line(day: date, name: str) -> str:
    return f"{day} {' '.join(name.split())}".rstrip()
