"""The demo's judgement: an outcome that the example does not state is never passed over."""

from __future__ import annotations

import pytest

from task_scheduler_local import demo
from task_scheduler_local.board import Row

EXPECTED = {"hello": {"success": 2}, "fetch": {"failed": 1}}


def rows(*outcomes: tuple[str, str]) -> dict[str, Row]:
    made = [Row(f"{schedule}@1#{n}", schedule, word) for n, (schedule, word) in enumerate(outcomes)]
    return {row.id: row for row in made}


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
    content = demo._judge(rows(*outcomes), EXPECTED)
    printed = capsys.readouterr().out
    assert content is (said == "")
    assert said in printed
    assert printed.splitlines()[-1].endswith(
        "of 3 tasks had the outcome that the example states (1 failed, 2 success)."
    )
