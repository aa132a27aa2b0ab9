"""Months of runs, written to a ledger of the emulator at once: for pictures and measurements."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from task_scheduler.runs.schedule_state import RECENT_RUNS, ClosedRun
from tests.taskctl.ledger import Recorded

_DAY = 86_400
_BATCH = 25


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A schedule of the sample.

    Attributes:
        name: its name.
        expression: when it is due.
        timezone: its zone.
        every: seconds between its runs.
        offset: seconds after midnight, UTC, of the first of a day.
        seconds: the seconds that a run takes.
        tasks: the tasks of a run.
        failing: the share of its runs that fail.
        streak: how many of the last ones failed.
        input: what send_task gets.
    """

    name: str
    expression: str
    timezone: str = "Europe/Berlin"
    every: int = _DAY
    offset: int = 0
    seconds: int = 120
    tasks: int = 20
    failing: float = 0.02
    streak: int = 0
    input: dict[str, Any] | None = None


def fill(recorded: Recorded, samples: list[Sample], days: int, seed: int = 1) -> int:
    """Write schedules, and their runs of so many days; return how many runs there are."""
    randomness = random.Random(seed)
    items: list[dict[str, Any]] = []
    runs = 0
    for sample in samples:
        recorded.add_schedule(
            sample.name,
            expression=sample.expression,
            timezone=sample.timezone,
            settings={"task": "report", **(sample.input or {})},
        )
        written = list(_runs(sample, recorded.now, days, randomness))
        runs += len(written)
        items += [_run_item(sample, run, recorded.now) for run in written]
        items.append(_schedule_item(sample, written))
    _write(recorded, items)
    return runs


def _runs(sample: Sample, now: int, days: int, randomness: random.Random) -> Iterator[ClosedRun]:
    """Yield the runs of a schedule, the first first."""
    first = now - days * _DAY
    begin = first + sample.every - first % sample.every + sample.offset
    times = range(begin, now - sample.seconds, sample.every)
    for number, due in enumerate(times):
        is_failing = randomness.random() < sample.failing or number >= len(times) - sample.streak
        state = "failed" if is_failing else "succeeded"
        if sample.streak == 0 and randomness.random() < 0.01:
            state = "skipped"
        slower = 1 + 0.4 * number / len(times)
        seconds = round(sample.seconds * slower * randomness.lognormvariate(0, 0.15))
        failed = randomness.randint(1, max(sample.tasks // 4, 1)) if state == "failed" else 0
        key = f"{sample.name}@{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}"
        yield ClosedRun(
            key=key, due=due, seconds=0 if state == "skipped" else seconds, state=state,
            ended=0 if state == "skipped" else sample.tasks, failed=failed,
        )  # fmt: skip


def _run_item(sample: Sample, run: ClosedRun, now: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pk": {"S": f"S#{sample.name}"},
        "sk": {"S": f"R#{run.key.partition('@')[2]}"},
        "state": {"S": run.state},
        "due_time": {"N": str(run.due)},
        "timezone": {"S": sample.timezone},
        "began": {"N": str(run.due + 2)},
        "closed": {"N": str(run.due + 2 + run.seconds)},
        "total": {"N": str(run.ended)},
        "ended": {"N": str(run.ended)},
        "failed": {"N": str(run.failed)},
        "notify_on": {"L": [{"S": "failure"}, {"S": "recovery"}]},
        "expires": {"N": str(now + 400 * _DAY)},
    }
    if run.state == "skipped":
        item["reason"] = {"S": "paused by user/anna: the database is being moved"}
    return item


def _schedule_item(sample: Sample, runs: list[ClosedRun]) -> dict[str, Any]:
    recent = [asdict(run) for run in reversed(runs[-RECENT_RUNS:])]
    successes = [run.due for run in runs if run.is_success]
    return {
        "pk": {"S": "S"},
        "sk": {"S": sample.name},
        "version": {"N": str(len(runs))},
        "streak": {"N": str(sample.streak)},
        "counted": {"N": str(runs[-1].due if runs else 0)},
        "last_success": {"N": str(successes[-1] if successes else 0)},
        "notified": {"N": "0"},
        "recent": {"S": json.dumps(recent, separators=(",", ":"))},
    }


def _write(recorded: Recorded, items: list[dict[str, Any]]) -> None:
    table = f"{recorded.prefix}-ledger"

    def put(some: list[dict[str, Any]]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in some]
        recorded.dynamodb.batch_write_item(RequestItems={table: requests})

    batches = [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, batches))
