"""Two instances in one account, as child modules of one root."""

from __future__ import annotations

import pytest
from pytest_terraform import tf

from task_scheduler_local.emulator import Emulator
from tests.system.stack import Records, Stack, wait_for

pytestmark = pytest.mark.usefixtures("terraform_root")

tf.terraform("pair", scope="module")  # defines the fixture `pair`


@pytest.fixture(scope="module")
def stacks(emulator: Emulator, pair: tf.TerraformTestApi) -> list[Stack]:
    """Both, applied by pytest-terraform."""
    return [Stack(pair.outputs[name]["value"], emulator.environment()) for name in ("day", "night")]


def test_each_runs_its_own_tasks_with_names_of_its_own(
    stacks: list[Stack], records: Records
) -> None:
    day, night = stacks
    for stack, text in [(day, "by day"), (night, "by night")]:
        stack.fire(schedule="s", task="record", tasks=[text], args={"folder": str(records.folder)})
    assert sorted(record["text"] for record in records.wait(2)) == ["by day", "by night"]
    arns = [{value["arn"] for value in stack.names.values() if "arn" in value} for stack in stacks]
    assert arns[0].isdisjoint(arns[1])


def test_a_dead_letter_of_one_is_none_of_the_other(stacks: list[Stack]) -> None:
    day, night = stacks
    body = '{"unreadable": "by day"}'
    day.send(body)
    wait_for(lambda: day.dead_letters("tasks_dead_letter_queue", body))
    assert night.dead_letters("tasks_dead_letter_queue") == []
