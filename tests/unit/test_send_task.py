"""send_task, on the emulator's queues: every task of a run, a dead letter for each bad line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError

from task_scheduler.errors import InvalidRun
from task_scheduler.send_task import _time_limit
from tests.unit.conftest import Chain, Context, Fire, Hurried, Queue


def test_a_list_of_a_hundred_tasks_takes_ten_requests_and_arrives_whole(
    queue: Queue, runs_dead_letter: Queue, fire: Fire
) -> None:
    summary = fire(tasks=[f"task {number}" for number in range(1, 101)])

    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    assert {body["id"]: body["text"] for body in bodies} == {
        f"s@2026-11-23T02:00:00Z#{number}": f"task {number}" for number in range(1, 101)
    }
    assert (summary["sent"], summary["refused"], summary["requests"]) == (100, 0, 10)
    assert runs_dead_letter.receive_all() == []


def test_the_only_task_that_was_asked_for_is_sent_with_the_id_that_it_always_has(
    queue: Queue, runs_dead_letter: Queue, fire: Fire, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text('city,note\nTaipei,"two\nlines"\n"oops\nZürich,\n')

    summary = fire(tasks_file="list.csv", task="visit", only=2)

    [message] = queue.receive_all()
    body = json.loads(message["body"])
    assert body["id"] == "s@2026-11-23T02:00:00Z#2"
    assert body["args"] == {"city": "Taipei", "note": "two\nlines"}
    assert (summary["sent"], summary["refused"], summary["only"]) == (1, 0, 2)
    assert runs_dead_letter.receive_all() == []


@pytest.mark.usefixtures("runs_dead_letter")
def test_the_only_task_that_was_asked_for_may_stand_anywhere(queue: Queue, fire: Fire) -> None:
    fire(tasks=["one", "two", "three", "four"], only=3)

    [message] = queue.receive_all()
    body = json.loads(message["body"])
    assert (body["id"], body["text"]) == ("s@2026-11-23T02:00:00Z#3", "three")


def test_a_bad_line_alone_becomes_a_letter_with_its_place_and_the_rest_is_sent(
    queue: Queue, runs_dead_letter: Queue, fire: Fire, tmp_path: Path
) -> None:
    (tmp_path / "list.jsonl").write_text('"one"\n{oops' + "x" * 5_000 + '\n"three"\n')

    summary = fire(tasks_file="list.jsonl")

    assert sorted(json.loads(m["body"])["text"] for m in queue.receive_all()) == ["one", "three"]
    [dead_letter] = runs_dead_letter.receive_all()
    assert dead_letter["attributes"] == {"kind": "line", "schedule": "s"}
    body = json.loads(dead_letter["body"])
    assert body.pop("reason").startswith("no JSON")
    assert body == {
        "kind": "line",
        "schedule": "s",
        "run": "s@2026-11-23T02:00:00Z",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "file": "list.jsonl",
        "line": 2,
        "start": "{oops" + "x" * 1_019,
    }
    assert (summary["sent"], summary["refused"], summary["requests"]) == (2, 1, 2)


def test_a_letter_of_a_bad_line_is_small_whatever_the_line_is(
    queue: Queue, runs_dead_letter: Queue, fire: Fire, tmp_path: Path
) -> None:
    name = "\N{SNOWMAN}" * 60_000  # each of them six bytes of JSON
    (tmp_path / "list.jsonl").write_text(f'{{"{name}": 1}}\n"two"\n')

    summary = fire(tasks_file="list.jsonl")

    assert (summary["sent"], summary["refused"]) == (1, 1)
    [dead_letter] = runs_dead_letter.receive_all()
    assert len(dead_letter["body"]) < 15_000
    assert json.loads(dead_letter["body"])["reason"].startswith("'\N{SNOWMAN}\N{SNOWMAN}")


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_runs_summary_and_its_line_in_the_log_say_the_same(
    fire: Fire, tmp_path: Path, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    (tmp_path / "list.txt").write_text("".join(f"{number}\n" for number in range(22)))

    summary = fire(tasks_file="list.txt", only=None, cursor={"line": 7, "offset": 12})

    assert summary == {
        "schedule": "s",
        "run": "s@2026-11-23T02:00:00Z",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "sent": 16,
        "refused": 0,
        "requests": 2,
        "continued_at": None,
        "began_at": 7,
        "only": None,
        "reason": None,
        "error": None,
    }
    [line] = log_lines()
    assert (line.pop("message"), line.pop("level")) == ("run", "INFO")
    del line["service"], line["_aws"]
    assert line == {name: value for name, value in summary.items() if value is not None}


class Counting:
    """SQS, which takes everything and sees how many requests come at once."""

    def __init__(self) -> None:
        self._now = 0
        self.most = 0
        self._lock = Lock()
        self.several = Event()

    def send_message_batch(self, **_: object) -> dict[str, Any]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now > 1:
                self.several.set()
        self.several.wait(0.05)
        with self._lock:
            self._now -= 1
        return {}


@pytest.mark.usefixtures("runs_dead_letter")
@pytest.mark.parametrize(("url", "overlap"), [("queue", True), ("queue.fifo", False)])
def test_requests_overlap_but_those_of_a_fifo_queue_or_its_order_would_be_lost(
    fire: Fire, monkeypatch: pytest.MonkeyPatch, url: str, overlap: bool
) -> None:
    counting = Counting()
    monkeypatch.setattr("task_scheduler.aws.sqs", lambda: counting)
    monkeypatch.setenv("QUEUE_URL", url)

    fire(tasks=["x"] * 60)

    assert (counting.most > 1) == overlap


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_run_leaves_one_line_in_the_log_and_nothing_of_the_environment(
    fire: Fire, log_lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-secret")

    fire(tasks=["a"])

    [line] = log_lines()
    assert line["message"] == "run"
    assert (line["schedule"], line["sent"], line["refused"]) == ("s", 1, 0)
    assert "a-secret" not in json.dumps(line)


def test_a_run_fails_when_its_messages_cannot_be_sent(
    runs_dead_letter: Queue, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUEUE_URL", f"{runs_dead_letter.url}-not-there")

    with pytest.raises(ClientError, match="NonExistentQueue"):
        fire(tasks=["a"])


def test_a_fifo_queue_gets_groups_in_order_and_hashed_ids(
    make_queue: Callable[..., Queue],
    runs_dead_letter: Queue,
    fire: Fire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)
    lines = [{"task": "t", "args": {"n": n}, "message_group": "ab"[n % 2]} for n in range(40)]
    (tmp_path / "list.jsonl").write_text("\n".join([*map(json.dumps, lines), '"no group"']))

    fire(tasks_file="list.jsonl")
    fire(tasks_file="list.jsonl")  # the same messages: dropped by their deduplication ids

    groups: dict[str, list[Any]] = {}
    for message in fifo.receive_all():
        body = json.loads(message["body"])
        groups.setdefault(message["system"]["MessageGroupId"], []).append(body.get("args"))
        assert re.fullmatch("[0-9a-f]{64}", message["system"]["MessageDeduplicationId"])
    assert groups == {
        "a": [{"n": n} for n in range(0, 40, 2)],
        "b": [{"n": n} for n in range(1, 40, 2)],
        "s": [None],
    }
    assert runs_dead_letter.receive_all() == []


@pytest.mark.parametrize(("total", "reserve"), [(40.0, 10.0), (120.0, 30.0), (900.0, 30.0)])
def test_a_quarter_of_the_time_is_kept_and_at_most_half_a_minute(
    total: float, reserve: float
) -> None:
    context = Context(total)
    is_time_up = _time_limit(context)  # type: ignore[arg-type]

    context.seconds = reserve
    assert not is_time_up()
    context.seconds = reserve - 0.01
    assert is_time_up()


def test_what_does_not_fit_into_the_time_is_sent_by_further_invocations_with_the_same_ids(
    queue: Queue, runs_dead_letter: Queue, fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    lines = [f"line {number}" if number % 7 else "\udcff" for number in range(1, 101)]
    (tmp_path / "list.txt").write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    chain.events.append({"tasks_file": "list.txt", "scheduled_time": None})

    summaries = []
    while chain.events:
        summaries.append(fire(context=Hurried(looks=31), **chain.events.pop()))

    assert [summary["continued_at"] for summary in summaries] == [31, 61, 91, None]
    assert [summary["began_at"] for summary in summaries] == [None, 31, 61, 91]
    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    assert {body["id"]: body["text"] for body in bodies} == {
        f"s@request-1#{number}": f"line {number}" for number in range(1, 101) if number % 7
    }
    dead_letters = [
        json.loads(dead_letter["body"]) for dead_letter in runs_dead_letter.receive_all()
    ]
    assert sorted(dead_letter["line"] for dead_letter in dead_letters) == list(range(7, 101, 7))


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_chain_that_gets_nowhere_ends_with_the_cure(
    fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("a\nb\n")

    with pytest.raises(InvalidRun, match="no time to reach line 1: raise send_task_timeout"):
        fire(tasks_file="list.txt", context=Hurried(looks=1))
    assert chain.events == []


@pytest.mark.parametrize(("parameter", "goes_on_at"), [("", None), ("cursor", 3)])
def test_a_generator_that_raises_half_way_is_reported_and_what_it_yielded_is_sent(
    queue: Queue,
    runs_dead_letter: Queue,
    fire: Fire,
    write_tasks: Callable[..., Path],
    log_lines: Callable[[], list[dict[str, Any]]],
    parameter: str,
    goes_on_at: int | None,
) -> None:
    write_tasks(
        sources=f"""
            from task_scheduler import task_source

            @task_source("half")
            def half({parameter}):
                yield from ["one", "two"]
                raise OSError("the service went away")
        """
    )

    summary = fire(tasks_source="half")

    reason = "@task_source('half') raised after 2 tasks: OSError: the service went away"
    assert (summary["sent"], summary["refused"]) == (2, 0)
    assert (summary["error"], summary["reason"]) == ("IncompleteRun", reason)
    trouble, run = log_lines()
    assert (trouble["level"], trouble["message"]) == ("ERROR", "run incomplete")
    assert "OSError: the service went away" in trouble["exception"]
    assert (run["message"], run["reason"]) == ("run", reason)
    assert sorted(json.loads(m["body"])["text"] for m in queue.receive_all()) == ["one", "two"]
    [dead_letter] = runs_dead_letter.receive_all()
    assert dead_letter["attributes"] == {"kind": "incomplete", "schedule": "s"}
    assert json.loads(dead_letter["body"]) == {
        "kind": "incomplete",
        "schedule": "s",
        "run": "s@2026-11-23T02:00:00Z",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "only": None,
        "reason": reason,
        "goes_on_at": goes_on_at,
    }


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_run_whose_file_is_missing_fails_and_names_it_in_its_line_of_the_log(
    fire: Fire, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    with pytest.raises(InvalidRun, match=r"tasks_file 'gone\.txt': No such file"):
        fire(tasks_file="gone.txt")
    [line] = log_lines()
    assert (line["message"], line["level"]) == ("run", "ERROR")
    assert (line["schedule"], line["scheduled_time"]) == ("s", "2026-11-23T02:00:00Z")
    assert (line["run"], line["error"]) == ("s@2026-11-23T02:00:00Z", "InvalidRun")
    assert line["reason"] == "tasks_file 'gone.txt': No such file or directory"
