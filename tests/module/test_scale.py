"""The module with many schedules, and the depth of what the provider waits for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from tests.module.conftest import Planned, Variables, resources


def test_a_thousand_schedules_are_planned(plan: Callable[[Variables], Planned]) -> None:
    schedules = {
        f"s{number}": {
            "expression": f"cron({number % 60} {number % 24} * * ? *)",
            "timezone": "Europe/Berlin",
            "tasks": [f"task of {number}"],
        }
        for number in range(1_000)
    }
    planned = plan({"schedules": schedules})
    found = [
        schedule
        for schedule in resources(planned, "aws_scheduler_schedule").values()
        if schedule["group_name"] == "cdklab"
    ]
    assert len(found) == 1_000
    assert len({schedule["schedule_expression"] for schedule in found}) == 120


@pytest.mark.parametrize("fifo", [False, True])
def test_what_belongs_to_sqs_waits_for_sqs_twice_at_most(
    fifo: bool, root: Path, emulator: Emulator
) -> None:
    """The provider waits for about 25 s after each of them: depth is time."""
    aws = emulator.environment() | {"TF_VAR_fifo": str(fifo).lower()}
    graph = terraform.run(root, aws, "graph", "-type=plan")
    edges: dict[str, set[str]] = {}
    for source, target in re.findall(r'"\[root\] ([^"]+)" -> "\[root\] ([^"]+)"', graph):
        edges.setdefault(source, set()).add(target)

    @cache
    def depth(node: str) -> int:
        below = max((depth(target) for target in edges.get(node, ())), default=0)
        is_sqs = re.search(r"\baws_sqs_\w+\.\w+ \(expand\)$|\baws_sqs_\w+\.\w+$", node) is not None
        return below + is_sqs

    assert any(depth(node) == 1 for node in edges)
    assert max(depth(node) for node in edges) == 2
