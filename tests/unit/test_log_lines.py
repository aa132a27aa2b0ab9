"""Records of tasks and runs: small, JSON, and CloudWatch metrics at the same time."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from task_scheduler.observability import log
from task_scheduler.queue.message import Message
from tests.unit.conftest import Bench, Log, Write, fail, note


def directive(line: dict[str, Any]) -> dict[str, Any]:
    [found] = line["_aws"]["CloudWatchMetrics"]
    return dict(found)


def as_powertools_has_it(**dimensions: str) -> dict[str, Any]:
    """The line that Powertools' Metrics writes for a duration."""
    metrics = EphemeralMetrics(namespace="TaskScheduler", service="jobs")
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    metrics.add_metric(name="duration_ms", unit=MetricUnit.Milliseconds, value=1)
    with redirect_stdout(io.StringIO()) as printed:
        metrics.flush_metrics()
    return dict(json.loads(printed.getvalue()))


def test_a_record_names_its_installation(log_lines: Log) -> None:
    log.RecordLog("billing").info("hello", extra={"run": "s@1"})
    assert log_lines() == [
        {"level": "INFO", "message": "hello", "service": "billing", "run": "s@1"}
    ]


def test_the_record_of_a_task_is_its_metric_by_outcome(bench: Bench, log_lines: Log) -> None:
    bench.put(note("1"), fail("2", retries=0))

    bench.run()

    theirs = as_powertools_has_it(outcome="success")
    for line in log_lines():
        ours = directive(line)
        assert ours["Namespace"] == directive(theirs)["Namespace"]
        assert list(map(sorted, ours["Dimensions"])) == list(
            map(sorted, directive(theirs)["Dimensions"])
        )
        assert [metric["Name"] for metric in ours["Metrics"]] == ["duration_ms"]
        assert all(isinstance(line[name], str) for name in ours["Dimensions"][0])
        assert isinstance(line["duration_ms"], int)
        assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 3600
    assert sorted(line["outcome"] for line in log_lines()) == ["failed", "success"]


def test_metrics_by_schedule_are_an_option(
    bench: Bench, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_BY_SCHEDULE", "true")
    bench.put(note("1"), "typed by hand")

    bench.run()

    dimensions = {line.get("schedule"): directive(line)["Dimensions"] for line in log_lines()}
    assert dimensions == {
        "s": [["service", "outcome"], ["service", "schedule", "outcome"]],
        None: [["service", "outcome"]],
    }


def test_the_record_of_a_task_takes_at_most_414_bytes_and_its_duration(
    bench: Bench, log_text: Callable[[], str], log_lines: Log
) -> None:
    """Log bytes are what most of a small task's cost is."""
    message = Message(
        id="nightly@2026-11-23T02:00:00Z#17",
        schedule="nightly",
        scheduled_time="2026-11-23T02:00:00Z",
        task="note",
        text="17",
    )
    bench.put(message)

    bench.run()

    [line] = log_lines()
    assert len(log_text().encode()) - len(str(line["duration_ms"])) <= 414


def test_a_result_that_cannot_be_encoded_hurts_no_neighbour(
    bench: Bench, write_tasks: Write, log_lines: Log
) -> None:
    write_tasks(
        strange="""
            from task_scheduler import task

            class Strange:
                def __getstate__(self):
                    raise KeyError("no state")

            @task("strange")
            def strange():
                return Strange()
        """
    )
    bench.put(Message(id="x", task="strange"), note("1"))

    assert bench.run() == []

    results = {line["id"]: line["result"] for line in log_lines()}
    assert results["x"].startswith("<strange.Strange object at ")
    assert results["x"].endswith(" (repr)")


def test_lines_of_the_contexts_logger_have_the_tasks_fields(
    bench: Bench, write_tasks: Write, task_lines: Log
) -> None:
    write_tasks(
        talking="""
            from task_scheduler import task

            @task("talk")
            def talk(text, context):
                context.logger.info("%s rows", 3, extra={"table": text})
                try:
                    1 / 0
                except ZeroDivisionError:
                    context.logger.exception("odd")
        """
    )
    message = Message(id="s@t#1", schedule="s", task="talk", text="orders")
    bench.put(message)

    bench.run()

    about = {"id": "s@t#1", "schedule": "s", "task": "talk", "attempt": 1}
    first, second = task_lines()
    assert (
        first.items() >= {**about, "message": "3 rows", "table": "orders", "level": "INFO"}.items()
    )
    assert (
        second.items() >= {**about, "message": "odd", "exception_name": "ZeroDivisionError"}.items()
    )


@pytest.fixture
def fire(
    make_queue: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Invokes send_task; returns the messages on the queue."""
    from task_scheduler.send_task import handler
    from tests.unit.conftest import Context

    queue = make_queue()
    monkeypatch.setenv("QUEUE_URL", queue.url)
    monkeypatch.setenv("RUNS_DEAD_LETTER_URL", make_queue().url)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))

    def fire(**event: Any) -> Any:
        handler({"version": 1, "schedule": "s", **event}, Context())  # type: ignore[arg-type]
        return queue.receive_all()

    return fire


def test_the_record_of_a_run_is_its_metrics(
    fire: Callable[..., Any], log_lines: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_BY_SCHEDULE", "true")

    fire(tasks=["a", "b"])
    (tmp_path / "list.jsonl").write_text('"a"\n{oops')
    fire(tasks_file="list.jsonl", key="s@another")

    whole, holed = log_lines()
    assert directive(whole) == {
        "Namespace": "TaskScheduler",
        "Dimensions": [["service"], ["service", "schedule"]],
        "Metrics": [{"Name": "sent"}],
    }
    assert directive(holed)["Metrics"] == [{"Name": "sent"}, {"Name": "refused"}]
    assert (holed["sent"], holed["refused"]) == (1, 1)


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        ("Root=1-5e;Parent=7;Sampled=1;Lineage=a:0", "1-5e"),
        ("Root=1-5e;Sampled=0", None),
        ("", None),
    ],
)
def test_a_record_names_the_trace_of_an_invocation_that_is_traced(
    monkeypatch: pytest.MonkeyPatch, log_lines: Log, header: str, trace: str | None
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)

    log.logger.info("run")

    [line] = log_lines()
    assert line.get("xray_trace_id") == trace


def test_of_a_long_traceback_the_end_is_kept_and_the_rest_is_counted() -> None:
    error = ValueError("x" * log.MAX_EXCEPTION + "the end")

    fields = log.exception_fields(error)

    counted, _, kept = fields["exception"].partition(" characters before) ...")
    whole = f"ValueError: {error}\n"
    assert int(counted.removeprefix("(")) + log.MAX_EXCEPTION == len(whole)
    assert whole.endswith(kept + "\n")
    assert log.MAX_EXCEPTION - len(kept) == 1
    assert fields["exception_name"] == "ValueError"


@pytest.mark.parametrize(
    "text", ["why  ", "ABX", "x" * (log.MAX_EXCEPTION - len("ValueError: \n"))]
)
def test_a_traceback_is_python_s_without_the_line_break_at_its_end(text: str) -> None:
    assert log.exception_fields(ValueError(text))["exception"] == f"ValueError: {text}"


def test_all_lines_of_a_traceback_are_kept() -> None:
    error = ValueError("why")
    error.add_note("for a reason")
    error.__cause__ = KeyError("what")
    assert log.exception_fields(error)["exception"].splitlines() == [
        "KeyError: 'what'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "ValueError: why",
        "for a reason",
    ]


def test_an_exception_that_hides_its_traceback_is_logged_by_its_name() -> None:
    def refuse(_error: Exception) -> list[str]:
        raise RuntimeError

    hidden = type("Hidden", (Exception,), {"__notes__": property(refuse)})

    assert log.exception_fields(hidden()) == {
        "exception": "no traceback: RuntimeError",
        "exception_name": "Hidden",
    }
