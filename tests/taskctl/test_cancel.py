"""Cancelling runs, and naming the one that is meant."""

from __future__ import annotations

import pytest

from tests.taskctl.conftest import Call
from tests.taskctl.ledger import HOUR, Recorded


def test_a_run_that_runs_is_asked_to_end(recorded: Recorded, call: Call) -> None:
    run = recorded.begin("nightly@2026-11-23T02:00:00Z", total=2)

    done = call("cancel", run.key, "--yes", "--why", "wrong list")

    assert (done.code, done.err) == (0, "")
    assert done.out == f"{run.key}: asked to end; `taskctl runs` shows when it has\n"
    item = recorded.table.get(run.item)
    assert (item["state"], item["reason"]) == ("running", "wrong list")
    assert item["cancelled_by"].startswith("arn:aws:")
    (row,) = call("runs", "--since", "2026-11-01", "--json").json
    assert (row["state"], row["cancelled_by"]) == ("running", item["cancelled_by"])


def test_a_run_that_waits_ends_at_once(recorded: Recorded, call: Call) -> None:
    recorded.begin("nightly@2026-11-23T02:00:00Z", overlap="queue")
    run = recorded.begin("nightly@2026-11-23T03:00:00Z", overlap="queue")

    done = call("cancel", run.key, "--yes", "--json")

    assert done.json == {"run": run.key, "state": "cancelled"}
    assert recorded.table.get(run.item)["state"] == "cancelled"
    assert recorded.table.get(run.schedule_item)["waiting"] is None


def test_force_closes_a_run_with_what_has_ended(recorded: Recorded, call: Call) -> None:
    run = recorded.begin("nightly@2026-11-23T02:00:00Z", total=3)
    recorded.end(run, range(1, 3))

    assert call("cancel", run.key, "--yes", "--force").out == f"{run.key}: cancelled\n"

    item = recorded.table.get(run.item)
    assert (item["state"], item["ended"], item["missing"]) == ("cancelled", 2, 1)


def test_a_run_that_is_over_is_not_cancelled(recorded: Recorded, call: Call) -> None:
    run = recorded.ran("nightly@2026-11-23T02:00:00Z", succeeded=1)
    done = call("cancel", run.key, "--yes")
    assert (done.code, done.err) == (2, f"taskctl: run {run.key} is over: succeeded\n")


def test_the_beginning_of_a_key_or_a_schedule_is_enough_if_it_means_one(
    recorded: Recorded, call: Call
) -> None:
    for hour in ("02", "03"):
        recorded.begin(f"nightly@2026-11-23T{hour}:00:00Z", due=recorded.now - HOUR)

    named = call("cancel", "nightly@2026-11-23T02", "--yes", "--json").json["run"]
    last = call("cancel", "nightly", "--yes", "--json").json["run"]

    assert (named, last) == ("nightly@2026-11-23T02:00:00Z", "nightly@2026-11-23T03:00:00Z")


def test_a_schedule_stands_for_its_last_run_that_is_not_over(
    recorded: Recorded, call: Call
) -> None:
    run = recorded.begin("nightly@2026-11-23T02:00:00Z", overlap="skip")
    skipped = recorded.begin("nightly@2026-11-23T03:00:00Z", overlap="skip")
    assert recorded.table.get(skipped.item)["state"] == "skipped"

    assert call("cancel", "nightly", "--yes", "--json").json["run"] == run.key
    assert call("cancel", "nightly", "--yes", "--force").code == 0

    done = call("cancel", "nightly", "--yes")
    assert (done.code, done.err) == (2, f"taskctl: run {skipped.key} is over: skipped\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "nightly@2026-11-23",
            "is the beginning of several runs: nightly@2026-11-23T02:00:00Z, "
            "nightly@2026-11-23T03:00:00Z",
        ),
        ("nightly@2026-11-24", "its last runs are nightly@2026-11-23T02:00:00Z, "),
        ("nigthly@2026-11-23", "no schedule 'nigthly'; did you mean nightly?"),
        ("hourly", "no run 'hourly' of hourly, which has not run yet"),
    ],
)
def test_what_means_no_run_or_several_names_those_there_are(
    recorded: Recorded, call: Call, text: str, sentence: str
) -> None:
    recorded.add_schedule("hourly")
    recorded.begin("nightly@2026-11-23T02:00:00Z")
    recorded.begin("nightly@2026-11-23T03:00:00Z")
    done = call("cancel", text, "--yes")
    assert done.code == 2
    assert sentence in done.err
