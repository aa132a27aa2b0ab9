"""Pausing and resuming: kept in the ledger, shown where people look, not undone by Terraform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.leftovers import client
from tests.taskctl.conftest import Applied, Call, Operate, Taskctl
from tests.taskctl.ledger import Recorded


def test_a_pause_says_who_until_when_and_why(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("nightly")
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)

    done = call("pause", "nightly", "--yes", "--note", "moving", "--until", until.isoformat())

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("nightly: paused by ")
    assert done.out.endswith(": moving\n")
    item = recorded.table.get(("S", "nightly"))
    assert set(item) == {"pk", "sk", "pause"}
    assert (item["pause"]["note"], item["pause"]["until"]) == ("moving", until.timestamp())
    assert item["pause"]["by"].startswith("arn:aws:")
    for command in (("next",), ("runs",), ("next", "nightly")):
        shown = call(*command)
        assert ": moving" in shown.out + shown.err


def test_a_pause_of_all_is_shown_with_each_schedule(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("hourly")
    recorded.add_schedule("nightly")

    done = call("pause", "--all", "--yes", "--note", "a freeze")
    assert done.code == 0
    assert done.out.startswith("all schedules: paused by ")
    assert call("next").out.count("paused with all schedules by") == 2
    assert call("runs", "nightly").err.startswith("All schedules are paused by ")
    done = call("resume", "nightly", "--yes")
    assert done.out == "nightly: was not paused\n"
    assert done.err.startswith("nightly is paused with all schedules by ")
    assert call("resume", "--all", "--yes").out == "all schedules: resumed\n"
    assert "paused" not in call("next").out


def test_one_that_is_paused_by_itself_stays_so_when_all_are_resumed(
    recorded: Recorded, call: Call
) -> None:
    recorded.add_schedule("nightly")
    call("pause", "nightly", "--yes")
    call("pause", "--all", "--yes")

    done = call("resume", "--all", "--yes")

    assert done.err.startswith("nightly is still paused by ")
    assert call("resume", "nightly", "--yes", "--json").json == {
        "schedule": "nightly", "paused": False, "changed": True,
    }  # fmt: skip


def test_next_marks_only_the_times_that_are_skipped(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("nightly")
    call("pause", "nightly", "--yes", "--until", "90m")

    rows = call("next", "nightly", "-n", "3", "--json").json

    assert [("paused" in (row["note"] or "")) for row in rows] == [True, False, False]


def test_pausing_a_paused_schedule_asks_nothing(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("nightly")
    call("pause", "nightly", "--yes", "--note", "moving")

    assert call("pause", "nightly").out.startswith("nightly: was already paused by ")
    assert call("pause", "nightly", "--json").json["changed"] is False
    assert call("pause", "nightly", "--yes", "--note", "moved on").code == 0
    assert recorded.table.get(("S", "nightly"))["pause"]["note"] == "moved on"


def test_what_is_not_given_anew_stays_as_it_was(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("nightly")
    call("pause", "nightly", "--yes", "--note", "moving")

    call("pause", "nightly", "--yes", "--until", "2h")
    until = recorded.table.get(("S", "nightly"))["pause"]["until"]
    assert call("pause", "nightly", "--yes", "--note", "").out.count("moving") == 0

    pause = recorded.table.get(("S", "nightly"))["pause"]
    assert (pause["until"], pause["note"]) == (until, "")


@pytest.mark.parametrize(
    "value",
    [
        {"S": "yes"},
        {"M": {"until": {"S": "soon"}, "by": {"N": "7"}}},
        {"M": {"until": {"N": "9" * 20}, "at": {"BOOL": True}}},
    ],
)
def test_a_pause_that_was_edited_by_hand_ends_nothing_in_a_traceback(
    recorded: Recorded, call: Call, value: dict[str, object]
) -> None:
    recorded.add_schedule("nightly")
    key = {"pk": {"S": "S"}, "sk": {"S": "nightly"}}
    recorded.dynamodb.put_item(TableName=f"{recorded.prefix}-ledger", Item={**key, "pause": value})
    for command in ("next", "runs"):
        assert call(command).code == 0
    assert call("resume", "nightly", "--yes").code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nigthly",), "no schedule 'nigthly' in the stack"),
        ((), "name a schedule, or --all"),
        (("nightly", "--all"), "name a schedule, or --all"),
        (("nightly", "--until", "2020-01-01"), "must be in the future, and is past"),
        (("nightly", "--until", "whenever"), "'whenever' must be a date and time"),
        (("nightly", "--until", "9999999w"), "is after the last date there is"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    recorded: Recorded, call: Call, arguments: tuple[str, ...], sentence: str
) -> None:
    recorded.add_schedule("nightly")
    done = call("pause", *arguments, "--yes")
    assert done.code == 2
    assert sentence in done.err
    assert recorded.table.get(("S", "nightly")) == {}


def test_nothing_changes_without_confirmation(recorded: Recorded, call: Call) -> None:
    recorded.add_schedule("nightly")
    done = call("pause", "nightly")
    assert done.code == 2
    assert "--yes" in done.err
    assert recorded.table.get(("S", "nightly")) == {}


def test_a_paused_run_is_a_row_and_terraform_does_not_resume_it(
    applied: Applied, operate: Operate
) -> None:
    scheduler = client("scheduler", applied.aws)
    before = scheduler.get_schedule(GroupName="operated", Name="wavering")["State"]
    assert operate("pause", "wavering", "--yes", "--note", "a test").returncode == 0
    try:
        applied.apply()

        assert "wavering is paused by " in operate("runs", "wavering").stderr
        assert scheduler.get_schedule(GroupName="operated", Name="wavering")["State"] == before
    finally:
        assert operate("resume", "wavering", "--yes").stdout == "wavering: resumed\n"


def test_the_stack_is_found_by_the_outputs_of_the_current_folder(
    applied: Applied, taskctl: Taskctl
) -> None:
    root = ("--root", applied.root)
    done = taskctl("resume", "nightly", *root, environment=terraform.environment(applied.aws))
    assert (done.returncode, done.stdout) == (0, "nightly: was not paused\n"), done.stderr


def test_missing_credentials_are_reported_in_one_sentence(taskctl: Taskctl) -> None:
    region = {"AWS_REGION": "eu-central-1"}
    done = taskctl("pause", "nightly", "--yes", "--prefix", "x", environment=region)
    assert done.returncode == 2
    assert done.stderr.startswith("taskctl: no AWS credentials")
