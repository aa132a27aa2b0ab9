"""List dead letters and send them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer

from task_scheduler.queue import sending
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from taskctl import aws
from taskctl.commands.redrive import redrive
from tests.system.stack import wait_for
from tests.taskctl.conftest import Applied, Operate, Taskctl
from tests.taskctl.ledger import make_table

Read = Callable[..., Any]


def dead_letters(read: Read, **wanted: str) -> list[dict[str, Any]]:
    """Return the dead letters that `failed` lists, with these values."""
    return [
        dead_letter
        for dead_letter in read("failed")
        if all(dead_letter[name] == value for name, value in wanted.items())
    ]


def await_run(read: Read, schedule: str, key: str, **expected: Any) -> dict[str, Any]:
    """Wait until a run has these values, and return it."""

    def find() -> list[dict[str, Any]]:
        return [
            run
            for run in read("runs", schedule, "--since", "2000-01-01")
            if run["run"] == key and expected.items() <= run.items()
        ]

    (found,) = wait_for(find)
    return found


def test_a_failed_task_is_listed_and_succeeds_when_redriven_after_a_fix(
    needed: Path, operate: Operate, read: Read
) -> None:
    run = read("run", "needy", "--task", "2", "--yes")
    assert (run["state"], run["failed"]) == ("failed", 1)
    (dead_letter,) = dead_letters(read, run=run["run"])
    assert dead_letter["what"] == "#2 need “beta”"
    assert dead_letter["reason"] == "FileNotFoundError: there is no beta"
    assert (dead_letter["kind"], dead_letter["outcome"], dead_letter["attempts"]) == (
        "task",
        "failed",
        1,
    )
    assert dead_letter["run"] == run["run"]
    assert "#2 need “beta”" in operate("failed").stdout

    (needed / "beta").touch()
    done = operate("redrive", dead_letter["id"], "--yes", "--why", "there is a beta now")

    assert (done.returncode, done.stdout) == (0, "Sent again: 1 task.\n"), done.stderr
    corrected = await_run(read, "needy", run["run"], state="succeeded", failed=0, total=1)
    (task,) = read("show", run["run"])["tasks"]
    assert (task["reason"], task["error"]) == (None, None)
    assert (corrected["redriven_why"], corrected["redriven_by"][:8]) == (
        "there is a beta now",
        "arn:aws:",
    )
    assert not dead_letters(read, run=run["run"])
    assert ": there is a beta now" in operate("runs").stdout


def test_retry_sends_the_failed_tasks_of_one_run_again(
    needed: Path, operate: Operate, read: Read
) -> None:
    other = read("run", "needy", "--task", "1", "--yes")["run"]
    run = read("run", "needy", "--task", "3", "--yes")["run"]
    (needed / "gamma").touch()
    done = operate("retry", run, "--yes")

    assert (done.returncode, done.stdout) == (0, "Sent again: 1 task.\n"), done.stderr
    await_run(read, "needy", run, state="succeeded")
    assert [letter["run"] for letter in dead_letters(read, run=other)] == [other]
    done = operate("retry", run, "--yes")
    assert done.returncode == 2
    assert done.stderr == f"taskctl: nothing of {run} is a dead letter; the run is succeeded\n"
    assert operate("discard", "--schedule", "needy", "--yes").returncode == 0
    assert not dead_letters(read, run=other)


def test_a_task_that_fails_again_keeps_its_place_and_may_be_sent_once_more(
    needed: Path, operate: Operate, read: Read
) -> None:
    run = read("run", "needy", "--task", "1", "--yes")["run"]
    for _ in range(2):
        (letter,) = dead_letters(read, run=run)
        assert operate("retry", run, "--yes").returncode == 0
        _await_another(read, run, letter["id"])
    (needed / "alpha").touch()
    assert operate("retry", run, "--yes").returncode == 0
    await_run(read, "needy", run, state="succeeded", failed=0)


def _ids(found: list[dict[str, Any]]) -> list[str]:
    return [letter["id"] for letter in found]


def test_redriving_a_line_reads_it_again_and_sends_it_alone(
    applied: Applied, operate: Operate, read: Read
) -> None:
    known = {dead_letter["id"] for dead_letter in dead_letters(read, schedule="lines")}

    def new() -> list[dict[str, Any]]:
        return [
            dead_letter
            for dead_letter in dead_letters(read, schedule="lines")
            if dead_letter["id"] not in known
        ]

    done = operate("run", "lines", "--yes")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("lines: failed, 1 of 3 tasks failed")
    (dead_letter,) = new()
    known.add(dead_letter["id"])
    assert (dead_letter["kind"], dead_letter["what"]) == ("line", "line 2 of lines.jsonl")
    assert "'arguments': no such attribute" in dead_letter["reason"]

    assert operate("redrive", dead_letter["id"], "--yes").stdout == "Sent again: 1 line.\n"

    # it still is no task, so it comes back, and nothing else with it
    (dead_letter,) = wait_for(new)
    known.add(dead_letter["id"])
    assert operate("retry", dead_letter["run"], "--yes").stdout == "Sent again: 1 line.\n"
    assert len(wait_for(new)) == 1
    (run,) = [run for run in read("runs", "lines") if run["run"] == dead_letter["run"]]
    assert (run["total"], run["failed"]) == (3, 1)


def test_redriving_an_incomplete_list_continues_it(operate: Operate, read: Read) -> None:
    run = read("run", "half", "--yes")
    assert (run["state"], run["total"]) == ("incomplete", 2)
    (dead_letter,) = dead_letters(read, schedule="half")
    assert (dead_letter["kind"], dead_letter["outcome"], dead_letter["what"]) == (
        "run",
        "incomplete",
        "from #3",
    )

    assert operate("redrive", dead_letter["id"], "--yes").stdout == "Sent again: 1 run.\n"

    await_run(read, "half", run["run"], state="succeeded", total=3)
    assert not dead_letters(read, schedule="half")


def test_redriving_a_failed_run_invokes_send_task_again(
    applied: Applied, operate: Operate, read: Read
) -> None:
    client("lambda", applied.aws).invoke(
        FunctionName="operated-send-task",
        InvocationType="Event",
        Payload=json.dumps(
            {"version": 1, "schedule": "nightly", "scheduled_time": "2026-01-01T00:00:00Z",
             "tasks_file": "nowhere.txt"}
        ),
    )  # fmt: skip
    (dead_letter,) = wait_for(lambda: dead_letters(read, what="due 2026-01-01T00:00:00Z"))
    assert (dead_letter["outcome"], dead_letter["schedule"]) == ("failed", "nightly")
    assert "nowhere.txt" in dead_letter["reason"]

    assert operate("redrive", dead_letter["id"], "--yes").returncode == 0

    (again,) = wait_for(lambda: dead_letters(read, what="due 2026-01-01T00:00:00Z"))
    assert again["id"] != dead_letter["id"]


def test_an_unknown_id_is_an_error_and_sends_nothing(operate: Operate) -> None:
    done = operate("redrive", "00000000", "--yes")
    assert (done.returncode, done.stdout) == (2, "Sent again: nothing.\n")
    assert done.stderr == "taskctl: no dead letter 00000000; `taskctl failed` lists them\n"


def test_nothing_is_sent_without_confirmation(operate: Operate) -> None:
    done = operate("redrive")
    assert done.returncode == 2
    assert "--yes" in done.stderr


def make_dead_letters(emulator: Emulator, *texts: str, fifo: bool = False) -> str:
    """Make the parts of a stack that dead letters need, and dead letters with these texts.

    Returns:
        Its prefix.
    """
    prefix = f"dead-{uuid4().hex[:8]}"
    sqs = client("sqs", emulator.environment())
    client("scheduler", emulator.environment()).create_schedule_group(Name=prefix)
    make_table(client("dynamodb", emulator.environment()), f"{prefix}-ledger")
    sqs.create_queue(QueueName=f"{prefix}-runs-dead-letter")
    for name in ("tasks", "tasks-dead-letter"):
        queue = sqs.create_queue(
            QueueName=f"{prefix}-{name}{'.fifo' if fifo else ''}",
            Attributes={"FifoQueue": "true"} if fifo else {},
        )["QueueUrl"]
    for number, text in enumerate(texts, start=1):
        body = json.dumps({"version": 1, "id": f"s@t#{number}", "text": text})
        ordered = {"MessageGroupId": "mine", "MessageDeduplicationId": str(number)}
        sqs.send_message(QueueUrl=queue, MessageBody=body, **(ordered if fifo else {}))
    return prefix


def test_unreadable_dead_letters_stay_and_the_rest_is_sent(
    emulator: Emulator, taskctl: Taskctl
) -> None:
    aws = emulator.environment()
    prefix = make_dead_letters(emulator, "delta")
    sqs = client("sqs", aws)
    queue = sqs.get_queue_url(QueueName=f"{prefix}-tasks-dead-letter")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody='{"version": 99}')

    def listed() -> dict[str, str]:
        found = taskctl("failed", "--prefix", prefix, "--json", environment=aws)
        return {each["outcome"]: each["id"] for each in json.loads(found.stdout)}

    before = listed()
    assert before.keys() == {"died", "unreadable"}

    done = taskctl("redrive", "--yes", "--prefix", prefix, environment=aws)

    assert (done.returncode, done.stdout) == (1, "Sent again: 1 task.\n")
    assert f"{before['unreadable']} stays where it is: unreadable" in done.stderr
    assert listed() == {"unreadable": before["unreadable"]}
    tasks = sqs.get_queue_url(QueueName=f"{prefix}-tasks")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=tasks)["Messages"]
    assert json.loads(message["Body"])["text"] == "delta"


def test_redriven_fifo_tasks_keep_group_and_order(emulator: Emulator, taskctl: Taskctl) -> None:
    # SQS hands out ten of a group, and the next when those are deleted
    prefix = make_dead_letters(emulator, *["x"] * 12, fifo=True)

    done = taskctl("redrive", "--yes", "--prefix", prefix, environment=emulator.environment())

    assert (done.returncode, done.stdout) == (0, "Sent again: 12 tasks.\n"), done.stderr
    sqs = client("sqs", emulator.environment())
    queue = sqs.get_queue_url(QueueName=f"{prefix}-tasks.fifo")["QueueUrl"]
    received = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
    )["Messages"]
    assert {message["Attributes"]["MessageGroupId"] for message in received} == {"mine"}
    assert [json.loads(message["Body"])["id"].rpartition("#")[2] for message in received] == [
        str(number) for number in range(1, 11)
    ]


def test_a_misshapen_dead_letter_hides_no_other_and_stays(
    emulator: Emulator, taskctl: Taskctl
) -> None:
    prefix = make_dead_letters(emulator, "one")
    sqs = client("sqs", emulator.environment())
    runs = sqs.get_queue_url(QueueName=f"{prefix}-runs-dead-letter")["QueueUrl"]
    for body in ('{"version": 1, "schedule": "x", "scheduled_time": 5}', "[" * 100_000):
        sqs.send_message(QueueUrl=runs, MessageBody=body)

    done = taskctl("failed", "--json", "--prefix", prefix, environment=emulator.environment())
    assert sorted(row["kind"] for row in json.loads(done.stdout)) == ["task", "unknown", "unknown"]
    done = taskctl("redrive", "--yes", "--prefix", prefix, environment=emulator.environment())
    assert (done.returncode, done.stdout) == (1, "Sent again: 1 task.\n")
    assert done.stderr.count("stays where it is: unknown: ") == 2


def test_a_task_with_registered_objects_is_sent_again_unread(
    emulator: Emulator, taskctl: Taskctl
) -> None:
    prefix = make_dead_letters(emulator)
    sqs = client("sqs", emulator.environment())
    urls = {
        name: sqs.get_queue_url(QueueName=f"{prefix}-{name}")["QueueUrl"]
        for name in ("tasks", "tasks-dead-letter")
    }
    args = {"at": {"py/object": "mine.Point", "x": 1}}
    body = json.dumps({"version": 1, "id": "s@t#1", "task": "go", "args": args})
    sqs.send_message(QueueUrl=urls["tasks-dead-letter"], MessageBody=body)

    done = taskctl("redrive", "--yes", "--prefix", prefix, environment=emulator.environment())

    assert (done.returncode, done.stdout) == (0, "Sent again: 1 task.\n"), done.stderr
    (message,) = sqs.receive_message(QueueUrl=urls["tasks"])["Messages"]
    assert json.loads(message["Body"])["args"] == args


def test_failed_explains_why_dead_letters_are_not_shown(
    emulator: Emulator, taskctl: Taskctl
) -> None:
    def noted(prefix: str, *arguments: str) -> str:
        done = taskctl("failed", "--prefix", prefix, *arguments, environment=emulator.environment())
        assert done.returncode == 0
        return done.stderr

    prefix = make_dead_letters(emulator, *["x"] * 12, fifo=True)
    assert noted(prefix) == (
        "About 2 more are not shown: SQS hands out ten of a message group, and others once those "
        "are redriven.\n"
    )
    prefix = make_dead_letters(emulator, "one", "two")
    assert noted(prefix, "-n", "1") == "About 1 more is not shown: -n shows more.\n"
    assert noted(prefix) == ""
    sqs = client("sqs", emulator.environment())
    queue = sqs.get_queue_url(QueueName=f"{prefix}-tasks-dead-letter")["QueueUrl"]
    sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)
    assert "another command may hold them" in noted(prefix)


Requests = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def requests(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    """Record the requests to SQS in this process: operations with their parameters.

    A message with the text "refused" is refused.
    """
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sending, "MAX_ATTEMPTS", 1)
    aws.client.cache_clear()
    asked: Requests = []

    def remember(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.append((model.name, params))

    def refuse(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        entries = asked[-1][1]["Entries"]
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
            for entry in entries
            if '"refused"' in entry["MessageBody"]
        ]
        answer = type("Answer", (), {"status_code": 200})()
        return (answer, {"Successful": [], "Failed": failed}) if failed else None

    events = aws.client("sqs").meta.events
    events.register("provide-client-params.sqs.*", remember)
    events.register("before-call.sqs.SendMessageBatch", refuse)
    yield asked
    aws.client.cache_clear()


def test_dead_letters_are_sent_one_by_one_each_deleted_before_the_next(
    emulator: Emulator, requests: Requests
) -> None:
    large = "x" * 100_000  # three of them are more than SQS takes in one request
    prefix = make_dead_letters(emulator, large, large, large)

    redrive(prefix=prefix, yes=True)

    steps = [name for name, _ in requests if name in ("SendMessageBatch", "DeleteMessage")]
    assert steps == ["SendMessageBatch", "DeleteMessage"] * 3
    for name, parameters in requests:
        if name == "SendMessageBatch":
            bodies = [entry["MessageBody"] for entry in parameters["Entries"]]
            assert sum(map(len, bodies)) <= sending.MAX_BYTES


def test_a_dead_letter_that_sqs_refuses_stays(
    emulator: Emulator, requests: Requests, capsys: pytest.CaptureFixture[str]
) -> None:
    prefix = make_dead_letters(emulator, "one", "refused", "two")

    with pytest.raises(typer.Exit):
        redrive(prefix=prefix, yes=True)

    done = capsys.readouterr()
    assert done.out == "Sent again: 2 tasks.\n"
    assert done.err.count("stays where it is: ") == 1
    assert "InternalError" in done.err


def _await_another(read: Read, run: str, known: str) -> None:
    wait_for(lambda: {*_ids(dead_letters(read, run=run))} - {known})
