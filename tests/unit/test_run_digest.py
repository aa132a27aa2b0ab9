"""The way of a run from the ledger into its message, and the note that it was delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.notifications import heartbeat, notifier, run_digest
from task_scheduler.notifications.digest import Digest, TaskEnd, compose_digest
from task_scheduler.notifications.markup import log_link
from task_scheduler.notifications.watch_digest import notify_of_watch
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.place import Place
from task_scheduler.runs.closing import ClosedNow
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, keep, read_kept, read_kept_end
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ClosedRun, ScheduleState
from task_scheduler.runs.sent_digest import SentDigest, keep_sent
from task_scheduler.runs.table import Item
from tests.model.still import Still, still_ledger
from tests.unit.conftest import Log

RUN = RunId(schedule="nightly", key="nightly@1")
ITEM = {
    "state": "failed",
    "began": 900,
    "closed": 960,
    "due_time": 890,
    "timezone": "Europe/Berlin",
    "notify_on": ["failure"],
    "notify_to": ["ops"],
    "mention": "@ops",
    "total": 5,
    "ended": 4,
    "failed": 2,
    "missing": 1,
    "streak": 3,
    "reason": "1 has no end",
}


@pytest.fixture
def ledger() -> Ledger:
    return still_ledger(Still())


class Notifier:
    """Takes digests."""

    def __init__(self) -> None:
        self.sent: list[tuple[Digest, float]] = []
        self.is_delivered = True

    def send(self, digest: Digest, *, seconds: float) -> notifier.Sending:
        self.sent.append((digest, seconds))
        message = compose_digest(digest) if self.is_delivered else None
        return notifier.Sending(is_done=self.is_delivered, taken=message)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Notifier:
    made = Notifier()
    monkeypatch.setattr(notifier, "NOTIFIER", made)
    return made


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []

    def ping(name: str, run: str, beat: heartbeat.Beat, *, state: str, seconds: float) -> bool:
        made.append((name, run, beat.value, state, seconds))
        return True

    monkeypatch.setattr(heartbeat, "ping", ping)
    return made


def closed(item: Item, event: NotifyEvent | None = NotifyEvent.FAILURE) -> ClosedNow:
    runs = [
        ClosedRun(key=f"nightly@-{n}", due=n, seconds=10 * n, state="succeeded", ended=1, failed=0)
        for n in range(1, 6)
    ]
    schedule = ScheduleState(streak=7, last_success=5, recent=tuple(runs))
    return ClosedNow(run=RUN, item=item, event=event, schedule=schedule)


def test_a_digest_has_what_the_ledger_has_of_the_run(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_LOG_GROUP", "/aws/lambda/run")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    ends = [
        KeptEnd(id="nightly@1#1", task="load", reason="no luck", error="ValueError"),
        KeptEnd(id="list.csv, line 2", reason="invalid JSON", error="InvalidLine"),
        KeptEnd(id="nightly@1#3", reason="said so"),
        KeptEnd(id="nightly@1#4", result="done", error="odd"),
    ]
    for number, end in enumerate(ends, start=1):
        keep(ledger, Place(RUN.key, number), end)

    digest = run_digest.make_digest(ledger, closed(ITEM))

    link = digest.log_link
    assert link is not None
    assert "eu-central-1" in link
    assert link.endswith("900000")
    assert digest == Digest(
        key="nightly@1",
        schedule="nightly",
        event=NotifyEvent.FAILURE,
        state="failed",
        is_wanted=True,
        notify_to=["ops"],
        mention="@ops",
        due=890,
        timezone="Europe/Berlin",
        seconds=60,
        usual_seconds=30,
        total=5,
        failed=2,
        missing=1,
        streak=3,
        last_success=5,
        failures=[
            TaskEnd(position="1", text="ValueError: no luck", task="load"),
            TaskEnd(position="list.csv, line 2", text="InvalidLine: invalid JSON"),
            TaskEnd(position="3", text="said so"),
        ],
        results=[TaskEnd(position="4", text="done")],
        reason="1 has no end",
        log_link=link,
        retry="taskctl retry nightly@1",
    )


def test_a_digest_of_which_little_is_recorded_goes_by_the_clock(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_LOG_GROUP", "")
    digest = run_digest.make_digest(ledger, closed({"state": "running", "ended": 2}), is_early=True)
    assert (digest.is_early, digest.is_wanted) == (True, False)
    assert (digest.due, digest.timezone, digest.seconds) == (1_000, "UTC", 0)
    assert (digest.total, digest.failed, digest.missing, digest.streak) == (2, 0, 0, 7)
    assert (digest.log_link, digest.failures, digest.results) == (None, [], [])
    bare = run_digest.make_digest(ledger, closed({"state": "running"}, event=None))
    assert (bare.total, bare.event, bare.is_early) == (0, NotifyEvent.FAILURE, False)
    assert bare.notify_to is bare.mention is bare.reason is None


def test_all_of_a_log_is_shown_of_a_run_that_began_nobody_knows_when(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_LOG_GROUP", "/aws/lambda/run")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    digest = run_digest.make_digest(ledger, closed({"state": "failed"}))
    assert digest.log_link == log_link("eu-central-1", "/aws/lambda/run", RUN.key, since=0)


@pytest.mark.parametrize(
    ("event", "wanted", "is_wanted"),
    [
        (NotifyEvent.SUCCESS, ["success"], True),
        (NotifyEvent.RECOVERY, ["success"], True),
        (NotifyEvent.RECOVERY, ["recovery"], True),
        (NotifyEvent.RECOVERY, ["failure"], False),
        (NotifyEvent.FAILURE, ["success"], False),
    ],
)
def test_a_recovery_is_wanted_by_whoever_wants_successes(
    ledger: Ledger, event: NotifyEvent, wanted: list[str], is_wanted: bool
) -> None:
    digest = run_digest.make_digest(ledger, closed({**ITEM, "notify_on": wanted}, event))
    assert digest.is_wanted is is_wanted


def test_ends_that_cannot_be_read_are_left_out(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LedgerUnavailable("the table is away")

    monkeypatch.setattr(ledger.table, "query", refuse)
    digest = run_digest.make_digest(ledger, closed(ITEM))
    assert (digest.failures, digest.failed) == ([], 2)
    [line] = log_lines()
    assert (line["message"], line["run"], line["reason"]) == (
        "ledger", RUN.key, "the table is away",
    )  # fmt: skip


def record(ledger: Ledger) -> None:
    ledger.table.update(RUN.item, "SET #due_at = :at", {"at": 5})


def test_people_are_notified_in_the_time_there_is_and_that_is_noted(
    ledger: Ledger, sent: Notifier, pings: list[tuple[Any, ...]]
) -> None:
    record(ledger)
    run_digest.notify(ledger, [closed({**ITEM, "heartbeat": "job"})], seconds=lambda: 9.0)

    [(digest, seconds)] = sent.sent
    assert (digest.key, digest.is_early, seconds) == (RUN.key, False, 9.0)
    assert pings == [("job", "nightly@1", "fail", "failed", 9.0)]
    assert ledger.table.get(RUN.item)["notified"] == 1_000
    kept = ledger.table.get(RUN.digest)
    message = compose_digest(digest)
    assert SentDigest.from_item(kept) == SentDigest(
        event="failure", title=message.title, text=message.text, sent=1_000
    )
    assert kept["expires"] == ledger.expires


@pytest.mark.parametrize(("left", "waited"), [(9.0, 9.0), (0.5, 0.5), (-1.0, 0.01)])
def test_the_note_is_waited_for_as_long_as_there_is_time(
    ledger: Ledger, sent: Notifier, monkeypatch: pytest.MonkeyPatch, left: float, waited: float
) -> None:
    waits: list[float] = []

    def call(seconds: float, note: Callable[[], object]) -> object:
        waits.append(seconds)
        return note()

    monkeypatch.setattr(run_digest, "call_with_timeout", call)
    record(ledger)
    run_digest.notify(ledger, [closed(ITEM)], seconds=lambda: left)

    assert waits == [waited]
    assert ledger.table.get(RUN.item)["notified"] == 1_000


def test_what_nobody_took_is_left_to_keep_runs(ledger: Ledger, sent: Notifier) -> None:
    record(ledger)
    sent.is_delivered = False
    run_digest.notify(ledger, [closed(ITEM)], seconds=lambda: 9.0)
    assert ledger.table.get(RUN.item)["due_at"] == 5
    assert ledger.table.get(RUN.digest) == {}


def test_a_digest_is_kept_for_as_long_as_its_run(ledger: Ledger, sent: Notifier) -> None:
    assert run_digest.deliver(ledger, closed({**ITEM, "expires": 7}), seconds=9.0)
    assert ledger.table.get(RUN.digest)["expires"] == 7


def test_of_a_long_digest_whole_characters_are_kept(ledger: Ledger) -> None:
    long = SentDigest(event="failure", title="x" + "ü" * 400, text="\ud800" + "ü" * 2_000, sent=5)
    keep_sent(ledger, RUN, long, expires=9)
    kept = SentDigest(event="failure", title="x" + "ü" * 255, text="?" + "ü" * 1_749, sent=5)
    assert SentDigest.from_item(ledger.table.get(RUN.digest)) == kept
    assert SentDigest.from_item({}) is None


def test_a_digest_that_cannot_be_kept_was_sent_all_the_same(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    def refuse(*_: object) -> None:
        raise LedgerUnavailable("away")

    monkeypatch.setattr(ledger.table, "put", refuse)
    keep_sent(ledger, RUN, SentDigest(event="failure", title="", text="", sent=5), expires=9)
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "ledger")
    assert (line["run"], line["reason"]) == (RUN.key, "away")


def test_a_run_of_no_event_is_pinged_alone(
    ledger: Ledger, sent: Notifier, pings: list[tuple[Any, ...]]
) -> None:
    record(ledger)
    run_digest.notify(ledger, [closed(ITEM, None)], seconds=lambda: 9.0)
    assert "notified" not in ledger.table.get(RUN.item)
    item = {**ITEM, "heartbeat": "job", "state": "succeeded"}
    run_digest.notify(ledger, [closed(ITEM, None), closed(item, None)], seconds=lambda: 9.0)
    assert [ping[2] for ping in pings] == ["success"]
    assert ledger.table.get(RUN.item)["notified"] == 1_000
    assert sent.sent == []


def test_a_run_that_people_were_notified_of_is_not_pinged_again(
    pings: list[tuple[Any, ...]],
) -> None:
    run_digest.beat(closed({**ITEM, "heartbeat": "job", "notified": 1}), seconds=1)
    run_digest.beat(closed(ITEM), seconds=1)
    assert pings == []


def test_a_run_of_which_nobody_can_be_notified_stands_in_no_others_way(
    ledger: Ledger, sent: Notifier, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger)
    broken, fine = closed({}), closed(ITEM)
    run_digest.notify(ledger, [broken, fine], seconds=lambda: 9.0)
    assert len(sent.sent) == 1
    [line] = log_lines()
    assert (line["message"], line["run"]) == ("notification failed", RUN.key)
    assert line["reason"] == "'state'"


def test_an_early_digest_says_so(ledger: Ledger, sent: Notifier) -> None:
    assert run_digest.deliver(ledger, closed(ITEM), seconds=3.0, is_early=True)
    assert run_digest.deliver(ledger, closed(ITEM), seconds=4.0)
    assert [(digest.is_early, seconds) for digest, seconds in sent.sent] == [
        (True, 3.0), (False, 4.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "notify_on", "streak", "event", "is_wanted", "is_failing"),
    [
        ("no run for 60 s", ["failure"], 0, NotifyEvent.FAILURE, True, True),
        ("no run for 60 s", ["success"], 0, NotifyEvent.FAILURE, False, True),
        (None, ["success"], 0, NotifyEvent.RECOVERY, True, False),
        (None, ["recovery"], 0, NotifyEvent.RECOVERY, True, False),
        (None, ["failure"], 1, NotifyEvent.RECOVERY, False, True),
    ],
)
def test_the_message_of_a_schedule_that_is_watched_says_what_is_wrong_with_it(
    sent: Notifier,
    reason: str | None,
    notify_on: list[str],
    streak: int,
    event: NotifyEvent,
    is_wanted: bool,
    is_failing: bool,
) -> None:
    assert notify_of_watch(
        "nightly",
        headline="has not run",
        reason=reason,
        notify_on=notify_on,
        notify_to=["ops"],
        mention="@ops",
        streak=streak,
        seconds=3.0,
    )
    digest = Digest(
        key="nightly",
        schedule="nightly",
        event=event,
        due=0,
        headline="has not run",
        reason=reason or "nothing of it is overdue any more",
        is_wanted=is_wanted,
        is_failing=is_failing,
        notify_to=["ops"],
        mention="@ops",
    )
    assert sent.sent == [(digest, 3.0)]
    message = compose_digest(digest)
    assert message.title.endswith("nightly: has not run")
    assert message.text == digest.reason
    assert message.is_failing is is_failing


def test_an_end_is_kept_as_far_as_it_can_be_and_no_longer_than_its_run(ledger: Ledger) -> None:
    place = Place(RUN.key, 3)
    end = KeptEnd(id="nightly@1#3", task="t", attempt=2, reason="\ud800" + "x" * 2_000, error="E")
    keep(ledger, place, end)

    kept = KeptEnd(id="nightly@1#3", task="t", attempt=2, reason="?" + "x" * 999, error="E")
    assert read_kept_end(ledger, place) == kept
    assert read_kept_end(ledger, Place(RUN.key, 4)) is None
    assert read_kept(ledger, RUN) == [kept]
    ledger.table.update(RUN.end(3), "SET #expires = :now", {"now": ledger.now})
    assert read_kept(ledger, RUN) == []


def test_the_ends_of_a_run_are_read_in_the_order_of_its_list(ledger: Ledger) -> None:
    for number in (10, 9, 200):
        keep(ledger, Place(RUN.key, number), KeptEnd(id=f"{number}", result="r"))
    assert [end.id for end in read_kept(ledger, RUN)] == ["9", "10", "200"]
    assert [end.id for end in read_kept(ledger, RUN, most=2)] == ["9", "10"]


def test_an_end_that_somebody_edited_is_named_by_its_place() -> None:
    assert KeptEnd.from_item({"sk": "000000000003"}) == KeptEnd(id="000000000003")
    assert KeptEnd.from_item({}) == KeptEnd(id="")


def test_a_digest_that_takes_too_long_to_keep_is_not_waited_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: object) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer within 2.0 s")

    monkeypatch.setattr("task_scheduler.runs.sent_digest.call_with_timeout", refuse)
    keep_sent(ledger, RUN, SentDigest(event="failure", title="", text="", sent=5), expires=9)
    assert waits == [2.0]
    assert [line["reason"] for line in log_lines()] == ["no answer within 2.0 s"]
