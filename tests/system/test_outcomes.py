"""From a run to every outcome, on the emulator; the tasks themselves are the witnesses."""

from __future__ import annotations

import json

import pytest
from pytest_terraform import tf

from task_scheduler_local.emulator import Emulator
from tests.system.stack import Records, Stack, wait_for

pytestmark = pytest.mark.usefixtures("terraform_root")

tf.terraform("outcomes", scope="module")  # defines the fixture `outcomes`


@pytest.fixture(scope="module")
def stack(emulator: Emulator, outcomes: tf.TerraformTestApi) -> Stack:
    """The root `outcomes`, applied by pytest-terraform."""
    return Stack(outcomes.outputs["names"]["value"], emulator.environment())


def test_a_task_runs_once_when_it_names_no_list(stack: Stack, records: Records) -> None:
    stack.fire(
        schedule="alone", task="record", args={"folder": str(records.folder), "text": "here"}
    )
    assert records.wait(1) == [{"text": "here"}]


def test_each_row_of_a_csv_file_is_a_task(stack: Stack, records: Records) -> None:
    stack.fire(
        schedule="rows", task="row", tasks_file="cities.csv", args={"folder": str(records.folder)}
    )
    assert sorted(records.wait(2), key=lambda record: record["number"]) == [
        {"city": "Taipei", "number": "1"},
        {"city": "Zürich, CH", "number": "2"},
    ]


def test_a_line_that_is_no_task_becomes_a_letter_and_the_rest_is_sent(
    stack: Stack, records: Records
) -> None:
    stack.fire(
        schedule="mixed",
        task="record",
        tasks_file="mixed.jsonl",
        args={"folder": str(records.folder)},
    )
    assert sorted(record["text"] for record in records.wait(2)) == ["one", "three"]
    (dead_letter,) = wait_for(lambda: stack.dead_letters("runs_dead_letter_queue", '"mixed"'))
    told = json.loads(dead_letter["body"])
    assert (dead_letter["kind"], told["file"], told["line"]) == ("line", "mixed.jsonl", 2)
    assert told["start"] == "no task at all {"


def test_a_task_out_of_retries_is_a_dead_letter_with_its_reason(
    stack: Stack, records: Records
) -> None:
    stack.fire(
        schedule="failing",
        task="fail",
        tasks=["Ada"],
        retries=1,
        args={"folder": str(records.folder)},
    )
    (dead_letter,) = wait_for(lambda: stack.dead_letters("tasks_dead_letter_queue", '"failing"'))
    assert records.read() == [{"text": "Ada"}] * 2
    assert (dead_letter["outcome"], dead_letter["error"]) == ("failed", "RuntimeError")
    assert (dead_letter["reason"], dead_letter["attempts"]) == ("no service for Ada", "2")
    assert dead_letter["first_received"] < dead_letter["last_received"]


def test_a_task_that_recovers_is_no_dead_letter(stack: Stack, records: Records) -> None:
    stack.fire(schedule="recovering", task="recover", args={"folder": str(records.folder)})
    assert len(records.wait(2)) == 2
    assert stack.dead_letters("tasks_dead_letter_queue", '"recovering"') == []


def test_a_task_that_nobody_registered_is_a_dead_letter_at_once(stack: Stack) -> None:
    stack.fire(schedule="stranger", task="nobody", tasks=["x"], retries=5)
    (dead_letter,) = wait_for(lambda: stack.dead_letters("tasks_dead_letter_queue", '"stranger"'))
    assert (dead_letter["error"], dead_letter["attempts"]) == ("UnknownTask", "1")
    assert "record" in dead_letter["reason"]


def test_a_task_that_waited_past_its_age_is_not_run(stack: Stack, records: Records) -> None:
    body = {
        "version": 1,
        "id": "late#1",
        "task": "record",
        "args": {"folder": str(records.folder), "text": "too late"},
        "max_age": 1,
    }
    stack.send(json.dumps(body), delay=3)
    (dead_letter,) = wait_for(lambda: stack.dead_letters("tasks_dead_letter_queue", "late#1"))
    assert dead_letter["outcome"] == "expired"
    assert records.read() == []


@pytest.mark.parametrize(
    "body",
    [
        '["a list", "poison-1"]',
        '{"no": "envelope", "x": "poison-2"}',
        '{"version": 99, "id": "poison-3"}',
        '{"version": 1, "id": "poison-4", "task": "record", "args":'
        ' {"x": {"py/reduce": [{"py/function": "posix.system"}, {"py/tuple": ["touch MARK"]}]}}}',
    ],
)
def test_an_unreadable_message_is_a_dead_letter_while_its_neighbours_run(
    stack: Stack, records: Records, body: str
) -> None:
    name = body[body.index("poison") :].partition('"')[0]
    mark = records.folder / "executed"
    stack.send(body.replace("MARK", str(mark)))
    stack.fire(
        schedule="beside",
        task="record",
        tasks=["1", "2", "3"],
        args={"folder": str(records.folder)},
    )
    assert sorted(record["text"] for record in records.wait(3)) == ["1", "2", "3"]
    (dead_letter,) = wait_for(lambda: stack.dead_letters("tasks_dead_letter_queue", name))
    assert dead_letter["outcome"] == "unreadable"
    assert dead_letter["reason"]
    assert dead_letter["body"] == body.replace("MARK", str(mark))
    assert not mark.exists()


def test_a_run_that_send_task_fails_at_ends_in_the_runs_queue(stack: Stack) -> None:
    stack.fire(schedule="broken", tasks_file="nowhere.txt")
    (dead_letter,) = wait_for(lambda: stack.dead_letters("runs_dead_letter_queue", "nowhere.txt"))
    told = json.loads(dead_letter["body"])
    assert told["requestPayload"]["schedule"] == "broken"
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert "nowhere.txt" in told["responsePayload"]["errorMessage"]


def test_a_schedule_fires_and_its_tasks_run_with_their_texts_untouched(
    stack: Stack, scheduled: Records
) -> None:
    texts = {record["text"] for record in scheduled.wait(2)}
    assert texts == {'<first> & "second"', "zweite Aufgabe: größer"}
    assert stack.dead_letters("runs_dead_letter_queue", '"minutely"') == []
