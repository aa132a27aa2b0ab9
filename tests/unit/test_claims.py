"""Claims: the one invocation of send_task that sends a run, and runs that may not start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from task_scheduler.runs.chunk import Counts, Mark, Marks, Position
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.closing import close
from task_scheduler.runs.control import pause
from task_scheduler.runs.identity import ALL_SCHEDULES, RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item
from tests.model.still import Still, still_ledger

FIRST, SECOND, THIRD = (RunId(schedule="nightly", key=f"nightly@{n}") for n in (1, 2, 3))
EVENT = {"version": 1, "schedule": "nightly"}
REST = {**EVENT, "cursor": {"line": 3}}
FACTS = {"due_time": 7, "notify_on": ["failure"]}
KEPT_SECONDS = 1_000_000


class Surroundings:
    def __init__(self) -> None:
        self.clock = Still()
        self.ledger: Ledger = still_ledger(self.clock)

    def claims(self, owner: str = "first") -> Claims:
        return Claims(self.ledger, owner=owner, lease_seconds=60.9)

    def start(
        self,
        run: RunId = FIRST,
        owner: str = "first",
        *,
        overlap: Overlap = Overlap.ALLOW,
        event: Mapping[str, Any] = EVENT,
        facts: Mapping[str, Any] = FACTS,
        **options: Any,
    ) -> Claim:
        claim, self.returned = self.claims(owner).start(
            run, facts, overlap=overlap, event=event, **options
        )
        return claim

    def item(self, run: RunId = FIRST) -> Item:
        found = self.ledger.table.get(run.item)
        return {name: value for name, value in found.items() if name not in ("pk", "sk")}

    @property
    def schedule(self) -> ScheduleState:
        return ScheduleState.from_item(self.ledger.table.get(FIRST.schedule_item))

    def close(self, run: RunId = FIRST) -> None:
        close(self.ledger, run, Counts(), closer="worker", seconds=0)


@pytest.fixture
def world() -> Surroundings:
    return Surroundings()


def test_a_run_that_starts_is_its_senders_for_a_minute(world: Surroundings) -> None:
    assert world.start() is Claim.MINE
    assert world.item() == {
        **FACTS,
        "state": "running",
        "began": 1_000,
        "owner": "first",
        "sendings": 1,
        "lease": 1_060,
        "due_at": 1_360,
        "expires": 1_000 + KEPT_SECONDS,
    }
    assert world.returned["lease"] == 1_060


@pytest.mark.parametrize(
    ("owner", "later", "claim"),
    [
        ("second", 60, Claim.OTHERS),
        ("second", 61, Claim.MINE),
        ("first", 1, Claim.MINE),
    ],
)
def test_a_lease_keeps_others_off_until_it_is_over(
    world: Surroundings, owner: str, later: int, claim: Claim
) -> None:
    world.start()
    world.clock.now += later

    assert world.start(owner=owner, facts={"due_time": 8}) is claim
    item = world.item()
    assert (item["due_time"], item["began"]) == (7, 1_000)
    assert ("taken_over" in item) == (claim is Claim.MINE)
    assert item["sendings"] == (2 if claim is Claim.MINE else 1)
    assert item["lease"] == (1_060 + later if claim is Claim.MINE else 1_060)


def test_a_list_that_is_handed_over_is_whose_invocation_comes_next(world: Surroundings) -> None:
    world.start()
    world.claims().hand_over(FIRST, {"line": 3}, REST)

    item = world.item()
    assert (item["cursor"], item["sendings"], item["due_at"]) == ({"line": 3}, 0, 1_300)
    assert "lease" not in item
    stored = world.ledger.table.get(FIRST.event)
    assert json.loads(stored["event"]) == REST
    assert stored["expires"] == 1_000 + KEPT_SECONDS
    assert world.start(owner="second") is Claim.MINE
    assert "taken_over" not in world.item()


def test_keep_runs_invokes_when_the_sender_says(world: Surroundings) -> None:
    world.start()
    world.claims().hand_over(FIRST, {"line": 3}, REST, seconds=40)
    assert world.item()["due_at"] == 1_040


def test_only_its_sender_hands_a_list_over_or_notes_why_it_failed(world: Surroundings) -> None:
    world.start()
    before = world.item()

    world.claims("second").hand_over(FIRST, {"line": 3}, REST)
    world.claims("second").failed(FIRST, "why")
    assert world.item() == before

    world.claims().failed(FIRST, "why")
    assert world.item()["reason"] == "why"
    assert "lease" not in world.item()
    world.start()
    assert "reason" not in world.item()


def test_a_run_that_started_without_the_ledger_is_claimed_when_its_list_fails(
    world: Surroundings,
) -> None:
    world.claims().failed(FIRST, "why", FACTS)
    item = world.item()
    assert (item["state"], item["reason"], item["owner"]) == ("running", "why", "first")
    assert (item["due_time"], item["sendings"]) == (7, 1)
    assert "lease" not in item
    assert item["due_at"] > world.ledger.now


def test_a_run_that_may_not_start_without_the_ledger_is_not_claimed_when_it_fails(
    world: Surroundings,
) -> None:
    world.claims().failed(FIRST, "why")
    assert world.item() == {}


def test_the_run_of_another_invocation_is_left_to_it(world: Surroundings) -> None:
    world.start(owner="other")
    before = world.item()
    world.claims().failed(FIRST, "why", FACTS)
    assert world.item() == before


def test_a_list_that_was_sent_is_not_handed_over(world: Surroundings) -> None:
    world.start()
    world.ledger.end_sending(FIRST, 1, facts=FACTS)
    world.claims().hand_over(FIRST, {"line": 3}, REST)
    assert "cursor" not in world.item()


def test_what_was_sent_whole_is_not_sent_again(world: Surroundings) -> None:
    world.start()
    world.ledger.end_sending(FIRST, 1, facts=FACTS)
    assert world.start() is Claim.SENT
    world.close()
    assert world.start() is Claim.OTHERS
    assert world.returned["state"] == "succeeded"


def incomplete(world: Surroundings, *, total: int = 2) -> None:
    """Record a run whose list broke off after so many tasks, all of which have ended."""
    world.start()
    marks = Marks()
    for number in range(total):
        marks.add(Mark.BAD, Position(0, number), body="b")
    if total:
        world.ledger.record(FIRST, 0, marks)
    world.ledger.end_sending(FIRST, total, facts=FACTS, incomplete="it broke off")
    counts = Counts(ended=total, failed=total)
    close(world.ledger, FIRST, counts, closer="worker", seconds=0)
    world.clock.now += 1


@pytest.mark.parametrize("event", [REST, {**EVENT, "only": 3}])
def test_the_rest_of_a_list_reopens_its_run(world: Surroundings, event: dict[str, Any]) -> None:
    incomplete(world)
    assert world.item()["state"] == "incomplete"

    assert world.start(owner="second", event=event) is Claim.MINE
    item = world.item()
    assert (item["state"], item["began"], item["owner"]) == ("running", 1_000, "second")
    assert (item["recount"], item["resumed_at"], item["due_at"]) == (True, 2, 1_361)
    gone = {"total", "incomplete", "closed", "closer", "event", "notified", "missing", "reason"}
    assert not gone & item.keys()
    assert world.ledger.end_sending(FIRST, 3, facts=FACTS) is None


def test_an_event_that_comes_twice_does_not_send_a_list_again(world: Surroundings) -> None:
    incomplete(world)
    assert world.start(owner="second") is Claim.OTHERS
    assert world.start(owner="second", event={**EVENT, "cursor": {"line": 1}}) is Claim.OTHERS
    assert world.start(owner="second", event={**EVENT, "cursor": None}) is Claim.OTHERS
    assert world.item()["state"] == "incomplete"


def test_a_list_of_which_nothing_was_sent_may_start_anew(world: Surroundings) -> None:
    incomplete(world, total=0)
    assert world.start(owner="second") is Claim.MINE
    assert world.item()["resumed_at"] == 0


def test_a_list_whose_length_nobody_wrote_down_starts_anew_once_its_run_is_incomplete(
    world: Surroundings,
) -> None:
    world.start()
    close(world.ledger, FIRST, Counts(), closer="keep", seconds=0, state=RunState.INCOMPLETE)
    assert "total" not in world.item()

    assert world.start(owner="second") is Claim.MINE
    assert (world.item()["state"], world.item()["resumed_at"]) == ("running", 0)


def test_a_run_that_is_due_while_another_runs_is_skipped(world: Surroundings) -> None:
    assert world.start(overlap=Overlap.SKIP) is Claim.MINE
    assert world.start(SECOND, overlap=Overlap.SKIP) is Claim.SKIPPED

    assert world.item(SECOND) == {
        **FACTS,
        "state": "skipped",
        "reason": "nightly@1 has not ended",
        "began": 1_000,
        "closed": 1_000,
        "expires": 1_000 + KEPT_SECONDS,
    }
    assert world.returned["reason"] == "nightly@1 has not ended"
    assert world.start(SECOND, overlap=Overlap.SKIP) is Claim.OTHERS


def test_its_own_sender_goes_on_with_a_run_that_must_not_overlap(world: Surroundings) -> None:
    world.start(overlap=Overlap.SKIP)
    assert world.start(overlap=Overlap.SKIP) is Claim.MINE
    assert world.start(overlap=Overlap.SKIP, owner="second") is Claim.OTHERS
    assert world.item()["taken_over"]


def test_after_a_run_has_ended_the_next_one_starts(world: Surroundings) -> None:
    world.start(overlap=Overlap.SKIP)
    world.ledger.end_sending(FIRST, 0, facts=FACTS)
    world.close()
    assert world.schedule.current is None
    assert world.start(SECOND, overlap=Overlap.SKIP) is Claim.MINE
    assert world.schedule.current == SECOND.key
    assert (world.returned["state"], world.returned["owner"]) == ("running", "first")


def test_one_run_waits_and_further_ones_are_skipped(world: Surroundings) -> None:
    world.start(overlap=Overlap.QUEUE)
    assert world.start(SECOND, overlap=Overlap.QUEUE, event={**EVENT, "key": SECOND.key}) is (
        Claim.WAITING
    )

    assert world.item(SECOND) == {
        **FACTS,
        "state": "waiting",
        "reason": "starts when nightly@1 has ended",
        "began": 1_000,
        "due_at": 1_300,
        "expires": 1_000 + KEPT_SECONDS,
    }
    stored = world.ledger.table.get(SECOND.event)
    assert json.loads(stored["event"]) == {**EVENT, "key": SECOND.key}
    assert stored["expires"] == 1_000 + KEPT_SECONDS
    assert (world.schedule.current, world.schedule.waiting) == (FIRST.key, SECOND.key)
    assert world.start(SECOND, overlap=Overlap.QUEUE) is Claim.WAITING
    assert world.returned["state"] == "waiting"
    assert world.start(THIRD, overlap=Overlap.QUEUE) is Claim.SKIPPED
    assert world.returned["reason"] == "nightly@1 has not ended, and nightly@2 waits already"


def test_a_run_that_waits_comes_before_one_that_is_due_now(world: Surroundings) -> None:
    world.start(overlap=Overlap.QUEUE)
    world.start(SECOND, overlap=Overlap.QUEUE)
    world.ledger.end_sending(FIRST, 0, facts=FACTS)
    world.close()
    assert world.item(SECOND)["due_at"] == 1_000

    assert world.start(THIRD, overlap=Overlap.QUEUE) is Claim.SKIPPED
    assert world.returned["reason"] == "nightly@2 waits and comes first"
    world.clock.now += 9
    assert world.start(SECOND, overlap=Overlap.QUEUE) is Claim.MINE
    assert (world.schedule.current, world.schedule.waiting) == (SECOND.key, None)
    item = world.item(SECOND)
    assert (item["state"], item["began"], item["sendings"]) == ("running", 1_000, 1)
    assert "reason" not in item


def test_a_run_that_is_only_said_to_run_keeps_no_other_from_starting(world: Surroundings) -> None:
    gone = ScheduleState(current=THIRD.key)
    assert world.ledger.table.transact([gone.write("nightly", before=ScheduleState())])
    assert world.start(overlap=Overlap.SKIP) is Claim.MINE


@pytest.mark.parametrize("schedule", ["nightly", ALL_SCHEDULES])
@pytest.mark.parametrize(
    ("note", "until", "reason"),
    [
        (None, None, "paused by ada"),
        ("stocktaking", None, "paused by ada: stocktaking"),
        (None, 2_000, "paused by ada until 1970-01-01 00:33 UTC"),
    ],
)
def test_a_run_of_a_paused_schedule_is_skipped(
    world: Surroundings, schedule: str, note: str | None, until: int | None, reason: str
) -> None:
    pause(world.ledger.table, schedule, by="ada", at=1, note=note, until=until)

    assert world.start() is Claim.SKIPPED
    assert world.returned["reason"] == reason
    assert world.start(SECOND, ignores_pause=True) is Claim.MINE


def test_a_pause_that_nobody_signed_holds_until_its_end(world: Surroundings) -> None:
    world.ledger.table.update(
        FIRST.schedule_item, "SET #pause = :pause", {"pause": {"until": 1_001}}
    )
    assert world.start() is Claim.SKIPPED
    assert world.returned["reason"] == "paused by somebody until 1970-01-01 00:16 UTC"
    world.clock.now += 1
    assert world.start(SECOND) is Claim.MINE


def test_a_run_of_a_day_that_is_left_out_is_skipped_unless_it_runs_already(
    world: Surroundings,
) -> None:
    assert world.start(left_out="a holiday") is Claim.SKIPPED
    assert world.item()["reason"] == "a holiday"
    world.start(SECOND)
    assert world.start(SECOND, left_out="a holiday") is Claim.MINE
    assert world.start(SECOND, owner="second", left_out="a holiday") is Claim.OTHERS


def test_a_run_that_another_began_meanwhile_is_not_skipped(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    incomplete(world)
    current = ScheduleState(current=SECOND.key)
    assert world.ledger.table.transact([current.write("nightly", before=world.schedule)])
    world.start(SECOND)
    table = world.ledger.table
    get, seen = table.get, []

    def get_late(key: tuple[str, str]) -> Item:
        seen.append(key)
        return {} if seen.count(FIRST.item) == 1 and key == FIRST.item else get(key)

    monkeypatch.setattr(table, "get", get_late)
    assert world.start(owner="third", overlap=Overlap.SKIP, event=REST) is Claim.MINE
    assert world.item()["state"] == "running"
