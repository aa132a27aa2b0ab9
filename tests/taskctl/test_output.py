"""Output: tables at any width, harmless text, and streams that refuse it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from taskctl.ui import tables
from taskctl.ui.output import harmless, print_json

ROWS = [
    {
        "id": "1a2b3c4d",
        "time": "Tue 2026-11-24 02:00:00",
        "schedule": "nightly-report",
        "what": "#17 dashboards “a long text, which is what tasks are given to work on”",
        "attempts": 3,
        "reason": "HTTPError: 503 Server Error: Service Unavailable for url: https://example.com/a",
    },
    {"id": "5e6f7a8b", "time": "Tue 2026-11-24 02:00:01", "schedule": "x", "what": "#2",
     "attempts": 12_190, "reason": None},
]  # fmt: skip
COLUMNS = [
    tables.Column(key="id", heading="id"),
    tables.Column(key="time", heading="since", short=lambda text: str(text)[4:]),
    tables.Column(key="schedule", heading="schedule", rank=1),
    tables.Column(key="what", heading="what"),
    tables.Column(key="attempts", heading="attempts", right=True),
    tables.Column(key="reason", heading="reason", below=True),
    tables.Column(key="nothing", heading="never shown"),
]


@pytest.fixture
def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[int], list[str]]:
    """Return the lines of a table on a terminal of so many columns."""

    def show(width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        tables.print_table(COLUMNS, ROWS)
        return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()

    return show


@pytest.mark.parametrize("width", [50, 60, 80, 100, 132, 200, 300])
def test_a_table_fits_any_terminal_and_breaks_no_number(
    width: int, shown: Callable[[int], list[str]]
) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for whole in ("12190", "1a2b3c4d", "5e6f7a8b", "2026-11-24", "HTTPError:"):
        assert whole in text
    assert "never shown" not in text


def test_at_80_columns_the_reason_is_on_a_line_of_its_own(
    shown: Callable[[int], list[str]],
) -> None:
    assert any(line.startswith("    HTTPError: 503 Server Error") for line in shown(100))


def test_columns_without_room_are_left_out_by_rank_and_named(
    shown: Callable[[int], list[str]],
) -> None:
    assert "No room here for: schedule." in shown(60)
    assert not any("No room" in line for line in shown(100))


def test_a_wide_terminal_shows_each_row_on_one_line(shown: Callable[[int], list[str]]) -> None:
    assert len(shown(300)) == 2 + len(ROWS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\rb", "a\\rb"),
        ("\ud83d", "\\ud83d"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("é ✗ 😀\n\tx", "é ✗ 😀\n\tx"),
    ],
)
def test_what_could_control_a_terminal_is_shown_escaped(text: str, expected: str) -> None:
    assert harmless(text) == expected


def test_json_is_harmless_and_still_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"a": "\x1b[2J \x9b \ud83d \u202e é"}
    print_json(value)
    text = capsys.readouterr().out
    assert harmless(text) == text
    assert json.loads(text) == value


def run_check(stdout: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "taskctl", "check", "--json"],
        cwd=environment.pop("cwd"),
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/lambda_src/python", **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    text = 'task_code_dir = "tasks"\nschedules = { "ü" = { expression = "rate(1 day)" } }'
    (tmp_path / "terraform.tfvars").write_text(text)
    return tmp_path


def test_a_full_disk_is_one_sentence(project: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run_check(full.fileno(), cwd=str(project))
    assert done.stderr == b"taskctl: cannot write the output: No space left on device\n"
    assert done.returncode == 2


def test_a_reader_that_went_away_is_no_error(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run_check(writer, cwd=str(project))
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_an_encoding_lacks_is_escaped(project: Path) -> None:
    done = run_check(subprocess.PIPE, cwd=str(project), PYTHONIOENCODING="ascii")
    assert done.stderr == b""
    assert b"\\xfc" in done.stdout
