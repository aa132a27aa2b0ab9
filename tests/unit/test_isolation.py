"""A child that comes back from its task ends as a program ends."""

from __future__ import annotations

import os

import pytest

from task_scheduler.execution import isolation


class Ended(Exception):
    """The process ended, in place of which the test goes on."""


@pytest.mark.parametrize(
    ("error", "status", "printed"),
    [
        (None, 0, ""),
        (ValueError("in the child"), 1, "ValueError: in the child\n"),
        (KeyboardInterrupt(), 1, "KeyboardInterrupt\n"),
        (SystemExit(), 0, ""),
        (SystemExit(0), 0, ""),
        (SystemExit(3), 3, ""),
        (SystemExit(-1), 255, ""),
        (SystemExit(256), 0, ""),
        (SystemExit("why"), 1, ""),
    ],
)
def test_a_child_ends_with_the_status_of_what_it_raised(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException | None,
    status: int,
    printed: str,
) -> None:
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(Ended):
        isolation._end_child(error)

    assert statuses == [status]
    assert capsys.readouterr().err == printed


def test_a_child_whose_streams_are_closed_ends_nevertheless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed:
        def write(self, _text: str) -> None:
            raise OSError("closed")

        def flush(self) -> None:
            raise OSError("closed")

    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    monkeypatch.setattr("sys.stdout", Closed())
    monkeypatch.setattr("sys.stderr", Closed())

    isolation._end_child(ValueError("in the child"))

    assert statuses == [1]
