"""An invocation's time: what of it tasks may have, and what is kept for telling of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from task_scheduler.execution.time_budget import TimeBudget


@dataclass
class Clock:
    left: float

    def __call__(self) -> float:
        return self.left


@pytest.mark.parametrize(
    ("total", "limit"),
    [(1.0, 0.55), (5.0, 3.0), (6.0, 4.0), (10.0, 8.0), (25.0, 20.0), (900.0, 895.0)],
)
def test_a_fifth_is_kept_at_most_five_seconds_and_time_to_report_before_the_process_ends(
    total: float, limit: float
) -> None:
    assert TimeBudget(Clock(total)).limit(None) == pytest.approx(limit)


@pytest.mark.parametrize(("total", "margin"), [(900.0, 1.0), (4.0, 1.0), (1.0, 0.25)])
def test_the_process_ends_a_second_before_the_function_does(total: float, margin: float) -> None:
    assert TimeBudget(Clock(total)).margin == margin


def test_a_task_may_take_its_timeout_or_what_is_left() -> None:
    guard = TimeBudget(Clock(10.0))

    assert guard.limit(3.0) == 3.0
    assert guard.limit(9.0) == 8.0


def test_the_first_task_starts_whatever_it_asks_for() -> None:
    assert TimeBudget(Clock(10.0)).allows(60.0)


def test_a_later_task_starts_if_its_timeout_fits() -> None:
    clock = Clock(10.0)
    guard = TimeBudget(clock)
    guard.ended(0.5)
    clock.left = 9.0

    assert guard.allows(7.0)
    assert not guard.allows(7.1)


def test_a_task_without_a_timeout_is_taken_to_need_as_long_as_the_longest() -> None:
    clock = Clock(10.0)
    guard = TimeBudget(clock)
    guard.ended(3.0)
    guard.ended(1.0)
    clock.left = 5.0
    assert guard.allows(None)

    clock.left = 4.9
    assert not guard.allows(None)


def test_reports_may_use_what_is_kept_dead_letters_half_of_it() -> None:
    clock = Clock(10.0)
    guard = TimeBudget(clock)
    clock.left = 2.0

    assert guard.left_for_dead_letter() == 0.5
    assert guard.left_for_report() == 0.75


def test_tasks_do_not_wait_long_for_a_report() -> None:
    assert TimeBudget(Clock(900.0)).left_for_flush() == 3.0


def test_nothing_is_asked_to_be_done_in_no_time() -> None:
    clock = Clock(10.0)
    guard = TimeBudget(clock)
    clock.left = 0.0

    assert guard.limit(None) == guard.left_for_dead_letter() == guard.left_for_report() == 0.01


def test_before_a_task_has_ended_none_is_the_longest() -> None:
    budget = TimeBudget(Clock(10.0))
    assert budget.longest == 0.0
    budget.ended(0.5)
    assert budget.longest == 0.5
