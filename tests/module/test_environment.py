"""A function's environment variables are those that its settings read, name by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from task_scheduler.config import REQUIRED, Settings
from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator

from .conftest import Planned, Variables, resources

BY_LAMBDA = {
    "LAMBDA_TASK_ROOT",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}
"""Set by Lambda itself ("Defined runtime environment variables")."""

READ = {attribute.metadata["variable"] for attribute in fields(Settings)}

QUEUE = {"name": "nightly-tasks", "arn": "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"}

WORKER = {
    "queue": {
        "tasks": QUEUE | {"url": "https://tasks"},
        "dead_letters": QUEUE | {"url": "https://dead"},
        "event_source_arn": QUEUE["arn"],
    },
    "fifo": False,
    "visibility_timeout": 360,
    "max_receive_count": 13,
    "timeout": 60,
    "memory": 512,
    "storage": 512,
    "batch_size": 10,
    "batch_window": 0,
    "task_concurrency": 2,
    "maximum_concurrency": 10,
    "layers": [],
    "vpc": None,
    "environment": {},
    "secrets": {"API_TOKEN": "/token"},
    "secrets_kms_key_arns": [],
    "policy_statements": [],
    "policy_arns": {},
}

ROLES = {
    "names": {key: key for key in (*REQUIRED, "run_task-big")},
    "path": "/",
    "permissions_boundary": None,
}

EVERYTHING: Variables = {
    "deduplication": True,
    "metrics_by_schedule": True,
    "has_generators": True,
    "has_followers": True,
    "workers": {"default": WORKER, "big": WORKER},
    "roles": ROLES,
}


@pytest.fixture(scope="module")
def plans(root: Path, emulator: Emulator) -> Iterator[list[dict[str, set[str]]]]:
    """The names of the variables that each function gets, in plans that leave none out.

    The module of the functions is planned by itself, with the queues that its own tests name: in
    the root, where their URLs are not known, the provider plans the variables as wholly unknown.
    """
    folder = root / "modules" / "functions"
    terraform.run(folder, {}, "init")
    none = dict.fromkeys(("ssm_parameter", "secret", "kms_key_arn"))
    targets = none | {"ssm_parameter": "/chat"}, none | {"secret": "chat"}
    with terraform.attached(folder, emulator.environment()) as aws:
        yield [_names(_plan(folder, aws, EVERYTHING | {"notify": target})) for target in targets]


def _plan(folder: Path, aws: Mapping[str, str], variables: Variables) -> Planned:
    (folder / "everything.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
    files = "-var-file=tests/terraform.tfvars", "-var-file=everything.tfvars.json"
    terraform.run(folder, aws, "plan", "-out=plan", *files)
    planned: Planned = json.loads(terraform.run(folder, aws, "show", "-json", "plan"))
    return planned


def _names(planned: Planned) -> dict[str, set[str]]:
    found = resources(planned, "aws_lambda_function").items()
    names = {address: set(values["environment"][0]["variables"]) for address, values in found}
    return {key: names[f'aws_lambda_function.this["{key}"]'] for key in REQUIRED}


@pytest.mark.parametrize("key", REQUIRED)
def test_a_function_gets_no_variable_that_its_settings_do_not_read(
    plans: list[dict[str, set[str]]], key: str
) -> None:
    assert set().union(*(plan[key] for plan in plans)) <= READ


@pytest.mark.parametrize("key", REQUIRED)
def test_a_function_gets_every_variable_that_its_settings_require(
    plans: list[dict[str, set[str]]], key: str
) -> None:
    assert all(plan[key].issuperset(REQUIRED[key]) for plan in plans)


def test_whatever_the_settings_read_is_set_by_the_module_or_by_lambda(
    plans: list[dict[str, set[str]]],
) -> None:
    assert READ - set().union(*(plan[key] for plan in plans for key in REQUIRED)) == BY_LAMBDA


def test_users_can_take_none_of_those_names_for_variables_of_their_own(root: Path) -> None:
    text = (root / "modules" / "functions" / "checks.tf").read_text(encoding="utf-8")
    owned = set(re.findall(r'^    "([A-Z_]+)",$', text, re.MULTILINE))

    assert owned == READ - {name for name in READ if name.startswith(("AWS_", "LAMBDA_"))} - {
        "POWERTOOLS_SERVICE_NAME"
    }
