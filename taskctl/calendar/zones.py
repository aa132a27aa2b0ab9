"""IANA time zones from the tzdata package: a system's own may be years old, or missing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from taskctl.errors import did_you_mean

_TZDATA = files("tzdata")


class UnknownZone(ValueError):
    """No time zone of this name."""


@cache
def zone_names() -> frozenset[str]:
    """The names that the module accepts: links included, the placeholder "Factory" not."""
    return frozenset(_TZDATA.joinpath("zones").read_text(encoding="utf-8").split()) - {"Factory"}


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of a name.

    Raises:
        UnknownZone: there is none, as IANA spells them.
    """
    if name not in zone_names():
        raise UnknownZone(
            f'timezone "{name}" is no IANA time zone; legal are names such as "Europe/Berlin" or '
            f'"UTC", with these capitals{did_you_mean(name, zone_names())}'
        )
    with _TZDATA.joinpath("zoneinfo", name).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
