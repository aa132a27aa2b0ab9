"""Run a schedule for the times at which it has not run."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from task_scheduler.runs.identity import RunState
from taskctl.project.schedule import Schedule, due_times_of
from taskctl.runs.missed import BACKFILL, find_missed
from taskctl.runs.recorded_run import RecordedRun
from taskctl.ui.times import rfc3339
from tests.taskctl.conftest import Operate

Read = Callable[..., Any]
START = datetime(2026, 3, 20, tzinfo=UTC)


def schedule(expression: str, timezone: str) -> Schedule:
    return Schedule(
        name="s", expression=expression, timezone=timezone, created=START, input={"task": "x"}
    )


def recorded(key: str, state: str) -> RecordedRun:
    return RecordedRun(schedule="s", key=key, state=state, reason="paused")


@pytest.mark.parametrize("seed", range(20))
def test_missed_times_are_those_of_the_calendar_without_a_run(seed: int) -> None:
    """Across a change of the clocks, in both hemispheres."""
    randomness = random.Random(seed)
    zone = randomness.choice(["Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC"])
    minute, hour = randomness.randrange(60), randomness.choice(["*", "0/3", "2", "1-4"])
    one = schedule(f"cron({minute} {hour} * * ? *)", zone)
    until = START + timedelta(days=randomness.choice([3, 20, 60]))
    times = []
    for time in due_times_of(one, START - timedelta(seconds=1)):
        if time.due > until:
            break
        times.append(time.due)
    states = {
        due: randomness.choice([None, RunState.SUCCEEDED, RunState.FAILED, RunState.SKIPPED])
        for due in times
    }
    runs = [recorded(f"s@{rfc3339(due)}", state) for due, state in states.items() if state]
    known_from = randomness.choice([START, START + timedelta(days=1)])

    period = find_missed(
        one, runs, since=START, until=until, known_from=known_from, skipped_too=False
    )

    assert period.total == len(times)
    found = [*period.unknown, *period.missed]
    assert [each.due for each in found] == [due for due in times if states[due] is None]
    assert all(each.due < known_from for each in period.unknown)
    assert all(each.key == f"s@{rfc3339(each.due)}" for each in found)


def test_a_run_that_was_skipped_is_made_up_for_once_under_a_key_of_its_own() -> None:
    one = schedule("cron(0 2 * * ? *)", "UTC")
    day = START + timedelta(hours=2)
    skipped = recorded(f"s@{rfc3339(day)}", RunState.SKIPPED)

    def find(*runs: RecordedRun) -> list[tuple[str, str | None]]:
        until = day + timedelta(hours=1)
        period = find_missed(
            one, runs, since=START, until=until, known_from=START, skipped_too=True
        )
        return [(each.key, each.reason) for each in period.missed]

    assert find(skipped) == [(skipped.key + BACKFILL, "paused")]
    assert find(skipped, recorded(skipped.key + BACKFILL, RunState.FAILED)) == []


def test_times_are_run_oldest_first_and_not_once_more_at_the_next_call(
    operate: Operate, read: Read
) -> None:
    period = ("--from", "2024-06-01", "--to", "2026-06-01")
    dry = read("backfill", "yearly", *period, "--dry-run")
    assert (dry["total"], dry["unknown"], dry["missed"]) == (2, 2, [])
    left_out = operate("backfill", "yearly", *period, "--yes")
    assert (left_out.returncode, left_out.stdout) == (0, "yearly: nothing is missing.\n")
    assert "2 due times up to 2026-01-01T01:00:00Z left out" in left_out.stderr

    done = operate("backfill", "yearly", *period, "--unknown-too", "--yes", "--why", "it is new")
    assert done.returncode == 0, done.stderr
    keys = ["yearly@2025-01-01T01:00:00Z", "yearly@2026-01-01T01:00:00Z"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == keys
    runs = [run for run in read("runs", "yearly", "--since", "2024-01-01") if run["run"] in keys]
    assert [(run["run"], run["state"], run["why"]) for run in runs] == [
        (key, "succeeded", "it is new") for key in keys
    ]

    again = operate("backfill", "yearly", *period, "--unknown-too", "--yes")
    assert (again.returncode, again.stdout) == (0, "yearly: nothing is missing.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-06-01", "--to", "2026-05-01"), "--to 2026-05-01 must not be before"),
        (("--from", "2026-06-01", "--to", "2999-01-01"), "--to 2999-01-01 must not be in the f"),
        (("--from", "yesteryear"), "'yesteryear' must be a date and time"),
    ],
)
def test_a_period_that_is_none_is_named(
    operate: Operate, arguments: tuple[str, ...], said: str
) -> None:
    done = operate("backfill", "yearly", *arguments, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
