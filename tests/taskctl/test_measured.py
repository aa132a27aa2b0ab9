"""The cost of runs that were, from the durations in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from taskctl.costs.measured import Attempt, measure, price, state
from taskctl.costs.pricing import Assumptions, schedule_usage

from .conftest import Operate
from .test_pricing import SETUP

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ATTEMPTS = [
    Attempt("slow", "slow@1#1", 1.0),
    Attempt("slow", "slow@1#2", 4.0),
    Attempt("slow", "slow@1#2", 4.0),
]


def test_durations_and_attempts_are_those_of_the_log() -> None:
    (found,) = measure(ATTEMPTS).items()
    assert found[0] == "slow"
    assert (found[1].attempt_seconds, found[1].attempts_a_task) == (3.0, 1.5)


def test_each_run_costs_what_its_tasks_took_in_as_many_attempts() -> None:
    plain = replace(SETUP, metrics_by_schedule=True)
    prices = price({"slow": [20, 20, 0], "new": [20]}, measure(ATTEMPTS), plain, {}, days=1)

    def expected(tasks: int, seconds: float) -> float:
        assumptions = Assumptions(task_seconds=seconds)
        return schedule_usage("", 1, tasks, SETUP, assumptions, is_cold=True).usd

    assert prices["slow"] == pytest.approx(2 * expected(30, 3.0) + expected(0, 3.0))
    assert prices["new"] == pytest.approx(expected(20, Assumptions.task_seconds))


def test_a_worker_is_charged_by_its_own_memory() -> None:
    big = replace(SETUP, workers={"big": {"run_task_memory": 10 * SETUP.run_task_memory}})
    here, there = (
        price({"slow": [20]}, measure(ATTEMPTS), big, {"slow": worker}, days=1)["slow"]
        for worker in (None, "big")
    )
    assert there > 5 * here


def test_what_was_not_measured_is_said() -> None:
    assert "3 attempts" in next(iter(state(measure(ATTEMPTS), NOW, 0)))
    assert "is taken to last 0.2 s" in "\n".join(state({}, NOW, 1))


def test_statistics_with_costs_are_those_of_the_log(operate: Operate) -> None:
    assert operate("run", "yearly", "--yes").returncode == 0
    done = operate("stats", "yearly", "--cost")
    assert done.returncode == 0, done.stderr
    heading, row, first, *_ = done.stdout.splitlines()
    assert heading.split()[-3:] == ["a", "task", "USD"]
    assert float(row.split()[-1]) > 0
    assert first.startswith("- runs and tasks since ")
    assert first.endswith(" attempts")
    assert " 0 attempts" not in first
