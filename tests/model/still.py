"""A ledger on the model of DynamoDB whose clock goes on only when it is set."""

from __future__ import annotations

import random
from typing import Any, cast

from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Table
from tests.model.dynamodb import Client


class Still:
    """The model's clock, which goes on when it is set.

    Attributes:
        now: seconds since 1970.
    """

    current = None
    now = 1_000

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


def still_client(clock: Still) -> Client:
    """Return the model of DynamoDB, without faults."""
    return Client(cast("Any", clock), random.Random(1))


def still_ledger(clock: Still, client: Client | None = None) -> Ledger:
    """Return a ledger on a model, on one of its own by default."""
    table = Table(cast("Any", client or still_client(clock)), "ledger")
    return Ledger(table, lambda: clock.now, keep_seconds=1_000_000)
