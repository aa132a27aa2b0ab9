"""The demo's judgement: an outcome that the example does not state is never passed over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from task_scheduler_local import LocalError, demo, terraform
from taskctl.runs.log_lines import LogLine, RunLine, TaskLine

NOW = datetime(2026, 11, 27, tzinfo=UTC)
EXPECTED = {"hello": {"success": 2}, "fetch": {"failed": 1}}


def logged(*outcomes: tuple[str, str]) -> Iterable[LogLine]:
    """Return a line of each task, with its schedule and its outcome."""
    for number, (schedule, outcome) in enumerate(outcomes):
        yield TaskLine(
            time=NOW, id=f"{schedule}@1#{number}", schedule=schedule, attempt=1, outcome=outcome,
            duration_ms=1,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([("hello", "success"), ("hello", "success"), ("fetch", "failed")], ""),
        ([("hello", "success"), ("fetch", "failed")], "hello: expected 2 success, saw 1 success"),
        (
            [("hello", "success"), ("hello", "failed"), ("fetch", "failed")],
            "hello: expected 2 success, saw 1 failed, 1 success",
        ),
        ([("hello", "success")] * 3 + [("fetch", "failed")], "saw 3 success"),
        (
            [("hello", "success")] * 2 + [("fetch", "retry")],
            "fetch: expected 1 failed, saw nothing",
        ),
        (
            [("hello", "success"), ("hello", "success"), ("fetch", "failed"), ("else", "success")],
            "else: expected nothing, saw 1 success",
        ),
    ],
)
def test_it_is_content_with_exactly_what_is_stated(
    capsys: pytest.CaptureFixture[str], outcomes: list[tuple[str, str]], said: str
) -> None:
    content = demo._judge(demo.count_outcomes(logged(*outcomes)), EXPECTED)
    printed = capsys.readouterr().out
    assert content is (said == "")
    assert said in printed
    assert printed.splitlines()[-1].endswith(
        "of 3 tasks had the outcome that the example states (1 failed, 2 success)."
    )


def test_a_task_that_waits_for_another_attempt_or_for_its_first_has_no_outcome_yet() -> None:
    sent = RunLine(time=NOW, run="a@1", schedule="a", sent=3)
    assert demo.count_outcomes([sent, *logged(("b", "retry"))]) == {"b": {}}


def test_a_task_counts_once_with_its_last_outcome() -> None:
    first, second = [*logged(("a", "retry")), *logged(("a", "success"))]
    again = [*logged(("a", "duplicate"))]
    assert demo.count_outcomes([first, second, *again]) == {"a": {"success": 1}}


@pytest.mark.parametrize(
    ("error", "applies"),
    [
        ("creating CloudWatch Logs Query Definition: UnknownOperationException", 1),
        ("Expression at(2026-11-27T00:00:00): it lies in the past", len(demo._LEADS_SECONDS)),
    ],
)
def test_an_apply_that_fails_ends_it_with_terraforms_words_at_once_unless_it_was_too_slow(
    monkeypatch: pytest.MonkeyPatch, error: str, applies: int
) -> None:
    commands: list[str] = []

    def run(folder: Path, aws: object, command: str, *arguments: str) -> str:
        commands.append(command)
        if command == "apply":
            raise LocalError(f"terraform apply failed:\n{error}")
        return ""

    monkeypatch.setattr(terraform, "run", run)

    with pytest.raises(LocalError, match=error.split(":")[0].split("(")[0]):
        demo._apply(Path(), {})

    assert commands.count("apply") == applies
