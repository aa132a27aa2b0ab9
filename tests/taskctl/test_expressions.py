"""Parse the legal and refuse the illegal expressions of tests/expressions.json."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from task_scheduler_local.places import ROOT
from taskctl.calendar.cron import IllegalExpression
from taskctl.calendar.expressions import Rate, parse

TABLE = json.loads((ROOT / "tests" / "expressions.json").read_text(encoding="utf-8"))

FIELDS = ["minutes", "hours", "day-of-month", "month", "day-of-week", "year"]


@pytest.mark.parametrize("expression", TABLE["legal"])
def test_legal_expressions_are_parsed(expression: str) -> None:
    parse(expression)


@pytest.mark.parametrize("row", TABLE["illegal"], ids=[r["expression"] for r in TABLE["illegal"]])
def test_illegal_expressions_are_refused(row: dict[str, str]) -> None:
    with pytest.raises(IllegalExpression):
        parse(row["expression"])


@pytest.mark.parametrize("position", range(6))
def test_the_error_names_the_wrong_field_and_its_value(position: int) -> None:
    fields = ["0", "10", "1", "*", "?", "*"]
    fields[position] = "99"
    with pytest.raises(IllegalExpression, match=f'^{FIELDS[position]} "99" must be '):
        parse(f"cron({' '.join(fields)})")


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("cron(0 10 1 *)", "cron has six fields, not 4: "),
        ("cron(0 10 1 * MON *)", "one of the two day fields must be ?, and only one"),
        ("rate(5 weeks)", "rate(value unit) takes a whole number from 1, and minutes, hours or "),
        ("at(2037-02-30T00:00:00)", "at(yyyy-mm-ddThh:mm:ss) takes a date and time that exist, "),
        ("daily", "it must be rate(value unit), cron("),
        (f"rate({'0' * 242}1 minutes)", "it has 257 characters, more than the 256 that AWS takes:"),
    ],
)
def test_the_error_says_what_would_be_right(expression: str, sentence: str) -> None:
    with pytest.raises(IllegalExpression) as refused:
        parse(expression)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    "expression", ["daily", "rate(5 weeks)", "at(2037-02-30T00:00:00)", "cron(0 10 1 * MON *)"]
)
def test_the_error_equals_that_of_the_modules_plan(expression: str) -> None:
    written = ROOT / "modules" / "scheduler" / "expressions.tf"
    with pytest.raises(IllegalExpression) as refused:
        parse(expression)
    assert f'"{refused.value}"' in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("rate(1 hour)", 1), ("rate(90 minutes)", 1.5), ("rate(1 day)", 24), ("rate(007 days)", 168)],
)
def test_a_rate_is_an_interval(expression: str, hours: float) -> None:
    assert parse(expression) == Rate(timedelta(hours=hours))
