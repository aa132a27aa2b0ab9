"""The part of a list that an invocation sends: its messages, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler.errors import IncompleteRun, LedgerUnavailable
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.queue.place import Place
from task_scheduler.queue.sending import Entry
from task_scheduler.runs.chunk import Mark
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.sending import sent_list
from task_scheduler.sending.sent_list import RECORDED_AT_ONCE, SentList, send_list
from task_scheduler.task_list.listed import ListedTask, Refused
from tests.unit.conftest import Log

RUN = Run(key="s@t", schedule="s", task="t", tasks_file="list.jsonl")


@dataclass
class Queues:
    """Takes messages for the workers `default` and `ordered`, and dead letters."""

    put_to: list[tuple[str | None, Entry]] = field(default_factory=list)
    dead: list[Entry] = field(default_factory=list)
    recorded: list[tuple[Any, ...]] = field(default_factory=list)
    flushed_after: list[int] = field(default_factory=list)
    entries = 0
    requests = 0
    has_pending = False

    def __enter__(self) -> Queues:
        return self

    def __exit__(self, *_: object) -> None:
        """Send nothing."""

    def problem(self, worker: str | None) -> str | None:
        return f"worker {worker!r}: must be ordered" if worker == "huge" else None

    def url(self, worker: str | None) -> str:
        return "https://queue.fifo" if worker == "ordered" else "https://queue"

    def put(self, *given: Any) -> None:
        if len(given) == 1:
            self.dead.append(given[0])
        else:
            self.put_to.append(given)

    def add(self, mark: Mark, place: Place, *, body: str, kept: KeptEnd) -> None:
        self.recorded.append((mark, place, body, kept))

    def flush(self) -> None:
        self.flushed_after.append(len(self.recorded))


@pytest.fixture
def queues() -> Queues:
    return Queues()


def sent(queues: Queues, run: Run = RUN, *, number: int = 0, **facts: Any) -> SentList:
    made = cast("Any", queues)
    known: dict[str, Any] = {"attributes": {}, **facts}
    return SentList(run, made, made, made, number=number, **known)


def listed(number: int = 1, **facts: Any) -> ListedTask:
    return ListedTask(number, 0, "source", **{"text": f"text {number}", **facts})


def test_a_message_has_its_number_its_schedule_as_group_and_its_delay(queues: Queues) -> None:
    pacer = cast("Any", SimpleNamespace(take=lambda: 7))
    made = sent(queues, number=4, attributes={"resent": "yes"}, pacer=pacer)
    made.put(listed(9))

    [(worker, entry)] = queues.put_to
    assert worker is None
    assert json.loads(entry.body)["id"] == "s@t#9"
    assert entry == Entry(
        entry.body, {"resent": "yes", "place": "s@t#5"}, message_group="s", delay=7
    )
    assert (made.number, made.refused) == (5, 0)


def test_a_message_of_an_ordered_queue_has_a_group_and_no_delay(queues: Queues) -> None:
    pacer = cast("Any", SimpleNamespace(take=lambda: 7))
    made = sent(queues, pacer=pacer)
    made.put(listed(1, worker="ordered"))
    made.put(listed(2, worker="ordered", message_group="own"))

    (worker, first), (_, second) = queues.put_to
    assert worker == "ordered"
    assert first == Entry(
        first.body,
        {"place": "s@t#1"},
        message_group="s",
        deduplication_id=deduplication_id("s@t#1", first.body),
    )
    assert (second.message_group, second.delay) == ("own", 0)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ({"tasks_file": "list.jsonl"}, "list.jsonl"),
        ({"tasks_s3_uri": "s3://b/list.jsonl"}, "s3://b/list.jsonl"),
        ({"tasks_source": "pages"}, "pages"),
        ({"tasks": ["x"]}, "tasks"),
    ],
)
def test_a_refused_line_is_a_dead_letter_and_an_end(
    queues: Queues, source: dict[str, Any], name: str
) -> None:
    made = sent(queues, Run(key="s@t", schedule="s", redrive=2, **source), number=4)
    made.put(Refused(9, "invalid JSON", b"\xff{"))

    [dead] = queues.dead
    body = json.loads(dead.body)
    assert (body["line"], body["number"], body["reason"]) == (9, 5, "invalid JSON")
    kept = KeptEnd(id=f"{name}, line 9", reason="invalid JSON", error="InvalidLine")
    assert queues.recorded == [(Mark.BAD, Place("s@t", 5, 2), "\ufffd{", kept)]
    assert (made.refused, made.number, queues.put_to) == (1, 5, [])


def test_a_task_that_cannot_be_sent_is_refused_too(queues: Queues) -> None:
    made = sent(queues)
    made.put(listed(1, worker="huge"))
    made.put(listed(2, text="x" * 300_000))
    made.put(listed(3))

    assert (made.refused, made.number, len(queues.put_to)) == (2, 3, 1)
    reasons = [json.loads(dead.body)["reason"] for dead in queues.dead]
    assert reasons[0] == "worker 'huge': must be ordered"
    assert "240 KiB" in reasons[1]


def test_the_ends_of_many_refused_lines_are_recorded_now_and_then(queues: Queues) -> None:
    made = sent(queues)
    for number in range(2 * RECORDED_AT_ONCE + 1):
        made.put(Refused(number, "odd", b""))
    assert queues.flushed_after == [RECORDED_AT_ONCE, 2 * RECORDED_AT_ONCE]


class Listing:
    """A task list of so many tasks, with what is left of it."""

    def __init__(
        self, tasks: int, rest: Cursor | None = None, incomplete: IncompleteRun | None = None
    ) -> None:
        self.tasks, self.rest, self.incomplete = tasks, rest, incomplete

    def __iter__(self) -> Any:
        return (listed(number) for number in range(1, self.tasks + 1))


@pytest.fixture
def send(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sends a list to the queues."""
    for name in ("TaskQueues", "Sender"):
        monkeypatch.setattr(sent_list, name, lambda *_: queues)
    monkeypatch.setattr("task_scheduler.aws.sqs", lambda: None)

    def send(listing: Listing, run: Run = RUN, **facts: Any) -> SentList:
        known: dict[str, Any] = {"numbered": 0, "is_resent": False, **facts}
        settings = cast("Any", SimpleNamespace(runs_dead_letter_url="https://dead"))
        return send_list(run, cast("Any", listing), settings, cast("Any", queues), **known)

    return send


@pytest.mark.parametrize(
    ("listing", "facts", "is_kept"),
    [
        (Listing(10), {}, True),
        (Listing(11), {}, False),
        (Listing(2), {"numbered": 1}, False),
        (Listing(2, rest=Cursor(line=3)), {}, False),
        (
            Listing(2),
            {"pacer": SimpleNamespace(take=lambda: 0, next_slot=5)},
            False,
        ),
    ],
)
def test_results_are_kept_of_a_list_of_ten_that_is_sent_at_once(
    send: Any, queues: Queues, listing: Listing, facts: dict[str, Any], is_kept: bool
) -> None:
    made = send(listing, **facts)
    bodies = [json.loads(entry.body) for _, entry in queues.put_to]
    assert [body["text"] for body in bodies] == [f"text {n}" for n in range(1, listing.tasks + 1)]
    assert {body.get("keep_result", False) for body in bodies} == {is_kept}
    assert made.number == listing.tasks + facts.get("numbered", 0)
    assert queues.flushed_after == [0]


@pytest.mark.parametrize(("pacer", "slot"), [(None, None), (SimpleNamespace(next_slot=5), 5)])
def test_the_rest_of_a_list_knows_its_number_and_its_slot(send: Any, pacer: Any, slot: Any) -> None:
    made = send(Listing(0, rest=Cursor(line=3)), numbered=7, pacer=pacer)
    assert made.rest == Cursor(line=3, numbered=7, next_slot=slot)
    assert send(Listing(0)).rest is None


def test_a_list_is_sent_again_if_the_end_of_a_refused_line_can_be_written_down_nowhere(
    send: Any, queues: Queues
) -> None:
    queues.has_pending = True
    reason = "^neither table nor queue took the ends of refused lines$"
    with pytest.raises(LedgerUnavailable, match=reason):
        send(Listing(2))


def test_a_list_that_breaks_off_is_a_dead_letter(send: Any, queues: Queues, log_lines: Log) -> None:
    error = IncompleteRun("it broke off", goes_on_at=3)
    made = send(Listing(2, incomplete=error))
    assert made.incomplete is error
    [dead] = queues.dead
    body = json.loads(dead.body)
    assert (body["kind"], body["reason"], body["goes_on_at"]) == ("incomplete", "it broke off", 3)
    assert body["run"] == "s@t"
    [line] = log_lines()
    assert (line["level"], line["message"], line["exception_name"]) == (
        "ERROR", "run incomplete", "IncompleteRun",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("is_resent", "redrive", "attributes"),
    [
        (False, 0, {}),
        (True, 0, {"resent": "yes"}),
        (False, 2, {"redrive": "2"}),
        (True, 2, {"resent": "yes", "redrive": "2"}),
    ],
)
def test_messages_say_that_they_may_be_there_twice_or_are_sent_again(
    send: Any, queues: Queues, is_resent: bool, redrive: int, attributes: dict[str, str]
) -> None:
    run = Run(key="s@t", schedule="s", task="t", redrive=redrive)
    send(Listing(1), run, is_resent=is_resent)
    assert queues.put_to[0][1].attributes == {**attributes, "place": "s@t#1"}
