"""The cost of a month, against sums made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from task_scheduler.outcome import Outcome
from task_scheduler_local.places import ROOT
from taskctl.costs import pricing
from taskctl.costs.cost_basis import CHAT_WARNINGS, EARLY_WARNINGS, ESSENTIAL_ALARMS
from taskctl.costs.pricing import Assumptions, Setup, schedule_usage, shared_usage

SETUP = Setup(
    architecture="arm64",
    fifo=False,
    deduplication=False,
    batch_size=10,
    task_concurrency=1,
    send_task_memory=256,
    run_task_memory=512,
    maximum_concurrency=None,
    metrics_by_schedule=False,
    alarms=0,
    dashboard=False,
    keep_minutes=5,
)
WORKERS: dict[str, dict[str, Any]] = {
    "big": {"run_task_memory": 4096, "batch_size": 1, "maximum_concurrency": 10},
    "ordered": {"fifo": True},
}
NOTHING_BUT_TASKS = Assumptions(
    cold_start_seconds=0, run_seconds=0, message_seconds=0, task_log_bytes=0
)


def test_the_usage_of_an_hourly_schedule_of_20_tasks() -> None:
    used = schedule_usage("a", 730, 20, SETUP, Assumptions(), is_cold=True)
    assert used.messages == 14_600
    assert used.invocations == 730 * (1 + 2)
    assert used.sqs_requests == 730 * (2 + 2 + 2)  # sent, received, deleted
    send_seconds = 0.6 + 0.05 + 20 * 0.00015
    run_seconds = 0.6 + 2 * 0.005 + 20 * 0.2
    assert used.gb_seconds == pytest.approx(730 * (send_seconds / 4 + run_seconds / 2))
    assert used.log_bytes == 730 * (500 + 3 * 400 + 20 * 450)
    assert used.usd == pytest.approx(
        730 * 1e-6
        + used.sqs_requests * 0.5e-6  # of fair queues
        + used.invocations * 0.2e-6
        + used.gb_seconds * 0.0000133334
        + used.log_bytes * 0.5e-9
        + 730 * (9 * 0.125e-6 + pricing.ledger_writes(20, 2) * 0.625e-6)
    )


@pytest.mark.parametrize(("memory", "usd"), [(128, 3.71), (256, 4.73)])
def test_the_cost_of_a_hundred_thousand_tasks_a_day(memory: int, usd: float) -> None:
    """100,000 tasks of 200 ms a day in hourly runs, idle polling included, logs not."""
    setup = replace(SETUP, run_task_memory=memory)
    used = schedule_usage("a", 730, 4167, setup, NOTHING_BUT_TASKS, is_cold=False)
    idle = shared_usage(730, setup)["idle polling"][1]
    assert used.usd - used.log_bytes * pricing.LOG_BYTE + idle == pytest.approx(usd, abs=0.01)


def test_long_tasks_are_recorded_and_deleted_before_their_batch_is_over() -> None:
    """Batches of 10 tasks of 1 s: every 2 s."""
    slow = replace(NOTHING_BUT_TASKS, task_seconds=1.0)
    used = schedule_usage("a", 1, 1000, SETUP, slow, is_cold=False)
    assert used.sqs_requests == 100 + 100 * (1 + 5)


def test_the_ledger_takes_at_most_a_unit_and_a_half_a_task_of_a_long_list() -> None:
    assert pricing.ledger_writes(100, 10) == pytest.approx(15 + 10 * 1.16)
    assert 1.0 < pricing.ledger_writes(1_000_000, 100_000) / 1_000_000 < 1.5


@pytest.mark.parametrize(("tasks", "runs"), [(100, 30_000), (100_000, 30)])
def test_the_share_of_the_ledger_in_the_documents_is_the_computed_one(
    tasks: int, runs: int
) -> None:
    usd = runs * pricing.ledger_writes(tasks, tasks // 10) * pricing.DYNAMODB_WRITE
    document = " ".join((ROOT / "docs" / "cost.md").read_text(encoding="utf-8").split())
    assert f"{usd:.2f} USD in runs of {tasks:,}" in document


def test_concurrent_tasks_share_their_time() -> None:
    alone = schedule_usage("a", 1, 1000, SETUP, NOTHING_BUT_TASKS, is_cold=False)
    overlapped = schedule_usage(
        "a", 1, 1000, replace(SETUP, task_concurrency=10), NOTHING_BUT_TASKS, is_cold=False
    )
    assert alone.gb_seconds == pytest.approx((1000 * 0.2 + 100 * 0.005) / 2)
    assert overlapped.gb_seconds == pytest.approx((1000 * 0.02 + 100 * 0.005) / 2)


@pytest.mark.parametrize(
    ("setting", "value", "usd"),
    [
        ("fifo", True, 0),  # as much more as fair queues
        ("deduplication", True, 2000 * 0.625e-6),
        ("architecture", "x86_64", 100.25 * 0.0000033333),
        ("metrics_by_schedule", True, 2 * 0.3 / 730),
    ],
)
def test_each_setting_changes_the_cost(setting: str, value: object, usd: float) -> None:
    """A run a month of 1,000 tasks."""
    without = schedule_usage("a", 1, 1000, SETUP, NOTHING_BUT_TASKS, is_cold=False)
    setup = replace(SETUP, **{setting: value})  # type: ignore[arg-type]
    with_it = schedule_usage("a", 1, 1000, setup, NOTHING_BUT_TASKS, is_cold=False)
    assert with_it.usd - without.usd == pytest.approx(usd)


def test_shared_usage_has_polling_metrics_alarms_and_dashboard() -> None:
    shared = shared_usage(8760, replace(SETUP, alarms=12, dashboard=True))
    assert {name: amount for name, (amount, _) in shared.items()} == {
        "idle polling": 262_800,
        "keep_runs": 8_760,
        "metrics": 2,
        "alarms": 12,
        "dashboard": 1,
    }
    assert [usd for _, usd in shared.values()] == pytest.approx(
        [0.10512, 0.01737, 0.6, 1.2, 3], rel=1e-3
    )


def test_with_a_maximum_concurrency_lambda_keeps_five_pollers() -> None:
    requests, usd = shared_usage(0, replace(SETUP, maximum_concurrency=10))["idle polling"]
    assert requests == 657_000
    assert usd == pytest.approx(0.2628)


def test_metrics_cost_only_the_hours_with_values() -> None:
    metrics, usd = shared_usage(730 / 24, SETUP)["metrics"]
    assert metrics == pytest.approx(2 / 24)
    assert usd == pytest.approx(0.6 / 24)


def test_a_run_every_ten_minutes_keeps_functions_warm() -> None:
    assert not pricing.is_cold(730 * 6)
    assert pricing.is_cold(730 * 6 - 1)


OF_A_SCHEDULE = (set(Outcome) - {Outcome.UNREADABLE}) | {"sent", "refused"}
"""Metrics of a schedule; a message that cannot be read has none."""


@pytest.mark.parametrize(
    ("variable", "words", "usd"),
    [
        (
            "deduplication",
            "USD a million tasks",
            1e6 * pricing.DEDUPLICATION_WRITES * pricing.DYNAMODB_WRITE,
        ),
        ("metrics_by_schedule", "USD a month for each of them", pricing.METRIC),
        ("metrics_by_schedule", "USD a schedule", len(OF_A_SCHEDULE) * pricing.METRIC),
        (
            "monitoring",
            "USD a month, nothing within an account's first ten",
            len(ESSENTIAL_ALARMS) * pricing.ALARM,
        ),
        ("monitoring", "USD a month, and with `notify`", len(EARLY_WARNINGS) * pricing.ALARM),
        ("monitoring", "USD. Default false", len(CHAT_WARNINGS) * pricing.ALARM),
        ("monitoring", "USD a month, nothing within an account's first three", pricing.DASHBOARD),
    ],
)
def test_variable_descriptions_state_these_prices(variable: str, words: str, usd: float) -> None:
    written = (ROOT / "variables.tf").read_text(encoding="utf-8")
    block = written.partition(f'variable "{variable}" {{')[2].partition("\n}\n")[0]
    (price,) = re.findall(rf"([\d.]+) {re.escape(words)}", block)
    assert float(price) == pytest.approx(usd)


def test_each_further_worker_polls_and_runs_at_its_own_price() -> None:
    setup = replace(SETUP, workers=WORKERS)
    polls, usd = shared_usage(0, setup)["idle polling"]
    minutes = 730 * 60 * 3
    assert polls == (2 + 5 + 2) * minutes
    assert usd == pytest.approx(((2 + 5) * 0.4e-6 + 2 * 0.5e-6) * minutes)
    big = schedule_usage("a", 1, 10, setup.of("big"), NOTHING_BUT_TASKS, is_cold=False)
    default = schedule_usage("a", 1, 10, setup.of(None), NOTHING_BUT_TASKS, is_cold=False)
    assert (big.invocations, default.invocations) == (11, 2)
    assert big.gb_seconds == pytest.approx((10 * 0.005 + 10 * 0.2) * 4)
    assert setup.of("gone") == setup
