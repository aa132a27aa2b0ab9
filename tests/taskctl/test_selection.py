"""Dead letters that are meant: by ids, by what they say; and discarding them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from task_scheduler_local.leftovers import client
from taskctl.dead_letters.selection import _resolve
from taskctl.errors import TaskctlError
from tests.taskctl.conftest import Call
from tests.taskctl.ledger import Recorded

Add = Callable[..., str]


@pytest.fixture
def add(recorded: Recorded) -> Add:
    """Make a stack's queues, and return what adds a dead letter of a task."""
    sqs = client("sqs", recorded.aws)
    urls = {
        name: sqs.create_queue(QueueName=f"{recorded.prefix}-{name}")["QueueUrl"]
        for name in ("tasks", "tasks-dead-letter", "runs-dead-letter")
    }

    def add(run: str, number: int = 1, reason: str = "broken", **attributes: str) -> str:
        schedule = run.partition("@")[0]
        body = {"version": 1, "id": f"{run}#{number}", "schedule": schedule, "text": "x"}
        texts = {
            "outcome": "failed", "reason": reason, "schedule": schedule,
            "place": f"{run}#{number}", **attributes,
        }  # fmt: skip
        sent = sqs.send_message(
            QueueUrl=urls["tasks-dead-letter"],
            MessageBody=json.dumps(body),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": text} for name, text in texts.items()
            },
        )
        return str(sent["MessageId"])

    return add


def sent(recorded: Recorded) -> list[dict[str, str]]:
    """Return the attributes of what is on the task queue."""
    sqs = client("sqs", recorded.aws)
    url = sqs.get_queue_url(QueueName=f"{recorded.prefix}-tasks")["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        for message in answer.get("Messages", [])
    ]


def shown(call: Call, *arguments: str) -> list[str]:
    return [row["run"] for row in call("failed", *arguments, "--json").json]


def test_filters_choose_by_schedule_reason_and_age(call: Call, add: Add) -> None:
    add("nightly@1", reason="Timeout: too slow")
    add("nightly@2")
    add("hourly@1", reason="timeout")

    assert sorted(shown(call)) == ["hourly@1", "nightly@1", "nightly@2"]
    assert shown(call, "--schedule", "hourly") == ["hourly@1"]
    assert sorted(shown(call, "--reason", "TIMEOUT")) == ["hourly@1", "nightly@1"]
    assert shown(call, "--schedule", "nightly", "--reason", "timeout") == ["nightly@1"]
    assert len(shown(call, "--since", "1h")) == 3
    done = call("failed", "--schedule", "nothing")
    assert (done.out, done.err) == ("No such dead letters.\n", "")


def test_what_is_redriven_by_a_filter_is_that_alone(
    recorded: Recorded, call: Call, add: Add
) -> None:
    add("nightly@1", 7)
    add("hourly@1")

    assert call("redrive", "--schedule", "nightly", "--yes").out == "Sent again: 1 task.\n"

    assert sent(recorded) == [{"place": "nightly@1#7", "redrive": "1"}]
    assert shown(call) == ["hourly@1"]


@pytest.mark.parametrize(("redrive", "next_one"), [("1", "2"), ("41", "42"), ("no", "1")])
def test_each_redrive_is_counted(
    recorded: Recorded, call: Call, add: Add, redrive: str, next_one: str
) -> None:
    add("nightly@1", redrive=redrive)
    call("redrive", "--yes")
    assert sent(recorded) == [{"place": "nightly@1#1", "redrive": next_one}]


def test_what_was_sent_again_too_often_for_the_ledger_stays(
    recorded: Recorded, call: Call, add: Add
) -> None:
    add("nightly@1", redrive="63")
    sqs = client("sqs", recorded.aws)
    line = {"kind": "line", "schedule": "nightly", "run": "nightly@1", "line": 7, "number": 3,
            "redrive": 63, "reason": "broken"}  # fmt: skip
    runs = sqs.get_queue_url(QueueName=f"{recorded.prefix}-runs-dead-letter")["QueueUrl"]
    sqs.send_message(QueueUrl=runs, MessageBody=json.dumps(line))

    done = call("redrive", "--yes")

    assert (done.code, done.out, sent(recorded)) == (1, "Sent again: nothing.\n", [])
    assert done.err.count("it was sent again 63 times") == 2


def test_who_redrove_a_run_and_why_is_noted_in_it(recorded: Recorded, call: Call, add: Add) -> None:
    run = recorded.ran("nightly@2026-11-23T02:00:00Z", failed=1)
    add(run.key)
    add("unknown@2026-11-23T02:00:00Z")

    assert call("redrive", "--yes", "--why", "fixed").code == 0

    item = recorded.table.get(run.item)
    assert (item["redriven_why"], item["redriven_by"][:8]) == ("fixed", "arn:aws:")
    assert item["due_at"] > item["redriven"]  # keep_runs looks whether that corrects it
    assert recorded.table.get(("S#unknown", "R#2026-11-23T02:00:00Z")) == {}


def test_retry_takes_the_last_run_of_a_schedule_and_no_other(
    recorded: Recorded, call: Call, add: Add
) -> None:
    for hour in ("01", "02"):
        add(recorded.ran(f"nightly@2026-11-23T{hour}:00:00Z", failed=1).key)

    assert call("retry", "nightly", "--yes").out == "Sent again: 1 task.\n"

    assert [one["place"] for one in sent(recorded)] == ["nightly@2026-11-23T02:00:00Z#1"]


def test_the_beginning_of_an_id_is_enough_if_only_one_has_it(call: Call, add: Add) -> None:
    ids = [add("nightly@1"), add("nightly@2")]
    short = next(n for n in range(1, 36) if ids[0][:n] != ids[1][:n])

    assert call("discard", ids[0][:short], "--yes").out == "Discarded: 1 task.\n"

    assert shown(call) == ["nightly@2"]


def test_a_beginning_of_several_ids_names_them() -> None:
    known = ["12345678-a", "12399999-b", "f0000000-c"]
    assert _resolve("f", known) == "f0000000-c"
    with pytest.raises(TaskctlError, match="'123' is the beginning of several ids: 12345678, 1239"):
        _resolve("123", known)
    with pytest.raises(TaskctlError, match="no dead letter 7"):
        _resolve("7", known)


@pytest.mark.parametrize("arguments", [(), ("--all", "--schedule", "x")])
def test_discard_must_be_told_what(call: Call, add: Add, arguments: tuple[str, ...]) -> None:
    add("nightly@1")
    done = call("discard", *arguments, "--yes")
    assert (done.code, len(shown(call))) == (2, 1)
    assert "name dead letters, by ids or by options, or --all" in done.err


def test_discard_deletes_and_says_how_many(call: Call, add: Add) -> None:
    add("nightly@1")
    add("nightly@2")
    done = call("discard", "--all", "--yes", "--json")
    assert done.json == {"discarded": {"task": 2}, "missing": []}
    assert shown(call) == []
    done = call("discard", "--all", "--yes")
    assert (done.code, done.out) == (0, "Discarded: nothing.\n")


def test_an_id_that_no_dead_letter_has_is_named_and_the_others_are_discarded(
    call: Call, add: Add
) -> None:
    id_ = add("nightly@1")
    done = call("discard", id_[:8], "00000000", "--yes")
    assert (done.code, done.out) == (2, "Discarded: 1 task.\n")
    assert done.err == "taskctl: no dead letter 00000000; `taskctl failed` lists them\n"


def test_a_ledger_that_is_gone_stops_no_redrive(recorded: Recorded, call: Call, add: Add) -> None:
    add("nightly@1")
    recorded.dynamodb.delete_table(TableName=f"{recorded.prefix}-ledger")
    done = call("redrive", "--yes")
    assert (done.code, done.out) == (0, "Sent again: 1 task.\n")
    assert done.err.startswith("The ledger does not know who sent them: no table ")
