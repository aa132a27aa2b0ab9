"""IANA time zones from the tzdata package: a system's own may be years old, or missing."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from taskctl.errors import did_you_mean

_TZDATA = files("tzdata")


class UnknownZone(ValueError):
    """There is no time zone of this name."""


@cache
def zone_names() -> frozenset[str]:
    """Return the names that the module accepts: links included, the placeholder "Factory" not."""
    return frozenset(_TZDATA.joinpath("zones").read_text(encoding="utf-8").split()) - {"Factory"}


def find_local_zone() -> str:
    """Return the name of this machine's zone, as TZ or systemd or Debian have it; else UTC."""
    if "TZ" in os.environ:
        return os.environ["TZ"].lstrip(":") or "UTC"
    _, _, linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    named = Path("/etc/timezone")
    return linked or (named.read_text(encoding="utf-8").strip() if named.is_file() else "UTC")


@cache
def zone(name: str) -> ZoneInfo:
    """Return the time zone of a name.

    Raises:
        UnknownZone: there is none of this name, as IANA spells it.
    """
    if name not in zone_names():
        raise UnknownZone(
            f'timezone "{name}" is not an IANA time zone, such as "Europe/Berlin" or "UTC", '
            f"capitals included{did_you_mean(name, zone_names())}"
        )
    with _TZDATA.joinpath("zoneinfo", name).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
