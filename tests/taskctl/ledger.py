"""A stack that has a ledger and nothing that runs, and runs in it, written as the functions do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from task_scheduler.keeping.followers import Follower, Followers
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import Counts, Mark, Marks, Position
from task_scheduler.runs.claims import Claims, Overlap
from task_scheduler.runs.closing import close, notified
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.sent_digest import SentDigest, keep_sent
from task_scheduler.runs.table import Table
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

HOUR = 3_600


@dataclass
class Recorded:
    """A stack whose ledger is on the emulator.

    Attributes:
        emulator: that has it.
        prefix: its name.
        now: seconds since 1970, by the clock of whoever writes.
    """

    emulator: Emulator
    prefix: str = field(default_factory=lambda: f"ledger-{uuid4().hex[:8]}")
    now: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        self._schedules: set[str] = set()
        self.aws = self.emulator.environment()
        self.dynamodb = client("dynamodb", self.aws)
        make_table(self.dynamodb, f"{self.prefix}-ledger")
        client("scheduler", self.aws).create_schedule_group(Name=self.prefix)
        self.table = Table(self.dynamodb, f"{self.prefix}-ledger")
        self.ledger = Ledger(self.table, lambda: self.now, keep_seconds=400 * 24 * HOUR)

    def add_schedule(
        self,
        name: str,
        *,
        expression: str = "rate(1 hour)",
        timezone: str = "UTC",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a schedule as the module does, unless it is there."""
        if name in self._schedules:
            return
        self._schedules.add(name)
        client("scheduler", self.aws).create_schedule(
            GroupName=self.prefix,
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=timezone,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": f"arn:aws:lambda:us-east-1:000000000000:function:{self.prefix}-send-task",
                "RoleArn": "arn:aws:iam::000000000000:role/none",
                "Input": json.dumps(
                    {"version": 1, "schedule": name, "task": "greet", **(settings or {})}
                ),
            },
        )

    def watch(self, expected: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the schedule of keep_runs, with what it expects of others."""
        group = f"{self.prefix}-keep-runs"
        scheduler = client("scheduler", self.aws)
        scheduler.create_schedule_group(Name=group)
        scheduler.create_schedule(
            GroupName=group,
            Name="keep-runs",
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": f"arn:aws:lambda:us-east-1:000000000000:function:{self.prefix}-keep-runs",
                "RoleArn": "arn:aws:iam::000000000000:role/none",
                "Input": json.dumps({"watched": expected}),
            },
        )

    def begin(
        self,
        key: str,
        *,
        total: int | None = None,
        due: int | None = None,
        overlap: str = "allow",
        **facts: Any,
    ) -> RunId:
        """Record a run that is being sent; with a total, that was sent."""
        run = RunId(schedule=key.partition("@")[0], key=key)
        self.add_schedule(run.schedule)
        facts = {"due_time": self.now if due is None else due, "timezone": "UTC"} | facts
        Claims(self.ledger, owner="sender", lease_seconds=60).start(
            run, facts, overlap=Overlap(overlap), event={"version": 1, "schedule": run.schedule}
        )
        if total is not None:
            self.ledger.end_sending(run, total, facts=facts)
        return run

    def end(self, run: RunId, numbers: range, mark: Mark = Mark.OK) -> Counts | None:
        """Record the ends of tasks, numbered from 1."""
        chunks: dict[int, Marks] = {}
        for number in numbers:
            position = Position.of(Place(run.key, number))
            chunks.setdefault(position.chunk, Marks()).add(mark, position, body=str(number))
        counts = None
        for chunk, marks in chunks.items():
            counts = self.ledger.record(run, chunk, marks)[1] or counts
        return counts

    def close(self, run: RunId, counts: Counts, state: RunState | None = None) -> None:
        """Close a run."""
        close(self.ledger, run, counts, closer="somebody", seconds=60, state=state)

    def ran(self, key: str, *, succeeded: int = 0, failed: int = 0, **facts: Any) -> RunId:
        """Record a run that was closed; the last of its tasks are those that failed."""
        run = self.begin(key, total=succeeded + failed, **facts)
        self.end_and_close(run, total=succeeded + failed, failed=failed)
        return run

    def end_and_close(self, run: RunId, *, total: int, failed: int = 0) -> None:
        """Record that all tasks of a run ended; the last of them are those that failed."""
        self.end(run, range(1, total - failed + 1))
        self.end(run, range(total - failed + 1, total + 1), Mark.BAD)
        self.close(run, Counts(ended=total, failed=failed))

    def follow(self, name: str, *others: str) -> list[str]:
        """Have a schedule follow others, as keep_runs does; return the runs that it starts.

        They succeed at once.
        """
        started: list[str] = []

        def start(_: str, event: Mapping[str, Any]) -> None:
            started.append(self.ran(event["key"], succeeded=1, parents=event["parents"]).key)

        followers = Followers(self.ledger, seconds=lambda: 60.0, start=start)
        followers.look({name: Follower(after=others)})
        return started

    def keep(self, run: RunId, number: int, **end: Any) -> None:
        """Keep the end of a task."""
        item = {"id": f"{run.key}#{number}", "task": "greet", "attempt": 1} | end
        self.table.put(run.end(number), item)

    def notify(self, run: RunId, event: str, title: str, text: str) -> None:
        """Record that people were notified of a run."""
        sent = SentDigest(event=event, title=title, text=text, sent=self.now)
        keep_sent(self.ledger, run, sent, expires=self.ledger.expires)
        notified(self.ledger, run)

    def edit(self, run: RunId, **values: Any) -> None:
        """Change attributes of a run's item by hand: values as DynamoDB has them."""
        key = {"pk": {"S": run.item[0]}, "sk": {"S": run.item[1]}}
        item = self.dynamodb.get_item(TableName=f"{self.prefix}-ledger", Key=key).get("Item", key)
        self.dynamodb.put_item(TableName=f"{self.prefix}-ledger", Item={**item, **values})


def make_table(dynamodb: Any, name: str) -> None:
    """Make the table that modules/ledger makes."""
    types = {"pk": "S", "sk": "S"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": type_}
            for attribute, type_ in types.items()
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
