"""The ledger of the stack under faults: its runs, and keep_runs, which looks after them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from task_scheduler.runs.identity import RunId
from task_scheduler.runs.table import DUE, Item, Table
from task_scheduler_local.chat import Chat
from task_scheduler_local.leftovers import client
from tests.faults.stack import Stack

LOOKS = 50
"""One or two are enough, and a few more where keep_runs itself is struck."""


@dataclass
class Runs:
    """The runs of a stack.

    Attributes:
        stack: whose they are.
        chat: where their digests arrive.
    """

    stack: Stack
    chat: Chat

    def item(self, key: str) -> Item:
        """A run as the ledger has it; empty if it does not know it."""
        return self._table.get(RunId.of(key).item)

    def counts(self, key: str) -> dict[str, Any]:
        """The outcome of a closed run."""
        item = self.item(key)
        return {name: item.get(name) for name in ("state", "total", "ended", "failed")}

    def is_sent(self, key: str) -> bool:
        """Return True if the sender of a list of one chunk has said all that it has to say."""
        return "size" in self._table.get(RunId.of(key).chunk(0))

    def is_closed(self, key: str) -> bool:
        return "closed" in self.item(key)

    def closes(self, key: str) -> int:
        """Times that a run was closed: of a schedule of its own, each close is a new version."""
        return int(self._table.get(RunId.of(key).schedule_item).get("version", 0))

    def digests(self, key: str) -> int:
        """The number of messages about the runs of a run's schedule."""
        return sum(f" {RunId.of(key).schedule}: " in text for text in self.chat.messages)

    def keep(self) -> dict[str, Any] | None:
        """Lets keep_runs look at what is due by now; None where it was killed."""
        return self.stack.invoke("keep_runs", {})

    def let_time_pass(self) -> None:
        """Makes everything due that is due later, and leases expire, as hours would."""
        past = int(time.time()) - 1
        for mark in self._table.query(DUE):
            key = mark["of_pk"], mark["of_sk"]
            for name in ("due_at", "lease"):
                self._table.update(
                    key, f"SET #{name} = :past", {"past": past}, condition=f"#{name} > :past"
                )
            self._table.put((DUE, "#".join(key)), {**mark, "due_at": past})

    def keep_until(self, condition: Callable[[], bool], *, is_at_work: bool = True) -> None:
        """Lets keep_runs come by, at long intervals, until something is so.

        Args:
            condition: whether it is so.
            is_at_work: whether a function may still be making it so; it has time to, since the
                time that passes would take its lease away.
        """
        if is_at_work:
            self.stack.let_finish(condition)
        for _ in range(LOOKS):
            if condition():
                return
            self.let_time_pass()
            self.keep()
        assert condition(), f"keep_runs came by {LOOKS} times in vain"

    @property
    def _table(self) -> Table:
        name = self.stack.variables["run_task"]["LEDGER_TABLE"]
        return Table(client("dynamodb", self.stack.aws), name)
