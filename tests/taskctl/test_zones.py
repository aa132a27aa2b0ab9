"""Time zones: the tzdata package's, and exactly those that the module accepts."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from taskctl.calendar.zones import UnknownZone, zone, zone_names

ROOT = Path(__file__).parents[2]


def test_the_zones_are_those_that_a_plan_accepts() -> None:
    listed = (ROOT / "modules" / "scheduler" / "timezones.txt").read_text(encoding="utf-8")
    assert sorted(zone_names()) == listed.split()


def test_every_zone_can_be_loaded() -> None:
    assert {zone(name).key for name in zone_names()} == zone_names()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berlni", "Europe/Berlin"),
        ("Asia/Taipeh", "Asia/Taipei"),
    ],
)
def test_an_unknown_zone_offers_the_nearest_name(name: str, nearest: str) -> None:
    with pytest.raises(UnknownZone, match=f"did you mean .*{nearest}"):
        zone(name)


@pytest.mark.parametrize("name", ["", "../zones", "/etc/localtime", "Factory", "Europe"])
def test_names_that_are_not_zones_are_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_the_systems_zones_are_ignored(tmp_path: Path) -> None:
    """A system whose Berlin is Tokyo."""
    (tmp_path / "Europe").mkdir()
    tokyo = files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo")
    (tmp_path / "Europe" / "Berlin").write_bytes(tokyo.read_bytes())
    code = (
        "from datetime import datetime; from taskctl.calendar.zones import zone; "
        "print(datetime(2027, 1, 1, tzinfo=zone('Europe/Berlin')).utcoffset())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1:00:00"
