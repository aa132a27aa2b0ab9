"""Digests of runs by the handlers, on the emulator: one for each run, after its queue knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from task_scheduler import run_task
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.notifications.digest import Digest, compose_digest
from task_scheduler.notifications.notifier import NOTIFIER, Sending
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.sent_digest import SentDigest, keep_sent
from task_scheduler.runs.table import Item, Key, Table
from tests.unit.conftest import Bench, Chain, Context, Fire, Hurried, Queue

ALL = ["success", "failure", "recovery"]
RUN = RunId.of("s@2026-11-23T02:00:00Z")


@dataclass
class Chat:
    """The notifier, which notes digests and how many messages were on the queue at each."""

    length: Callable[[], int]
    digests: list[Digest] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def send(self, digest: Digest, *, seconds: float) -> Sending:
        assert seconds > 0
        self.digests.append(digest)
        self.lengths.append(self.length())
        return Sending(is_done=True, taken=compose_digest(digest))

    @property
    def events(self) -> list[tuple[str, NotifyEvent]]:
        return [(digest.schedule, digest.event) for digest in self.digests]


@pytest.fixture
def chat(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Chat:
    made = Chat(lambda: bench.length)
    monkeypatch.setattr(NOTIFIER, "send", made.send)
    return made


@pytest.fixture(autouse=True)
def _runs_dead_letter(runs_dead_letter: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs_dead_letter
    monkeypatch.setattr("task_scheduler.execution.result.compute_backoff", lambda _attempt: 0.0)


def texts(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


def run_all(bench: Bench) -> None:
    while records := bench.receive(wait=1):
        bench.run_records(records)


def test_a_run_that_went_well_is_notified_once_with_what_its_tasks_returned(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger
) -> None:
    fire(task="note", tasks=texts(3), notify_on=ALL)

    run_all(bench)

    [digest] = chat.digests
    assert (digest.event, digest.total, digest.failed) == (NotifyEvent.SUCCESS, 3, 0)
    assert [end.text for end in digest.results] == [f'{{"noted":"{n}"}}' for n in "123"]
    item = ledger.table.get(RUN.item)
    assert (item["state"], item["ended"], item["failed"]) == (RunState.SUCCEEDED, 3, 0)
    assert item["closer"] == Context.aws_request_id
    assert "notified" in item


def test_a_digest_is_kept_as_it_was_sent_for_as_long_as_its_run(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger
) -> None:
    fire(task="note", tasks=["1" * 9_000], notify_on=ALL)

    run_all(bench)

    kept = ledger.table.get(RUN.digest)
    message = compose_digest(chat.digests[0])
    assert (kept["title"], kept["text"]) == (message.title, message.text)
    assert kept["event"] == "success"
    run = ledger.table.get(RUN.item)
    assert kept["expires"] == run["expires"]
    assert kept["sent"] <= run["notified"]


def test_no_digest_is_kept_that_nobody_took(
    bench: Bench, fire: Fire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Sending(is_done=True)
    monkeypatch.setattr(NOTIFIER, "send", lambda *_, **__: refused)
    fire(task="note", tasks=["1"], notify_on=ALL)

    run_all(bench)

    assert ledger.table.get(RUN.digest) == {}
    assert "notified" in ledger.table.get(RUN.item)


def test_a_table_that_is_down_when_a_digest_was_sent_sends_it_no_second_time(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Table.put

    def fail(self: Table, key: Key, item: Item) -> None:
        if key == RUN.digest:
            raise LedgerUnavailable("down")
        put(self, key, item)

    monkeypatch.setattr(Table, "put", fail)
    fire(task="note", tasks=["1"], notify_on=ALL)

    run_all(bench)

    assert len(chat.digests) == 1
    assert "notified" in ledger.table.get(RUN.item)


def test_what_is_kept_of_a_digest_is_bounded_and_whole_characters(ledger: Ledger) -> None:
    long = SentDigest(event="failure", title="é" * 400, text="😀" * 2_000, sent=ledger.now)

    keep_sent(ledger, RUN, long, expires=ledger.now + 60)

    kept = SentDigest.from_item(ledger.table.get(RUN.digest))
    assert kept is not None
    assert (kept.title, kept.text) == ("é" * 256, "😀" * 875)


def test_a_run_of_ten_tasks_shows_all_ten_results(bench: Bench, fire: Fire, chat: Chat) -> None:
    fire(task="note", tasks=texts(10), notify_on=ALL)

    run_all(bench)

    assert [end.text for end in chat.digests[0].results] == [
        f'{{"noted":"{text}"}}' for text in texts(10)
    ]


@pytest.mark.parametrize(("count", "are_kept"), [(1, True), (10, True), (11, False)])
def test_results_of_lists_of_up_to_10_tasks_are_kept(
    queue: Queue, fire: Fire, count: int, are_kept: bool
) -> None:
    fire(tasks=texts(count), notify_on=ALL)

    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    assert {body["text"]: body.get("keep_result", False) for body in bodies} == dict.fromkeys(
        texts(count), are_kept
    )


def test_results_of_a_list_that_takes_several_invocations_are_not_kept(
    queue: Queue, fire: Fire, tmp_path: Path, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("\n".join(texts(8)))
    chain.events.append({"tasks_file": "list.txt"})

    while chain.events:
        fire(context=Hurried(looks=4), **chain.events.pop())

    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    assert len(bodies) == 8
    assert not any(body.get("keep_result") for body in bodies)


def test_a_fifo_queue_gets_what_was_read_ahead_in_order(
    make_queue: Callable[..., Queue], fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)

    fire(tasks=texts(30))

    assert [json.loads(message["body"])["text"] for message in fifo.receive_all()] == texts(30)


def test_it_is_no_recovery_if_nothing_failed_though_tasks_came_twice(
    bench: Bench, fire: Fire, chat: Chat
) -> None:
    fire(task="note", tasks=texts(3), notify_on=ALL)
    records = bench.receive()
    run_task.handler({"Records": records}, Context())  # type: ignore[arg-type]

    bench.run_records(bench.redeliver(records, 2))

    assert chat.events == [("s", NotifyEvent.SUCCESS)]
    assert sorted(bench.ran) == texts(3)


def test_a_recovery_is_a_run_that_went_well_after_one_that_failed(
    bench: Bench, fire: Fire, chat: Chat
) -> None:
    for number, task in enumerate(["fail", "fail", "note", "note"]):
        time = f"2026-11-23T0{number}:00:00Z"
        fire(task=task, tasks=["x"], retries=0, notify_on=["failure", "recovery"],
             scheduled_time=time)  # fmt: skip
        run_all(bench)

    assert chat.events == [("s", NotifyEvent.FAILURE), ("s", NotifyEvent.RECOVERY)]
    assert chat.digests[1].streak == 2


def test_what_is_done_is_off_the_queue_before_people_are_notified(
    bench: Bench, fire: Fire, chat: Chat
) -> None:
    fire(task="note", tasks=texts(3), notify_on=ALL)

    run_all(bench)

    assert chat.lengths == [0]


def test_two_schedules_that_fail_in_one_batch_are_both_notified(
    bench: Bench, fire: Fire, chat: Chat
) -> None:
    for schedule in ("one", "two"):
        fire(schedule=schedule, task="fail", tasks=["x"], retries=0, notify_on=ALL)

    records: list[dict[str, Any]] = []
    while len(records) < 2:
        records += bench.receive()
    bench.run_records(records)

    assert sorted(chat.events) == [("one", NotifyEvent.FAILURE), ("two", NotifyEvent.FAILURE)]


def test_a_list_whose_last_line_is_refused_is_closed_by_its_sender(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger
) -> None:
    (bench.folder / "list.jsonl").write_text("{oops\n")

    fire(tasks_file="list.jsonl", notify_on=ALL)

    [digest] = chat.digests
    assert (digest.event, digest.total, digest.failed) == (NotifyEvent.FAILURE, 1, 1)
    assert digest.failures[0].text.startswith("InvalidLine: invalid JSON")
    assert ledger.table.get(RUN.item)["state"] == RunState.FAILED


def test_an_empty_list_is_closed_by_its_sender(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger
) -> None:
    (bench.folder / "list.txt").write_text("\n")

    fire(tasks_file="list.txt", notify_on=ALL)

    assert chat.events == [("s", NotifyEvent.SUCCESS)]
    assert ledger.table.get(RUN.item)["ended"] == 0


def test_a_run_without_the_table_goes_on_and_is_closed_when_it_is_back(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("task_scheduler.execution.late.compute_backoff", lambda _receive: 0.0)
    with monkeypatch.context() as patch:
        patch.setenv("LEDGER_TABLE", "gone")
        fire(task="note", tasks=texts(3), notify_on=ALL)
        for _ in range(2):
            bench.run_records(bench.receive())
        assert sorted(bench.ran) == texts(3)
        assert chat.digests == []

    run_all(bench)

    assert chat.events == [("s", NotifyEvent.SUCCESS)]
    assert ledger.table.get(RUN.item)["ended"] == 3
    assert sorted(bench.ran) == texts(3)


def test_a_task_of_a_cancelled_run_is_not_started(
    bench: Bench, fire: Fire, chat: Chat, ledger: Ledger
) -> None:
    fire(task="note", tasks=texts(2), notify_on=ALL)
    ledger.table.update(RUN.item, "SET #cancelled = :now", {"now": ledger.now})

    run_all(bench)

    assert bench.ran == []
    assert bench.dead_letters.receive_all() == []
    assert ledger.table.get(RUN.item)["state"] == RunState.CANCELLED
