"""The plan knows legal expressions from illegal ones: the table in tests/expressions.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Planned, Variables, resources

TABLE = json.loads((Path(__file__).parents[1] / "expressions.json").read_text(encoding="utf-8"))
LEGAL: list[str] = TABLE["legal"]
ILLEGAL: list[dict[str, str]] = TABLE["illegal"]


def schedules(expressions: list[str]) -> dict[str, Any]:
    return {
        f"number-{number}": {"expression": expression, "task": "anything"}
        for number, expression in enumerate(expressions)
    }


@pytest.fixture(scope="module")
def planned(plan: Callable[[Variables], Planned]) -> set[str]:
    values = resources(plan({"schedules": schedules(LEGAL)}), "aws_scheduler_schedule").values()
    return {schedule["schedule_expression"] for schedule in values}


@pytest.fixture(scope="module")
def refused(refusal: Callable[[Variables], str]) -> str:
    return refusal({"schedules": schedules([row["expression"] for row in ILLEGAL])})


@pytest.mark.parametrize("expression", LEGAL)
def test_a_legal_expression_is_planned_as_it_is(planned: set[str], expression: str) -> None:
    assert expression in planned


@pytest.mark.parametrize(
    ("number", "row"), list(enumerate(ILLEGAL)), ids=[row["expression"] for row in ILLEGAL]
)
def test_an_illegal_expression_is_refused_by_name(
    refused: str, number: int, row: dict[str, str]
) -> None:
    shown = " ".join(f'schedule "number-{number}": expression "{row["expression"]}": '.split())
    assert shown in refused, row["reason"]
