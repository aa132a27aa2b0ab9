"""Sending: full batches, within both limits, until SQS has taken every message."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from task_scheduler.errors import NotSent
from task_scheduler.queue.sending import (
    MAX_ATTEMPTS,
    MAX_BYTES,
    MAX_ENTRIES,
    Entry,
    Sender,
    send_batch,
)


class Sqs:
    """SQS's side of SendMessageBatch: refuses the given bodies the given number of times."""

    def __init__(self, refusals: dict[str, int] | None = None, *, broken: bool = False) -> None:
        self.refusals = dict(refusals or {})
        self.broken = broken
        self.requests: list[list[dict[str, Any]]] = []
        self.urls: set[str] = set()
        self.taken: list[str] = []
        self._lock = threading.Lock()

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        with self._lock:
            self.requests.append(Entries)
            self.urls.add(QueueUrl)
            if self.broken:
                raise ConnectionError("no route to SQS")
            failed = []
            for entry in Entries:
                body = entry["MessageBody"]
                if self.refusals.get(body, 0):
                    self.refusals[body] -= 1
                    failed.append({"Id": entry["Id"], "Code": "InternalError", "Message": "busy"})
                else:
                    self.taken.append(body)
            return {"Failed": failed, "Successful": []}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that it would have made, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr("task_scheduler.queue.sending.time.sleep", waited.append)
    return waited


entries = st.lists(
    st.builds(
        lambda size, dead_letter: Entry(dead_letter * size, {"kind": "line"}),
        st.integers(1, 130_000),
        st.sampled_from("aéz"),
    ).filter(lambda entry: entry.size <= MAX_BYTES),
    max_size=30,
)


def _size(entry: dict[str, Any]) -> int:
    """Return the size that SQS counts: the body, and names, types and values of the attributes."""
    attributes = entry["MessageAttributes"].items()
    return len(entry["MessageBody"].encode()) + sum(
        len((name + value["DataType"] + value["StringValue"]).encode())
        for name, value in attributes
    )


@given(entries)
@settings(deadline=None)
def test_batches_stay_within_the_limits_and_keep_every_entry_in_order(
    entries: list[Entry],
) -> None:
    sqs = Sqs()

    with Sender(sqs, "url") as sender:  # type: ignore[arg-type]
        for entry in entries:
            sender.put(entry)

    for batch in sqs.requests:
        assert 1 <= len(batch) <= MAX_ENTRIES
        assert sum(map(_size, batch)) <= MAX_BYTES
    assert sqs.taken == [entry.body for entry in entries]
    assert sender.entries == len(entries)


@given(
    refusals=st.lists(st.integers(0, MAX_ATTEMPTS - 1), max_size=60), in_flight=st.integers(1, 8)
)
@settings(deadline=None)
def test_each_message_is_taken_once_whatever_sqs_refuses_in_between(
    refusals: list[int], in_flight: int
) -> None:
    bodies = [str(number) for number in range(len(refusals))]
    sqs = Sqs(dict(zip(bodies, refusals, strict=True)))

    with Sender(sqs, "url", in_flight=in_flight) as sender:  # type: ignore[arg-type]
        for body in bodies:
            sender.put(Entry(body))

    assert sorted(sqs.taken) == sorted(bodies)


def test_a_batch_is_filled_to_the_last_byte() -> None:
    sqs = Sqs()
    half = "x" * (MAX_BYTES // 2)

    with Sender(sqs, "url") as sender:  # type: ignore[arg-type]
        for body in (half, half, half, half, "y"):
            sender.put(Entry(body))

    assert [len(batch) for batch in sqs.requests] == [2, 2, 1]


def test_small_messages_fill_their_batches() -> None:
    sqs = Sqs()

    with Sender(sqs, "url", in_flight=4) as sender:  # type: ignore[arg-type]
        for number in range(1_000):
            sender.put(Entry(str(number)))

    assert sender.requests == len(sqs.requests) == 100
    assert sorted(map(int, sqs.taken)) == list(range(1_000))


def test_only_the_entries_that_failed_are_sent_again() -> None:
    sqs = Sqs({"b": 2, "c": 1})

    requests = send_batch(sqs, "url", [Entry(body) for body in "abc"])  # type: ignore[arg-type]

    assert requests == 3
    assert [[entry["MessageBody"] for entry in batch] for batch in sqs.requests] == [
        ["a", "b", "c"], ["b", "c"], ["b"],
    ]  # fmt: skip


def test_an_entry_that_is_never_taken_fails_with_sqs_reason_and_the_others_are_sent() -> None:
    sqs = Sqs({"b": 99})

    with pytest.raises(NotSent, match="1 of 3 messages sent 8 times: InternalError: busy"):
        with Sender(sqs, "url") as sender:  # type: ignore[arg-type]
            for body in "abc":
                sender.put(Entry(body))
    assert sqs.taken == ["a", "c"]


def test_waits_grow_up_to_two_seconds_and_there_is_none_after_the_last_attempt(
    waits: list[float],
) -> None:
    with pytest.raises(NotSent):
        send_batch(Sqs({"a": 99}), "url", [Entry("a")])  # type: ignore[arg-type]

    terms = [0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]
    assert len(waits) == len(terms)
    assert all(term / 2 <= wait <= term for wait, term in zip(waits, terms, strict=True))


def _fifo(sqs: Sqs, bodies: list[str], groups: str) -> None:
    with Sender(sqs, "tasks.fifo", in_flight=16) as sender:  # type: ignore[arg-type]
        for number, body in enumerate(bodies):
            sender.put(
                Entry(body, message_group=groups[number % len(groups)], deduplication_id="d")
            )


def test_a_fifo_queue_keeps_its_order_when_one_entry_is_refused_once() -> None:
    bodies = [f"t{number}" for number in range(10)]
    sqs = Sqs({"t2": 1})

    _fifo(sqs, bodies, groups="g")

    assert sqs.taken == bodies


@given(
    refusals=st.lists(st.integers(0, MAX_ATTEMPTS - 1), max_size=40),
    groups=st.text(st.sampled_from("abc"), min_size=1, max_size=6),
)
@settings(deadline=None)
def test_each_group_of_a_fifo_queue_keeps_its_order_whatever_sqs_refuses(
    refusals: list[int], groups: str
) -> None:
    bodies = [f"{groups[number % len(groups)]}{number}" for number in range(len(refusals))]
    sqs = Sqs(dict(zip(bodies, refusals, strict=True)))

    _fifo(sqs, bodies, groups)

    for group in groups:
        sent = [body for body in bodies if body.startswith(group)]
        assert [body for body in sqs.taken if body.startswith(group)] == sent


def test_entries_of_different_groups_share_the_batches_of_a_fifo_queue() -> None:
    sqs = Sqs()

    _fifo(sqs, [str(number) for number in range(20)], groups="abcdefghij")

    assert [len(batch) for batch in sqs.requests] == [10, 10]


def test_a_refusal_without_a_reason_is_reported_by_its_code() -> None:
    class Terse(Sqs):
        def send_message_batch(self, **request: Any) -> Any:
            return {"Failed": [{"Id": "0", "Code": "Throttled"}]}

    with pytest.raises(
        NotSent, match=r"^1 of 1 messages sent 8 times: Throttled: no reason given$"
    ):
        send_batch(Terse(), "url", [Entry("a")])  # type: ignore[arg-type]


def test_only_an_entry_for_a_fifo_queue_has_group_and_deduplication_id() -> None:
    assert Entry("body").as_request("7") == {
        "Id": "7", "MessageBody": "body", "MessageAttributes": {},
    }  # fmt: skip
    assert Entry("body", {"kind": "line"}, "g", "d").as_request("7") == {
        "Id": "7",
        "MessageBody": "body",
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "line"}},
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }


def test_nothing_is_sent_after_a_batch_that_failed() -> None:
    sqs = Sqs(broken=True)

    with pytest.raises(ConnectionError):
        with Sender(sqs, "url") as sender:  # type: ignore[arg-type]
            for number in range(100_000):
                sender.put(Entry(str(number)))
    assert len(sqs.requests) <= 2


def test_an_error_of_the_caller_is_raised_and_the_open_batch_is_not_sent() -> None:
    sqs = Sqs()

    with pytest.raises(ZeroDivisionError):
        with Sender(sqs, "url") as sender:  # type: ignore[arg-type]
            sender.put(Entry("a"))
            raise ZeroDivisionError
    assert sqs.taken == []


def test_an_answer_need_not_say_that_nothing_failed() -> None:
    class Brief(Sqs):
        def send_message_batch(self, **request: Any) -> Any:
            super().send_message_batch(**request)
            return {"Successful": []}

    sqs = Brief()

    assert send_batch(sqs, "q", [Entry("a")]) == 1  # type: ignore[arg-type]
    assert sqs.taken == ["a"]


def test_only_what_is_to_wait_has_a_delay() -> None:
    assert Entry("a", delay=30).as_request("0")["DelaySeconds"] == 30
    assert "DelaySeconds" not in Entry("a").as_request("0")


def test_several_requests_are_in_flight_if_more_are_asked_for() -> None:
    both = threading.Barrier(2, timeout=30)

    class Together(Sqs):
        def send_message_batch(self, **request: Any) -> Any:
            both.wait()
            return super().send_message_batch(**request)

    sqs = Together()

    with Sender(sqs, "https://q", in_flight=2) as sender:  # type: ignore[arg-type]
        for number in range(4 * MAX_ENTRIES):
            sender.put(Entry(f"{number}"))

    assert len(sqs.taken) == 4 * MAX_ENTRIES


@pytest.mark.parametrize(("url", "asked_for"), [("https://q", {}), ("q.fifo", {"in_flight": 4})])
def test_one_request_is_in_flight_unless_more_are_asked_for_of_a_standard_queue(
    url: str, asked_for: dict[str, int]
) -> None:
    class Slow(Sqs):
        busy = most = 0

        def send_message_batch(self, **request: Any) -> Any:
            with self._lock:
                self.busy += 1
                self.most = max(self.most, self.busy)
            others.wait(0.05)
            with self._lock:
                self.busy -= 1
            return super().send_message_batch(**request)

    others, sqs = threading.Event(), Slow()

    with Sender(sqs, url, **asked_for) as sender:  # type: ignore[arg-type]
        for number in range(40):
            sender.put(Entry(f"{number}", message_group="g"))

    assert (sqs.most, sqs.taken) == (1, [f"{number}" for number in range(40)])
    assert sqs.urls == {url}


def test_attributes_are_truncated_cleaned_and_left_out_when_empty() -> None:
    entry = Entry("body", {"reason": "a\x00b\ufffe" + "x" * 5_000, "task": "", "schedule": None})

    request = entry.as_request("0")

    assert set(request["MessageAttributes"]) == {"reason"}
    value = request["MessageAttributes"]["reason"]["StringValue"]
    assert value.startswith("a\ufffdb\ufffdxxx")
    assert len(value) == 1_000
