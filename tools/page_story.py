"""The story of the stack in the pictures, beside months of runs: failures, a log, functions."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from typing import Any

from task_scheduler.runs import control
from task_scheduler.runs.chunk import Counts, Mark
from task_scheduler.runs.identity import RunId
from task_scheduler_local.leftovers import client
from tests.taskctl.ledger import Recorded

_TASKS = 8
_TIMEOUT = ("TimeoutError", "no answer from stock.example within 30 s")
_REASONS = {3: _TIMEOUT, 5: ("LookupError", "no table returns_2026_11"), 6: _TIMEOUT, 8: _TIMEOUT}
_TRACEBACK = """Traceback (most recent call last):
  File "/var/task/reports.py", line 31, in report
    stock = fetch(f"https://stock.example/shops/{shop}")
  File "/var/task/reports.py", line 12, in fetch
    raise TimeoutError(f"no answer from {host} within {seconds} s")
"""


def tell(recorded: Recorded) -> str:
    """Write what goes on; return the key of a run that failed."""
    now = recorded.now
    make_functions(recorded)
    recorded.begin(f"sync-customers@{_time(now)}", total=800, due=now - 20)
    run = RunId(schedule="sync-customers", key=f"sync-customers@{_time(now)}")
    recorded.end(run, range(1, 301))
    control.pause(
        recorded.table, "warehouse-export", by="arn:aws:sts::1:assumed-role/Admin/anna",
        at=now - 7_200, note="the warehouse moves over the weekend", until=now + 2 * 86_400,
    )  # fmt: skip
    return _fail(recorded, now - 5_400)


def _fail(recorded: Recorded, due: int) -> str:
    """Record a run of which some tasks failed, with its log and their dead letters."""
    now, recorded.now = recorded.now, due
    key = f"nightly-report@{_time(due)}"
    run = recorded.begin(
        key, total=_TASKS, due=due, notify_on=["failure"], timezone="Europe/Berlin",
        started_by="arn:aws:sts::1:assumed-role/Admin/anna", why="the stock was not there at night",
    )  # fmt: skip
    for number in range(1, _TASKS + 1):
        kept: dict[str, Any] = {"task": "report", "expires": now + 86_400}
        if number in _REASONS:
            error, reason = _REASONS[number]
            recorded.keep(run, number, attempt=3, error=error, reason=reason, **kept)
            _dead_letter(recorded, key, number)
        else:
            recorded.keep(run, number, result=f"{number * 117} rows", **kept)
    recorded.end(run, range(1, _TASKS + 1))
    recorded.end(run, range(3, 4), Mark.BAD)
    recorded.now = due + 412
    recorded.close(run, Counts(ended=_TASKS, failed=len(_REASONS)))
    recorded.edit(run, event={"S": "failure"}, notified={"N": str(due + 415)})
    recorded.now = now
    _log(recorded, key, due)
    return key


def _log(recorded: Recorded, key: str, due: int) -> None:
    """Write the log of a run as run_task does: three attempts of what fails, one of the rest."""
    logs = client("logs", recorded.aws)
    for function in ("send-task", "run-task"):
        logs.create_log_group(logGroupName=f"/aws/lambda/{recorded.prefix}-{function}")
    group = f"/aws/lambda/{recorded.prefix}-run-task"
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    events = [event for number in range(1, _TASKS + 1) for event in _attempts(key, number, due)]
    logs.put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[
            {"timestamp": at, "message": json.dumps(line)}
            for at, line in sorted(events, key=lambda event: event[0])
        ],
    )


def _attempts(key: str, number: int, due: int) -> list[tuple[int, Mapping[str, Any]]]:
    common = {"service": "run_task", "message": "task", "id": f"{key}#{number}", "task": "report",
              "schedule": "nightly-report"}  # fmt: skip
    begin = (due + 5 + 17 * (number % 3)) * 1_000
    if number not in _REASONS:
        took = 20_000 + 9_000 * number
        return [(begin + took, common | {"attempt": 1, "outcome": "success", "duration_ms": took,
                                         "result": f"{number * 117} rows"})]  # fmt: skip
    error, reason = _REASONS[number]
    found: list[tuple[int, Mapping[str, Any]]] = []
    for attempt in (1, 2, 3):
        outcome = "failed" if attempt == 3 else "retry"
        line = common | {"attempt": attempt, "outcome": outcome, "duration_ms": 30_200,
                         "error": error, "reason": reason, "level": "ERROR",
                         "exception": f"{_TRACEBACK}{error}: {reason}"}  # fmt: skip
        found.append((begin + 30_200 + (attempt - 1) * 115_000, line))
    return found


def _dead_letter(recorded: Recorded, key: str, number: int) -> None:
    error, reason = _REASONS[number]
    body = {"version": 1, "id": f"{key}#{number}", "schedule": "nightly-report", "task": "report",
            "text": f"shop {number}"}  # fmt: skip
    values = {"outcome": "failed", "attempts": "3", "error": error, "reason": reason,
              "place": f"{key}#{number}"}  # fmt: skip
    sqs = client("sqs", recorded.aws)
    queue = f"{recorded.prefix}-tasks-dead-letter"
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        MessageBody=json.dumps(body),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in values.items()
        },
    )


def make_functions(recorded: Recorded) -> None:
    """Make queues and functions that do nothing: costs are computed from their settings."""
    sqs, functions = client("sqs", recorded.aws), client("lambda", recorded.aws)
    for queue in ("tasks", "tasks-dead-letter", "runs-dead-letter"):
        sqs.create_queue(QueueName=f"{recorded.prefix}-{queue}")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("nothing.py", "def handler(event, context): pass\n")
    for function in ("send-task", "run-task"):
        functions.create_function(
            FunctionName=f"{recorded.prefix}-{function}",
            Runtime="python3.13",
            Role="arn:aws:iam::000000000000:role/none",
            Handler="nothing.handler",
            Architectures=["arm64"],
            MemorySize=512,
            Code={"ZipFile": code.getvalue()},
        )
    functions.create_event_source_mapping(
        FunctionName=f"{recorded.prefix}-run-task",
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{recorded.prefix}-tasks",
        BatchSize=10,
        Enabled=False,
    )


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
