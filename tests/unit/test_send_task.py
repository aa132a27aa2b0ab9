"""send_task on the emulator's queues: every task of a run, a dead letter for each bad line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from task_scheduler.errors import InvalidRun, InvalidSettings, LedgerUnavailable
from task_scheduler.runs.claims import Claims
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.late_records import KIND, SentRecord, read_late_record
from task_scheduler.runs.ledger import Ledger
from task_scheduler.send_task import _time_limit
from tests.unit.conftest import Chain, Context, Fire, Hurried, ProcessEnded, Queue

RUN = RunId.of("s@2026-11-23T02:00:00Z")


def forget_that_it_was_sent(ledger: Ledger) -> None:
    """Leave the ledger as a sender does that dies right before it says how long its list is."""
    ledger.table.update(RUN.item, "REMOVE #total", {})
    ledger.table.update(RUN.chunk(0), "REMOVE #size, #only", {})


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


def test_the_only_task_that_was_asked_for_has_its_usual_id(
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


@pytest.mark.usefixtures("runs_dead_letter", "sqs")
def test_a_task_that_is_sent_again_has_the_number_that_it_had(queue: Queue, fire: Fire) -> None:
    fire(tasks=["one", "two", "three"], only=3, number=2, redrive=1)

    [message] = queue.receive_all()
    assert message["attributes"]["place"] == "s@2026-11-23T02:00:00Z#2"
    assert message["attributes"]["redrive"] == "1"


@pytest.mark.usefixtures("runs_dead_letter")
def test_the_messages_of_a_standard_queue_have_their_schedule_as_group(
    queue: Queue, fire: Fire, tmp_path: Path
) -> None:
    """SQS is fair among groups; what a line says of its own group is for FIFO queues."""
    (tmp_path / "list.jsonl").write_text('{"task": "t", "message_group": "own"}\n"two"\n')

    fire(tasks_file="list.jsonl")

    messages = queue.receive_all()
    assert [message["system"]["MessageGroupId"] for message in messages] == ["s", "s"]
    assert not any("MessageDeduplicationId" in message["system"] for message in messages)


def test_a_bad_line_alone_becomes_a_dead_letter_with_its_number_and_the_rest_is_sent(
    queue: Queue, runs_dead_letter: Queue, fire: Fire, tmp_path: Path
) -> None:
    (tmp_path / "list.jsonl").write_text('"one"\n{oops' + "x" * 5_000 + '\n"three"\n')

    summary = fire(tasks_file="list.jsonl")

    assert sorted(json.loads(m["body"])["text"] for m in queue.receive_all()) == ["one", "three"]
    [dead_letter] = runs_dead_letter.receive_all()
    assert dead_letter["attributes"] == {"kind": "line", "schedule": "s"}
    body = json.loads(dead_letter["body"])
    assert body.pop("reason").startswith("invalid JSON")
    assert body == {
        "kind": "line",
        "schedule": "s",
        "run": "s@2026-11-23T02:00:00Z",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "file": "list.jsonl",
        "line": 2,
        "number": 2,
        "redrive": None,
        "start": "{oops" + "x" * 1_019,
    }
    assert (summary["sent"], summary["refused"], summary["requests"]) == (2, 1, 2)


def test_the_dead_letter_of_a_bad_line_is_small_whatever_the_line_is(
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
def test_the_summary_of_a_run_and_its_line_in_the_log_say_the_same(
    fire: Fire, tmp_path: Path, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    (tmp_path / "list.txt").write_text("".join(f"{number}\n" for number in range(22)))

    summary = fire(tasks_file="list.txt", only=None, cursor={"line": 7, "offset": 12})

    assert summary == {
        "schedule": "s",
        "run": "s@2026-11-23T02:00:00Z",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "claim": "mine",
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
def test_requests_overlap_unless_the_queue_is_fifo(
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


def test_a_fifo_queue_gets_groups_in_order_and_deduplication_ids(
    make_queue: Callable[..., Queue],
    runs_dead_letter: Queue,
    fire: Fire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ledger: Ledger,
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)
    lines = [{"task": "t", "args": {"n": n}, "message_group": "ab"[n % 2]} for n in range(40)]
    (tmp_path / "list.jsonl").write_text("\n".join([*map(json.dumps, lines), '"no group"']))

    fire(tasks_file="list.jsonl")
    forget_that_it_was_sent(ledger)
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


def test_what_does_not_fit_into_the_time_is_sent_by_further_invocations(
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


@pytest.mark.usefixtures("runs_dead_letter")
def test_an_event_that_comes_again_goes_on_where_the_ledger_says(
    queue: Queue, fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("".join(f"line {number}\n" for number in range(1, 41)))
    event = {"tasks_file": "list.txt"}
    fire(context=Hurried(looks=31), **event)

    again = fire(**event)
    late = fire(**chain.events.pop())

    assert (again["began_at"], again["sent"], again["claim"]) == (31, 10, "mine")
    assert (late["sent"], late["claim"]) == (0, "sent")
    assert len(queue.receive_all()) == 40


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_an_event_that_comes_again_writes_the_sizes_that_its_dead_sender_did_not(
    fire: Fire, ledger: Ledger
) -> None:
    fire(tasks=["one", "two"])
    ledger.table.update(RUN.chunk(0), "REMOVE #size, #only", {})

    assert fire(tasks=["one", "two"])["claim"] == "sent"

    chunk = ledger.read(RUN, 0)
    assert (chunk.size, chunk.is_only) == (2, True)


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_run_without_time_for_a_single_line_fails_and_names_the_cure(
    fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("a\nb\n")

    with pytest.raises(InvalidRun, match="no time to reach line 1: raise send_task_timeout"):
        fire(tasks_file="list.txt", context=Hurried(looks=1))
    assert chain.events == []


class Refusing:
    """Lambda, which takes no invocation."""

    def invoke(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke")


def test_the_rest_of_a_list_that_cannot_be_handed_over_is_a_dead_letter_with_its_cursor(
    queue: Queue,
    runs_dead_letter: Queue,
    fire: Fire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Callable[[], list[dict[str, Any]]],
) -> None:
    """Raising would have Lambda send what was sent here twice more."""
    (tmp_path / "list.csv").write_text("city;n\n" + "".join(f"Bern;{n}\n" for n in range(40)))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "send-task")
    monkeypatch.setattr("task_scheduler.aws.lambda_", Refusing)

    summary = fire(tasks_file="list.csv", task="t", context=Hurried(looks=26))

    assert (summary["sent"], summary["continued_at"]) == (25, None)
    assert summary["error"] == "IncompleteRun"
    assert "from line 27 on, could not be handed to another invocation" in summary["reason"]
    assert log_lines()[-1]["reason"] == summary["reason"]
    [dead_letter] = runs_dead_letter.receive_all()
    body = json.loads(dead_letter["body"])
    assert (body["kind"], body["goes_on_at"]) == ("incomplete", 27)

    # while tasks of the run are on the queue still
    fire(tasks_file="list.csv", task="t", cursor=body["cursor"])

    sent = [json.loads(message["body"])["args"]["n"] for message in queue.receive_all()]
    assert sorted(sent, key=int) == [str(n) for n in range(40)]
    assert runs_dead_letter.receive_all() == []


def test_an_event_that_comes_twice_does_not_send_an_incomplete_list_twice(
    queue: Queue,
    runs_dead_letter: Queue,
    fire: Fire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "send-task")
    monkeypatch.setattr("task_scheduler.aws.lambda_", Refusing)
    fire(tasks=["one", "two"], context=Hurried(looks=2))

    summary = fire(tasks=["one", "two"])

    assert (summary["claim"], summary["sent"]) == ("sent", 0)
    assert len(queue.receive_all()) == 1
    assert len(runs_dead_letter.receive_all()) == 1


def test_the_hand_over_has_a_time_limit(
    queue: Queue,
    runs_dead_letter: Queue,
    fire: Fire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hung = Event()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "send-task")
    monkeypatch.setattr(
        "task_scheduler.aws.lambda_", lambda: SimpleNamespace(invoke=lambda **_: hung.wait(60))
    )

    try:
        summary = fire(tasks=["one", "two"], context=Hurried(looks=2))
    finally:
        hung.set()

    assert "TimeoutError" in summary["reason"]
    assert len(runs_dead_letter.receive_all()) == 1
    assert len(queue.receive_all()) == 1


@pytest.mark.usefixtures("queue")
def test_a_file_that_was_replaced_leaves_a_dead_letter_and_no_half_list(
    runs_dead_letter: Queue, fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("a\nb\nc\n")
    fire(tasks_file="list.txt", context=Hurried(looks=2))
    (tmp_path / "list.txt").write_text("x\ny\nz\n")

    summary = fire(**chain.events.pop())

    assert (summary["sent"], summary["began_at"]) == (0, 2)
    assert "was replaced, by a deployment, while its tasks were being sent" in summary["reason"]
    [dead_letter] = runs_dead_letter.receive_all()
    body = json.loads(dead_letter["body"])
    assert (body["kind"], body["goes_on_at"]) == ("incomplete", None)


def test_a_generator_that_yields_in_another_order_at_a_retry_loses_no_task_of_a_fifo_queue(
    make_queue: Callable[..., Queue],
    runs_dead_letter: Queue,
    fire: Fire,
    write_tasks: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    ledger: Ledger,
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)
    folder = write_tasks(
        sources="""
            from pathlib import Path
            from task_scheduler import task_source

            @task_source("moody")
            def moody():
                retry = Path(__file__).with_name("retry").exists()
                for number in reversed(range(40)) if retry else range(25):
                    yield str(number)
        """
    )

    fire(tasks_source="moody")
    forget_that_it_was_sent(ledger)
    (folder / "retry").touch()
    fire(tasks_source="moody")

    sent = {json.loads(message["body"])["text"] for message in fifo.receive_all()}
    assert sent == set(map(str, range(40)))
    assert runs_dead_letter.receive_all() == []


@pytest.mark.usefixtures("queue", "runs_dead_letter")
@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n", "a,b\n,\n"])
def test_a_run_of_an_empty_list_says_0_tasks(
    fire: Fire,
    tmp_path: Path,
    log_lines: Callable[[], list[dict[str, Any]]],
    ledger: Ledger,
    content: str,
) -> None:
    name = "list.csv" if "a" in content else "list.txt"
    (tmp_path / name).write_text(content)

    summary = fire(tasks_file=name)

    assert (summary["sent"], summary["refused"], summary["reason"]) == (0, 0, None)
    [line] = log_lines()
    assert (line["message"], line["sent"], line["refused"]) == ("run", 0, 0)
    item = ledger.table.get(RUN.item)
    assert (item["state"], item["closer"]) == (RunState.SUCCEEDED, Context.aws_request_id)


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


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_why_a_run_failed_is_in_the_ledger_and_its_claim_is_given_up(
    fire: Fire, ledger: Ledger
) -> None:
    with pytest.raises(InvalidRun):
        fire(tasks_file="gone.txt")
    item = ledger.table.get(RUN.item)
    assert item["reason"] == "InvalidRun: tasks_file 'gone.txt': No such file or directory"
    assert "lease" not in item


def refuse(*_: object, **__: object) -> None:
    raise LedgerUnavailable("throttled")


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_run_fails_with_its_own_reason_if_the_ledger_does_not_take_that(
    fire: Fire, log_lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claims, "failed", refuse)
    with pytest.raises(InvalidRun):
        fire(tasks_file="gone.txt")
    _, line = log_lines()
    assert [line[name] for name in ("level", "message", "run", "reason")] == [
        "WARNING", "ledger", RUN.key, "throttled",
    ]  # fmt: skip


@pytest.mark.usefixtures("runs_dead_letter")
def test_the_length_of_a_list_that_the_ledger_does_not_take_is_on_the_queue(
    queue: Queue,
    fire: Fire,
    log_lines: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Ledger, "end_sending", refuse)
    fire(tasks=["one", "two"], notify_on=["failure"])

    line, _ = log_lines()
    assert [line[name] for name in ("level", "message", "run", "reason")] == [
        "WARNING", "ledger", RUN.key, "throttled",
    ]  # fmt: skip
    messages = queue.receive_all()
    assert len(messages) == 3
    [record] = [each for each in messages if each["attributes"].get("kind") == KIND]
    late = read_late_record(record["body"])
    assert isinstance(late, SentRecord)
    assert (late.run, late.total, late.incomplete) == (RUN.key, 2, None)
    assert late.facts["notify_on"] == ["failure"]


@pytest.mark.usefixtures("runs_dead_letter")
def test_what_is_due_later_than_sqs_can_delay_is_left_to_keep_runs(
    queue: Queue, fire: Fire, ledger: Ledger, chain: Chain
) -> None:
    tasks = [str(number) for number in range(30)]

    summary = fire(tasks=tasks, pace="2/minute")

    sent = summary["sent"]
    assert summary["continued_at"] == sent + 1
    assert 28 <= sent < 30
    assert chain.events == []  # nobody is invoked before it is time
    item = ledger.table.get(RUN.item)
    assert item["cursor"]["next_slot"] > ledger.now + 800
    assert 400 < item["due_at"] - ledger.now < 560
    assert "lease" not in item
    event = json.loads(ledger.table.get(RUN.event)["event"])
    assert (event["cursor"]["line"], event["pace"]) == (sent + 1, "2/minute")
    assert len(queue.receive_all()) == 1  # the others are delayed


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_an_event_that_comes_before_it_is_time_waits_on(
    fire: Fire, ledger: Ledger, chain: Chain
) -> None:
    tasks = [str(number) for number in range(40)]
    first = fire(tasks=tasks, pace="2/minute")
    again = fire(tasks=tasks, pace="2/minute")
    assert again["sent"] <= 1
    assert again["continued_at"] - first["continued_at"] == again["sent"]
    assert chain.events == []
    assert "total" not in ledger.table.get(RUN.item)


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_notifying_may_take_half_of_the_time_that_is_left(
    fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def notify(ledger: Ledger, closed: list[Any], *, seconds: Callable[[], float]) -> None:
        assert ledger.table.get(closed[0].run.item)["state"] == RunState.SUCCEEDED
        given.append(seconds())

    monkeypatch.setattr("task_scheduler.notifications.run_digest.notify", notify)
    fire(tasks=[], context=Context(20.0))
    assert given == [10.0]


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_the_ledger_may_take_half_of_the_time_that_is_left(
    fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def call(seconds: float, function: Callable[[], Any]) -> Any:
        given.append(seconds)
        return function()

    monkeypatch.setattr("task_scheduler.sending.ending.call_with_timeout", call)
    fire(Context(20.0), tasks=["one"])
    with pytest.raises(InvalidRun):
        fire(Context(10.0), schedule="other", tasks_file="gone.txt")
    assert given == [10.0, 5.0]


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_claim_outlives_its_invocation_by_five_seconds(
    fire: Fire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise ProcessEnded

    monkeypatch.setattr(Ledger, "end_sending", die)
    begun = ledger.now
    with pytest.raises(ProcessEnded):
        fire(Context(20.0), tasks=["one"])
    assert 25 <= ledger.table.get(RUN.item)["lease"] - begun <= 35


@pytest.mark.parametrize("name", ["QUEUE_URL", "RUNS_DEAD_LETTER_URL"])
def test_a_variable_that_it_cannot_work_without_is_named(
    queue: Queue,
    runs_dead_letter: Queue,
    fire: Fire,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(InvalidSettings, match=name):
        fire(tasks=["one"])
    assert queue.receive_all() == runs_dead_letter.receive_all() == []
