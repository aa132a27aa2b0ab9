"""Dead letters outlive their queues: write them to a file, and send them from it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from taskctl.dead_letters.export import export_dead_letters
from taskctl.errors import TaskctlError
from tests.taskctl.conftest import Taskctl
from tests.taskctl.test_redrive import make_dead_letters

FILE = "dead.jsonl"
SCHEDULED = {"version": 1, "id": "s@t#1", "schedule": "s", "task": "go", "text": "one"}
GROUPED = SCHEDULED | {"id": "s@t#2", "message_group": "mine"}
INCOMPLETE = {"kind": "incomplete", "schedule": "s", "run": "s@t", "reason": "no", "goes_on_at": 3}


class Dead:
    """Stacks with nothing but queues, and commands on them."""

    def __init__(self, emulator: Emulator, taskctl: Taskctl, folder: Path) -> None:
        self.environment = emulator.environment()
        self.sqs = client("sqs", self.environment)
        self.file = folder / FILE
        self._emulator, self._taskctl = emulator, taskctl

    def make(self, *texts: str, fifo: bool = False) -> str:
        return make_dead_letters(self._emulator, *texts, fifo=fifo)

    def run(self, *arguments: str, prefix: str) -> Any:
        return self._taskctl(*arguments, "--prefix", prefix, environment=self.environment)

    def send(self, queue: str, body: object, **attributes: str) -> None:
        values = {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()}
        self.sqs.send_message(
            QueueUrl=self.url(queue),
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes=values,
        )

    def url(self, queue: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=queue)["QueueUrl"])

    def receive(self, queue: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url(queue), MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]


@pytest.fixture
def dead(emulator: Emulator, taskctl: Taskctl, tmp_path: Path) -> Dead:
    return Dead(emulator, taskctl, tmp_path)


def write(path: Path, *bodies: object, **fields: object) -> None:
    """Write a file of tasks with these bodies."""
    line = {"version": 1, "queue": "tasks", "time": "2026-11-23T02:00:00.000Z",
            "message_group": None, "attributes": {"outcome": "failed"}}  # fmt: skip
    lines = [
        line | {"id": f"{number:08}-0", "body": json.dumps(body)} | fields
        for number, body in enumerate(bodies, start=1)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def test_all_dead_letters_of_both_queues_are_written_and_stay(dead: Dead) -> None:
    prefix = dead.make(*["x"] * 11)
    dead.send(f"{prefix}-tasks-dead-letter", SCHEDULED, outcome="failed", reason="é")
    dead.send(f"{prefix}-runs-dead-letter", INCOMPLETE, kind="incomplete")

    done = dead.run("failed", "--export", FILE, prefix=prefix)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Wrote 13 dead letters to {FILE}; on the queues nothing changed.\n"
    assert stat.S_IMODE(dead.file.stat().st_mode) == 0o600
    lines = dead.lines()
    assert {line["version"] for line in lines} == {1}
    (run,) = [line for line in lines if line["queue"] == "runs"]
    assert (json.loads(run["body"]), run["attributes"]) == (INCOMPLETE, {"kind": "incomplete"})
    (failed,) = [line for line in lines if line["attributes"].get("outcome")]
    assert failed["queue"] == "tasks"
    assert json.loads(failed["body"]) == SCHEDULED
    assert failed["attributes"] == {"outcome": "failed", "reason": "é"}
    listed = dead.run("failed", "--json", prefix=prefix).stdout
    assert {row["id"] for row in json.loads(listed)} == {line["id"][:8] for line in lines}


def test_an_export_that_lacks_some_says_so_and_fails(dead: Dead) -> None:
    prefix = dead.make(*["x"] * 12, fifo=True)
    done = dead.run("failed", "--export", FILE, prefix=prefix)
    assert done.returncode == 1
    assert f"About 2 more are not in {FILE}: SQS hands out ten of a message" in done.stderr
    assert [line["message_group"] for line in dead.lines()] == ["mine"] * 10


def test_an_existing_file_is_not_overwritten(dead: Dead) -> None:
    dead.file.write_text("mine")
    done = dead.run("failed", "--export", FILE, prefix=dead.make("x"))
    assert done.returncode == 2
    assert done.stderr == f"taskctl: {FILE} exists and is not overwritten: name another file\n"
    assert dead.file.read_text() == "mine"


def test_an_export_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def urls() -> Iterator[str]:
        assert (tmp_path / FILE).exists()
        raise TaskctlError("no access")
        yield

    with pytest.raises(TaskctlError, match="no access"):
        export_dead_letters(urls(), tmp_path / FILE)
    assert not (tmp_path / FILE).exists()


def test_a_file_that_cannot_be_written_is_named(dead: Dead) -> None:
    done = dead.run("failed", "--export", "nowhere/x", prefix=dead.make("x"))
    assert done.stderr == "taskctl: cannot write nowhere/x: No such file or directory\n"


@pytest.mark.parametrize("was_fifo", [False, True])
def test_dead_letters_move_to_a_stack_whose_queue_is_of_the_other_kind(
    dead: Dead, was_fifo: bool
) -> None:
    before, after = dead.make("one", "two", fifo=was_fifo), dead.make(fifo=not was_fifo)
    assert dead.run("failed", "--export", FILE, prefix=before).returncode == 0
    ids = {line["id"][:8] for line in dead.lines()}

    done = dead.run("redrive", "--from", FILE, "--yes", prefix=after)

    assert (done.returncode, done.stdout) == (0, "Sent again: 2 tasks.\n"), done.stderr
    sent = [
        json.loads(message["Body"])
        for message in dead.receive(f"{after}-tasks{'' if was_fifo else '.fifo'}")
    ]
    assert {message["text"] for message in sent} == {"one", "two"}
    assert {message["id"].partition("+again-")[2][:8] for message in sent} == ids


def test_on_fifo_a_task_gets_its_group_or_its_schedules_and_is_sent_once(dead: Dead) -> None:
    prefix = dead.make(fifo=True)
    write(dead.file, SCHEDULED, GROUPED, "typed by hand")
    for _ in range(2):
        done = dead.run("redrive", "--from", FILE, "--yes", prefix=prefix)
        assert (done.returncode, done.stdout) == (0, "Sent again: 3 tasks.\n"), done.stderr

    received = [each for _ in range(3) for each in dead.receive(f"{prefix}-tasks.fifo")]
    assert sorted(each["Attributes"]["MessageGroupId"] for each in received) == [
        "00000003-0",
        "mine",
        "s",
    ]


def test_a_second_time_a_task_has_the_same_id(dead: Dead) -> None:
    prefix = dead.make()
    write(dead.file, SCHEDULED)
    dead.file.write_text(dead.file.read_text() * 2)  # two exports, joined
    for _ in range(2):
        done = dead.run("redrive", "--from", FILE, "--yes", prefix=prefix)
        assert done.stdout == "Sent again: 1 task.\n"
    received = dead.receive(f"{prefix}-tasks")
    assert [json.loads(each["Body"])["id"] for each in received] == ["s@t+again-00000001#1"] * 2


def test_lines_that_hold_no_dead_letter_are_named_and_the_others_sent(dead: Dead) -> None:
    prefix = dead.make()
    write(dead.file, SCHEDULED)
    good = json.loads(dead.file.read_text())
    wrong = [
        ("{", "not JSON: "),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "must be a JSON object"),
        (json.dumps(good | {"version": 2}), "version must be 1, not 2"),
        (json.dumps(good | {"body": None}), "body must be a string"),
        (json.dumps(good | {"id": "short"}), "id must have 8 characters or more"),
        (json.dumps(good | {"queue": "dead"}), "queue must be tasks or runs, not 'dead'"),
        (json.dumps(good | {"queue": ["tasks"]}), "queue must be tasks or runs"),
        (json.dumps(good | {"time": "now"}), "time must be as in "),
        (json.dumps(good | {"attributes": {"outcome": 1}}), "attributes must be an object of"),
        (json.dumps(good | {"message_group": 5}), "message_group must be a string"),
    ]
    lines = [*(line for line, _ in wrong), "", json.dumps(good)]
    dead.file.write_text("\n".join(lines))

    done = dead.run("redrive", "--from", FILE, "--yes", prefix=prefix)

    assert (done.returncode, done.stdout) == (1, "Sent again: 1 task.\n"), done.stderr
    noted = done.stderr.splitlines()
    assert len(noted) == len(wrong)
    for number, (line, (_, reason)) in enumerate(zip(noted, wrong, strict=True), start=1):
        assert line.startswith(f"{FILE}, line {number}: {reason}")


def test_ids_choose_from_the_file(dead: Dead) -> None:
    prefix = dead.make()
    write(dead.file, SCHEDULED, GROUPED)
    done = dead.run("redrive", "00000002", "--from", FILE, "--yes", prefix=prefix)
    assert (done.returncode, done.stdout) == (0, "Sent again: 1 task.\n"), done.stderr
    (message,) = dead.receive(f"{prefix}-tasks")
    assert json.loads(message["Body"])["message_group"] == "mine"
    done = dead.run("redrive", "99999999", "--from", FILE, "--yes", prefix=prefix)
    assert done.stderr == f"taskctl: no dead letter 99999999 in {FILE}\n"


def test_what_cannot_be_sent_from_a_file_is_named(dead: Dead) -> None:
    write(dead.file, {"version": 99}, SCHEDULED)
    done = dead.run("redrive", "--from", FILE, "--yes", prefix=dead.make())
    assert (done.returncode, done.stdout) == (1, "Sent again: 1 task.\n")
    assert "00000001 is not sent: unreadable" in done.stderr


def test_sending_from_a_file_asks_first(dead: Dead) -> None:
    write(dead.file, SCHEDULED)
    prefix = dead.make()
    done = dead.run("redrive", "--from", FILE, prefix=prefix)
    assert done.returncode == 2
    assert f"Send 1 dead letter of {FILE} to the stack '{prefix}' again?" in done.stderr
    assert dead.receive(f"{prefix}-tasks") == []
    done = dead.run("redrive", "--from", "none", "--yes", prefix=prefix)
    assert done.stderr == "taskctl: cannot read none: No such file or directory\n"


@pytest.mark.parametrize(
    ("values", "lost"),
    [
        ("fifo = true", ["tasks-dead-letter", "tasks"]),
        ('prefix = "other"', ["runs-dead-letter", "tasks-dead-letter", "tasks"]),
        ("", []),
    ],
)
def test_check_warns_of_queues_that_would_be_deleted_with_messages(
    dead: Dead, tmp_path: Path, values: str, lost: list[str]
) -> None:
    prefix = dead.make("x")
    dead.send(f"{prefix}-runs-dead-letter", INCOMPLETE)
    dead.send(f"{prefix}-tasks", SCHEDULED)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "terraform.tfvars").write_text(
        f'task_code_dir = "tasks"\nschedules = {{}}\n{values or f"prefix = {json.dumps(prefix)}"}\n'
        + (f'prefix = "{prefix}"' if values.startswith("fifo") else "")
    )

    done = dead.run("check", "--deployed", "--json", prefix=prefix)

    read = json.loads(done.stdout)
    assert (done.returncode, read["problems"]) == (0, [])
    names = [warning.partition(", with about 1 ")[0] for warning in read["warnings"]]
    assert names == [f"{prefix}-{name}" for name in lost]
    if lost:
        assert "`taskctl failed --export FILE`" in read["warnings"][0]


def test_check_asks_aws_only_where_it_is_told_to(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "terraform.tfvars").write_text('task_code_dir = "tasks"\nschedules = {}\n')
    assert taskctl("check").returncode == 0
    done = taskctl("check", "--deployed", "--prefix", "mine")
    assert done.returncode == 1
    assert done.stdout.startswith("cannot compare with what is deployed: no AWS ")
