"""The IAM policy that the guide gives to operators permits the calls that taskctl makes."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from task_scheduler_local.places import ROOT

RUNTIME = ROOT / "lambda_src" / "python" / "task_scheduler"

OTHER_NAMES = {
    "dynamodb:TransactWriteItems": "dynamodb:UpdateItem",
    "lambda:Invoke": "lambda:InvokeFunction",
    "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
    "monitoring:ListDashboards": "cloudwatch:ListDashboards",
    "secretsmanager:GetSecretValue": "ssm:GetParameter",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
"""Calls whose action in IAM is another, or in whose place the page names another."""

SERVICES = (
    "cloudwatch", "dynamodb", "lambda", "logs", "scheduler", "secretsmanager", "sqs", "ssm", "sts",
)  # fmt: skip

IMPLIED = {"dynamodb:ConditionCheckItem"}
"""Permissions that a transaction may need, though no code here names them."""


def operations() -> dict[str, str]:
    """Return the actions of the services that taskctl calls, by boto3's names of them."""
    session = botocore.session.get_session()
    found = {}
    for name in SERVICES:
        service = session.get_service_model(name)
        for operation in service.operation_names:
            action = f"{service.endpoint_prefix}:{operation}"
            found[xform_name(operation)] = OTHER_NAMES.get(action, action)
    return found


def sources() -> list[Path]:
    """Return the files whose calls an operator makes: all but `taskctl dev`, which needs no AWS."""
    of_taskctl = [
        path for path in (ROOT / "taskctl").rglob("*.py") if "dev" not in path.parent.parts
    ]
    return [*of_taskctl, *RUNTIME.glob("runs/*.py"), *RUNTIME.glob("queue/*.py")]


def called() -> set[str]:
    actions = operations()
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else None
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value  # of a paginator
            if name in actions:
                found.add(actions[name])
    return found


@pytest.fixture
def policy() -> list[dict[str, str | list[str]]]:
    page = (ROOT / "docs" / "guide" / "operator-policy.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    statements: list[dict[str, str | list[str]]] = json.loads(block)["Statement"]
    return statements


def test_the_policy_permits_what_taskctl_calls_and_nothing_else(
    policy: list[dict[str, str | list[str]]],
) -> None:
    permitted: set[str] = set()
    for statement in policy:
        actions = statement["Action"]
        permitted |= {actions} if isinstance(actions, str) else set(actions)
    assert permitted - IMPLIED == called()
