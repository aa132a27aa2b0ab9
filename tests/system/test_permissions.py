"""Each role permits what is done in its name, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest

from local import ROOT, terraform
from local.chat import serving
from local.emulator import Emulator
from local.leftovers import client
from tests.system.house import wait_for
from tests.system.recorder import recording

FUNCTIONS = ("send_task", "run_task")


@dataclass
class Observed:
    """What was seen of the applied module.

    Attributes:
        permitted: permission and ARN, or pattern of ARNs, by role.
        made: permission and ARN of the calls of each function.
    """

    permitted: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    made: dict[str, set[tuple[str, str]]] = field(default_factory=dict)


def by_services() -> dict[str, set[str]]:
    """The permissions that AWS's services use in the names of the roles: docs/security.md."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for role, permissions in re.findall(r"^\| `(\w+)` \| ([^|]+) \| .*https://\S+ \|$", text, re.M):
        found.setdefault(role, set()).update(re.findall(r"`([\w:]+)`", permissions))
    return found


@pytest.fixture(scope="module")
def observed(emulator: Emulator) -> Iterator[Observed]:
    """Fires, with success, another try, failure, duplicate, refused line and continuation."""
    aws = emulator.environment()
    functions, ssm, logs = (client(service, aws) for service in ("lambda", "ssm", "logs"))
    observed = Observed()
    with terraform.workspace() as module, serving() as chat, ExitStack() as stack:
        root = module / "tests" / "system" / "roots" / "permissions"
        ssm.put_parameter(Name="/permitted/chat", Type="SecureString", Value=chat.url)
        terraform.run(root, aws, "init", "-input=false")
        terraform.run(root, aws, "apply", "-auto-approve", "-input=false")
        names = json.loads(terraform.run(root, aws, "output", "-json"))["task_scheduler"]["value"]
        for role in (*FUNCTIONS, "scheduler"):
            observed.permitted[role] = permitted(aws, names[f"{role}_role"]["name"])
        for function in FUNCTIONS:
            url, observed.made[function] = stack.enter_context(recording(emulator.endpoint_url))
            name = names[function]["name"]
            told = functions.get_function_configuration(FunctionName=name)
            variables = told["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": url}
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
        firing = {"version": 1, "scheduled_time": "2026-01-01T00:00:00Z"}
        listed = {
            "schedule": "listed",
            "task": "moody",
            "tasks_s3_uri": "s3://lists-of-permissions/list.jsonl",
            "retries": 1,
            "notify_on": ["success", "failure", "recovered"],
        }

        def outcomes() -> list[str]:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=names["run_task"]["log_group"]
            )
            lines = [event["message"] for page in pages for event in page["events"]]
            return re.findall(r'"outcome":"(\w+)"', "\n".join(lines))

        def fire(event: dict[str, Any]) -> None:
            functions.invoke(
                FunctionName=names["send_task"]["name"],
                InvocationType="Event",
                Payload=json.dumps(firing | event),
            )

        fire(listed)
        wait_for(lambda: {"success", "failed"} <= {*outcomes()} and outcomes().count("retry") == 2)
        wait_for(lambda: chat.messages)
        fire(listed)
        fire({"schedule": "made", "tasks_source": "slow"})
        wait_for(lambda: outcomes().count("duplicate") >= 3)
        wait_for(lambda: outcomes().count("success") == 5)
        yield observed
        terraform.run(root, aws, "destroy", "-auto-approve", "-input=false")
        ssm.delete_parameter(Name="/permitted/chat")


def permitted(aws: dict[str, str], role: str) -> set[tuple[str, str]]:
    """Permission and resource of each statement of a role's policies."""
    iam = client("iam", aws)
    found = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            found |= {(a, arn) for a in statement["Action"] for arn in statement["Resource"]}
    return found


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_function_may_make_each_call_that_it_makes(role: str, observed: Observed) -> None:
    missing = [
        (action, arn)
        for action, arn in observed.made[role]
        if not any(a == action and fnmatchcase(arn, on) for a, on in observed.permitted[role])
    ]
    assert missing == []


@pytest.mark.parametrize("role", [*FUNCTIONS, "scheduler"])
def test_what_a_role_permits_is_used_by_its_function_or_by_a_service(
    role: str, observed: Observed
) -> None:
    made = observed.made.get(role, set())
    unused = {
        action
        for action, on in observed.permitted[role]
        if not any(a == action and fnmatchcase(arn, on) for a, arn in made)
    }
    assert unused == by_services()[role] & {action for action, _ in observed.permitted[role]}


def test_no_permission_is_a_pattern(observed: Observed) -> None:
    actions = {action for found in observed.permitted.values() for action, _ in found}
    assert not [action for action in actions if "*" in action]


def test_only_x_ray_is_permitted_on_everything(observed: Observed) -> None:
    actions = {action for found in observed.permitted.values() for action, on in found if on == "*"}
    assert {action.partition(":")[0] for action in actions} == {"xray"}
