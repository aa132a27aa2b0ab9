"""With a table of records a task has one effect, but for death between effect and record."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from tests.faults import proxy as faults
from tests.faults.proxy import FaultProxy, Rule
from tests.faults.stack import TASKS, Stack


@pytest.fixture
def table(emulator: Emulator) -> dict[str, str]:
    """A table for records, as the functions' variables name it."""
    name = f"faults-{uuid.uuid4().hex}"
    client("dynamodb", emulator.environment()).create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return {"DEDUPLICATION": "true", "LEDGER_TABLE": name}


def test_with_records_only_death_between_effect_and_record_repeats_an_effect(
    open_stack: Callable[..., Stack], proxy: FaultProxy, table: dict[str, str]
) -> None:
    """Messages are sent twice, batches are delivered twice at once, the table is throttled."""
    stack = open_stack(run_task_timeout=5, **table)
    texts = [str(number) for number in range(TASKS)]
    for number in range(200, TASKS, 500):
        texts[number] = f"dies-after {number}"
        texts[number + 250] = f"dies-before {number + 250}"
    sent_twice = Rule("SendMessageBatch", faults.taken_twice, share=0.2)
    throttled = Rule("UpdateItem", faults.over_capacity, share=0.05, tries=2)
    proxy.inject(sent_twice, throttled)

    stack.fire(tasks=texts, run=False)
    stack.deliver_twice_at_once(batches=10)
    stack.run()
    stack.wait_until_done()

    assert sent_twice.struck > 20
    assert throttled.struck > 50
    assert len(stack.notes("deaths")) == 8
    stack.check_books(texts, again=[text for text in texts if text.startswith("dies-after")])
