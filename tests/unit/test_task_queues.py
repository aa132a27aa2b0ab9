"""Workers: each has a queue, and a run or a line of its list names the one that its tasks go to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import InvalidRun, NotSent
from task_scheduler.queue.message import Message
from task_scheduler.queue.sending import Entry, Sender
from task_scheduler.runs.recorder import Recorder
from task_scheduler.runs.run import Run
from task_scheduler.sending.sent_list import SentList, send_list
from task_scheduler.sending.task_queues import TaskQueues
from task_scheduler.task_list.csv_tasks import Header, read_tasks
from task_scheduler.task_list.listed import ListedTask, read_value
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.task_list.text_lines import Line
from tests.unit.conftest import Queue

MakeQueue = Callable[..., Queue]


class NoLedger:
    """Takes the ends of refused lines."""

    has_pending = False

    def __init__(self) -> None:
        self.recorded: list[object] = []

    def add(self, *end: object, **_: object) -> None:
        self.recorded.append(end)

    def flush(self) -> None:
        pass


def send(settings: Settings, folder: Path, **attributes: object) -> SentList:
    event = {"version": 1, "schedule": "s", "scheduled_time": "2026-11-23T02:00:00Z", "task": "t"}
    run = Run.from_event(event | attributes, request_id="r")
    recorder: Recorder = NoLedger()  # type: ignore[assignment]
    task_list = TaskList(run, folder, lambda: False)
    return send_list(run, task_list, settings, recorder, numbered=0, is_resent=False)


def bodies(queue: Queue) -> list[dict[str, object]]:
    return [json.loads(message["body"]) for message in queue.receive_all()]


@pytest.fixture
def queues(make_queue: MakeQueue) -> dict[str, Queue]:
    return {
        "default": make_queue(),
        "big": make_queue(),
        "ordered": make_queue(".fifo", FifoQueue="true"),
        "dead": make_queue(),
    }


@pytest.fixture
def settings(queues: dict[str, Queue]) -> Settings:
    return Settings(
        queue_url=queues["default"].url,
        worker_queues={name: queues[name].url for name in ("big", "ordered")},
        runs_dead_letter_url=queues["dead"].url,
    )


def test_the_tasks_of_a_run_go_to_the_worker_that_it_names(
    settings: Settings, queues: dict[str, Queue], tmp_path: Path
) -> None:
    sent = send(settings, tmp_path, tasks=["a", "b"], worker="big")

    assert [body["worker"] for body in bodies(queues["big"])] == ["big", "big"]
    assert bodies(queues["default"]) == []
    assert (sent.tasks.entries, sent.tasks.requests) == (2, 1)


def test_a_line_names_a_worker_of_its_own(
    settings: Settings, queues: dict[str, Queue], tmp_path: Path
) -> None:
    lines = ['"plain"', '{"args": {"n": 1}, "worker": "big"}', '{"worker": "ordered"}']
    (tmp_path / "list.jsonl").write_text("\n".join([*lines, '{"worker": "default"}']))

    send(settings, tmp_path, tasks_file="list.jsonl")

    assert sorted(str(body.get("worker")) for body in bodies(queues["default"])) == [
        "None",
        "default",
    ]
    assert [body["worker"] for body in bodies(queues["big"])] == ["big"]
    (ordered,) = queues["ordered"].receive_all()
    assert ordered["system"]["MessageGroupId"] == "s"


def test_a_line_that_names_a_worker_that_is_not_there_is_refused_and_the_rest_is_sent(
    settings: Settings, queues: dict[str, Queue], tmp_path: Path
) -> None:
    (tmp_path / "list.jsonl").write_text('{"worker": "huge"}\n"fine"\n')

    sent = send(settings, tmp_path, tasks_file="list.jsonl")

    assert sent.refused == 1
    (dead,) = bodies(queues["dead"])
    assert (dead["line"], dead["reason"]) == (
        1,
        "worker 'huge': must be one of big, default, ordered",
    )
    assert len(bodies(queues["default"])) == 1


def test_a_run_whose_worker_is_not_there_fails_and_sends_nothing(
    settings: Settings, queues: dict[str, Queue], tmp_path: Path
) -> None:
    with pytest.raises(InvalidRun, match=r"^worker 'huge': must be one of big, default, ordered$"):
        send(settings, tmp_path, tasks=["a"], worker="huge")
    assert bodies(queues["default"]) == []


def test_a_csv_column_and_a_generated_dict_name_workers() -> None:
    row, other = read_tasks(
        iter([Line(2, 0, b"a,big", 6), Line(3, 6, b"b,", 3)]), Header(["name", "worker"])
    )
    value = read_value({"task": "t", "worker": "big"}, 1, 0, "source")

    assert isinstance(row, ListedTask)
    assert (row.worker, dict(row.args)) == ("big", {"name": "a"})
    assert isinstance(other, ListedTask)
    assert other.worker is None
    assert isinstance(value, ListedTask)
    assert value.worker == "big"


def test_what_one_queue_does_not_take_is_raised_and_the_others_are_sent(
    settings: Settings, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send_batch(sender: Sender, batch: list[Entry]) -> None:
        if sender.queue_url == queues["big"].url:
            sender._failure = NotSent("1 of 1 messages")
        else:
            sent.append(sender.queue_url)
        sender._free.release()

    monkeypatch.setattr(Sender, "_send", send_batch)

    with pytest.raises(NotSent), TaskQueues(settings) as task_queues:
        task_queues.put("big", Entry("a"))
        task_queues.put(None, Entry("b"))
    assert sent == [queues["default"].url]


def test_where_the_list_breaks_off_what_is_not_sent_yet_stays_unsent(
    settings: Settings, queues: dict[str, Queue]
) -> None:
    with pytest.raises(OSError, match="broken"), TaskQueues(settings) as task_queues:
        task_queues.put("big", Entry("a"))
        raise OSError("broken")
    assert queues["big"].receive_all() == []


def test_the_worker_travels_in_the_message_for_whoever_sends_it_again() -> None:
    message = Message(id="s@t#1", text="a", worker="big")

    assert Message.decode(message.encode(), sqs_id="x") == message
