"""Each role permits what its function calls, and what AWS's services do in its name: no more.

The table in docs/security.md lists every permission, with who uses it; this is what holds it true.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest

from task_scheduler.runs.table import Key, Table
from task_scheduler_local import terraform
from task_scheduler_local.chat import Chat, serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT
from tests.system.examples import keep_runs
from tests.system.recorder import Recording, recording
from tests.system.stack import wait_for

FUNCTIONS = ("send_task", "run_task", "keep_runs")
ROLES = (*FUNCTIONS, "scheduler")
WORKERS = {"run_task": None, "big": "big"}
"""The functions that run tasks, and the workers that runs name for them."""

DOCUMENTED_AS = dict.fromkeys(WORKERS, "run_task")
"""Roles of which docs/security.md has the permissions once for all of them."""

INSTANCES = ("open", "locked")

# Of permissions that are no resource's, for AWS has none to name there.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
}

MESSAGES_SECONDS = 400
"""More than the lease of whoever closed a run, after which keep_runs notifies people of it."""

RUN = {"version": 1, "scheduled_time": "2026-01-01T00:00:00Z"}
LISTED = {
    "schedule": "listed",
    "task": "moody",
    "tasks_s3_uri": "s3://lists-of-permissions/list.jsonl",
    "retries": 1,
    "notify_on": ["success", "failure", "recovery"],
}
REFUSED = {
    "schedule": "refused",
    "task": "moody",
    "tasks_s3_uri": "s3://lists-of-permissions/refused.jsonl",
    "notify_on": ["failure"],
}

Permissions = set[tuple[str, str]]


@dataclass
class Observed:
    """Observations of the applied instances of the module.

    Attributes:
        permitted: permission and ARN, or pattern of ARNs, by instance and role.
        made: permission and ARN of the calls of each function, by instance and function.
    """

    permitted: dict[tuple[str, str], Permissions] = field(default_factory=dict)
    made: dict[tuple[str, str], Permissions] = field(default_factory=dict)


@dataclass
class Documented:
    """The permissions in docs/security.md, by role.

    Attributes:
        called: used by the role's function itself.
        served: used by a service in the role's name, with the page where AWS says so.
    """

    called: dict[str, set[str]]
    served: dict[str, set[str]]


@pytest.fixture(scope="module")
def table() -> Documented:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = Documented({role: set() for role in ROLES}, {role: set() for role in ROLES})
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    for role, permissions, user in rows:
        by_itself = user.startswith("the function")
        assert by_itself or re.search(r"https://docs\.aws\.amazon\.com/\S+$", user), user
        uses = table.called if by_itself else table.served
        uses[role].update(re.findall(r"`(\w+:\w+)`", permissions))
    return table


@pytest.fixture(scope="module")
def observed(emulator: Emulator) -> Iterator[Observed]:
    """Has each instance run, fail, go on, and be looked after."""
    aws = emulator.environment()
    ssm, secrets = client("ssm", aws), client("secretsmanager", aws)
    observed = Observed()
    with terraform.workspace() as module, serving() as chat, ExitStack() as stack:
        root = module / "tests" / "system" / "roots" / "permissions"
        ssm.put_parameter(Name="/permitted/chat", Type="SecureString", Value=chat.url)
        secrets.create_secret(Name="permitted/chat", SecretString=chat.url)
        ssm.put_parameter(Name="/permitted/token", Type="SecureString", Value="a token")
        secrets.create_secret(Name="permitted/token", SecretString="a token")
        provided = stack.enter_context(terraform.attached(root, aws))
        terraform.run(root, provided, "init", "-input=false")
        terraform.run(root, provided, "apply", "-auto-approve", "-input=false")
        told = json.loads(terraform.run(root, provided, "output", "-json"))
        for instance in INSTANCES:
            observe(observed, instance, told[instance]["value"], emulator, chat)
        yield observed
        terraform.run(root, provided, "destroy", "-auto-approve", "-input=false")
        for name in ("permitted/chat", "permitted/token"):
            secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
            ssm.delete_parameter(Name=f"/{name}")


def observe(
    observed: Observed, instance: str, names: dict[str, Any], emulator: Emulator, chat: Chat
) -> None:
    """Has an instance do all that it can do, its calls recorded."""
    aws = emulator.environment()
    functions = client("lambda", aws)
    big = names["workers"]["big"]
    names |= {"big": big["function"], "big_role": big["role"]}
    for role in (*ROLES, "big"):
        observed.permitted[instance, role] = permitted(aws, names[f"{role}_role"]["name"])
    with ExitStack() as stack:
        recordings = {}
        for function in (*FUNCTIONS, "big"):
            made = recordings[function] = stack.enter_context(recording(emulator.endpoint_url))
            observed.made[instance, function] = made.calls
            name = names[function]["name"]
            now = functions.get_function_configuration(FunctionName=name)
            variables = now["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": made.url}
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
        Doing(instance, names, aws, chat, recordings).everything()


@dataclass
class Doing:
    """An instance, and what it is made to do."""

    prefix: str
    names: dict[str, Any]
    aws: dict[str, str]
    chat: Chat
    recordings: dict[str, Recording]

    def everything(self) -> None:
        """All for which a function has a permission."""
        told = len(self.chat.messages)
        keep_runs(self.prefix, self.aws)  # takes note of what the schedule that follows follows
        for number, worker in enumerate(WORKERS.values(), start=1):
            # succeeds, succeeds late, fails, and is refused: one message
            self.fire(LISTED | {"schedule": f"listed-{number}", "worker": worker})
            wait_for(lambda n=number: self.outcomes().count("failed") >= n)  # type: ignore[misc]
            self.await_messages(told + number)
        self.fire(REFUSED)  # closed by send_task
        self.await_messages(told + 3)
        self.fire({"schedule": "made", "tasks_source": "slow"})  # goes on by itself
        wait_for(lambda: self.outcomes().count("success") >= 7)
        for function, worker in WORKERS.items():
            self.run_without_table(function, worker)
        self.look_after_runs()
        self.await_messages(told + 4)
        wait_for(self.has_followed)

    def run_without_table(self, function: str, worker: str | None) -> None:
        """Have a task end that the ledger does not take."""
        queue = self.names["workers"][worker or "default"]["queue"]["arn"]
        made = self.recordings[function]
        made.is_table_down = True
        late = {"schedule": f"late-{function}", "task": "moody", "tasks": ["fine"]}
        self.fire(late | {"worker": worker})
        wait_for(lambda: ("sqs:SendMessage", queue) in made.calls)
        made.is_table_down = False

    def has_followed(self) -> bool:
        """Have keep_runs look; true once it has read what a schedule that follows runs."""
        keep_runs(self.prefix, self.aws)
        return "scheduler:GetSchedule" in {
            action for action, _ in self.recordings["keep_runs"].calls
        }

    def await_messages(self, count: int) -> None:
        """Wait for messages; one that chat did not take in time is sent again by keep_runs."""
        deadline = time.monotonic() + MESSAGES_SECONDS
        while len(self.chat.messages) < count:
            assert time.monotonic() < deadline, self.chat.messages
            keep_runs(self.prefix, self.aws)
            time.sleep(1)

    def look_after_runs(self) -> None:
        """Have keep_runs start a run, notify people of another, and remove an old mark."""
        table = Table(client("dynamodb", self.aws), self.names["ledger"]["name"])
        now = int(time.time())
        event = json.dumps(RUN | {"schedule": "waits", "task": "moody", "tasks": ["fine"]})
        table.put(("E#waits@1", "event"), {"event": event})
        facts = {"state": "waiting", "due_at": now}
        self.make_due(table, ("S#waits", "R#1"), facts)
        closed = {"began": now, "closed": now, "ended": 1, "failed": 1, "total": 1, "due_time": now}
        people = {"event": "failure", "notify_on": ["failure"], "state": "failed"}
        self.make_due(table, ("S#untold", "R#1"), {**closed, **people, "due_at": now})
        table.put(("due", "S#gone#R#1"), {"due_at": 1, "of_pk": "S#gone", "of_sk": "R#1"})
        done = keep_runs(self.prefix, self.aws)  # may start what follows, too
        assert (done.get("started") in (1, 2), done.get("notified")) == (True, 1), done

    def make_due(self, table: Table, run: Key, facts: dict[str, Any]) -> None:
        names = ", ".join(f"#{name} = :{name}" for name in facts)
        table.update(run, f"SET {names}", facts)

    def fire(self, event: dict[str, Any]) -> None:
        client("lambda", self.aws).invoke(
            FunctionName=self.names["send_task"]["name"],
            InvocationType="Event",
            Payload=json.dumps({k: v for k, v in (RUN | event).items() if v is not None}),
        )

    def outcomes(self) -> list[str]:
        pages = (
            client("logs", self.aws)
            .get_paginator("filter_log_events")
            .paginate(logGroupName=self.names["run_task"]["log_group"])
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        return re.findall(r'"outcome":"(\w+)"', "\n".join(lines))


def permitted(aws: dict[str, str], role: str) -> Permissions:
    """Permission and resource of each statement of a role's policies that allows something."""
    iam = client("iam", aws)
    found = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                found |= {(a, arn) for a in statement["Action"] for arn in statement["Resource"]}
    return found


@pytest.mark.parametrize("instance", INSTANCES)
@pytest.mark.parametrize("role", [*FUNCTIONS, "big"])
def test_a_function_may_make_each_call_that_it_makes(
    instance: str, role: str, observed: Observed
) -> None:
    permitted = observed.permitted[instance, role]
    missing = [
        (action, arn)
        for action, arn in observed.made[instance, role]
        if not any(a == action and fnmatchcase(arn, on) for a, on in permitted)
    ]
    assert missing == []


@pytest.mark.parametrize("instance", INSTANCES)
@pytest.mark.parametrize("role", [*ROLES, "big"])
def test_what_a_role_permits_is_called_by_its_function_or_used_by_a_service(
    instance: str, role: str, observed: Observed, table: Documented
) -> None:
    permitted = observed.permitted[instance, role]
    made = observed.made.get((instance, role), set())
    unused = {
        action
        for action, on in permitted
        if not any(a == action and fnmatchcase(arn, on) for a, arn in made)
    }
    assert unused == table.served[DOCUMENTED_AS.get(role, role)] & {
        action for action, _ in permitted
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_table_lists_the_calls_of_each_function_and_every_permission(
    role: str, observed: Observed, table: Documented
) -> None:
    made = [observed.made.get((instance, role), set()) for instance in INSTANCES]
    assert table.called[role] == {action for calls in made for action, _ in calls}
    permitted = [observed.permitted[instance, role] for instance in INSTANCES]
    listed = table.called[role] | table.served[role]
    assert listed == {action for found in permitted for action, _ in found}


def test_no_permission_is_a_pattern(observed: Observed) -> None:
    actions = {action for found in observed.permitted.values() for action, _ in found}
    assert not [action for action in actions if "*" in action]


def test_only_what_has_no_resource_is_permitted_on_everything(observed: Observed) -> None:
    on_everything = {
        action for found in observed.permitted.values() for action, on in found if on == "*"
    }
    assert on_everything == WITHOUT_RESOURCE
