"""A function's environment variables are those that its settings read, name by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from task_scheduler.config import REQUIRED, Settings

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

EVERYTHING: Variables = {
    "deduplication": True,
    "metrics_by_schedule": True,
    "task_concurrency": 2,
}


@pytest.fixture(scope="module")
def plans(plan: Callable[[Variables], Planned]) -> list[dict[str, set[str]]]:
    """The names of the variables that each function gets, in plans that leave none out."""
    targets = {"ssm_parameter": "/chat"}, {"secret": "chat"}
    return [_names(plan(EVERYTHING | {"notify": target})) for target in targets]


def _names(planned: Planned) -> dict[str, set[str]]:
    return {
        key: set(_environment(planned, key)) for key in REQUIRED
    }  # fmt: skip


def _environment(planned: Planned, key: str) -> dict[str, Any]:
    """Those of which the value is known at plan, and those of which it is not."""
    [address] = [a for a in resources(planned, "aws_lambda_function") if f'["{key}"]' in a]
    [change] = [c for c in planned["resource_changes"] if c["address"] == address]
    variables: dict[str, Any] = {}
    for part in ("after", "after_unknown"):
        for environment in change["change"][part].get("environment") or []:
            known = environment.get("variables")
            variables |= known if isinstance(known, dict) else {}
    return variables


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
