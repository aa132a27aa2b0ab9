"""Both designs on the emulator: real Lambda functions behind real queues."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from task_scheduler_local import LocalError
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

PATIENCE_SECONDS = 300
BATCH_SIZE = 10
MAXIMUM_CONCURRENCY = 10
"""The module's defaults."""

_ROLE = "arn:aws:iam::000000000000:role/benchmarks"
_STATES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(frozen=True)
class Run:
    """The measurements of a run.

    Attributes:
        seconds: from the run to the end of the last task.
        invocations: the invocations of run_task.
        log_bytes: the bytes of both functions' logs.
    """

    seconds: float
    invocations: int
    log_bytes: int


class Design:
    """One design on the emulator: send_task, a queue, run_task.

    Args:
        emulator: the emulator that it stands on.
        name: its own name.
        package: the package that has the modules send_task and run_task.
        code: the functions' code.
        layers: their layers, from publish_layer.
        environment: the environment of both functions.
        one_by_one: a FIFO queue with deduplication by content, and one message an invocation.
    """

    def __init__(
        self,
        emulator: Emulator,
        name: str,
        *,
        package: str,
        code: Path,
        layers: Sequence[str],
        environment: Mapping[str, str],
        one_by_one: bool = False,
    ) -> None:
        aws = emulator.environment()
        self._name = name
        self._sqs, self._lambda, self._logs = (
            client(service, aws) for service in ("sqs", "lambda", "logs")
        )
        self._is_one_by_one = one_by_one
        self._queue_url = self._create_queue(one_by_one)
        if not one_by_one:
            create_table(client("dynamodb", aws), name)
        self._create_functions(package, code, layers, environment)
        self._mapping = self._lambda.create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{Path(self._queue_url).name}",
            FunctionName=f"{name}-run_task",
            BatchSize=1 if one_by_one else BATCH_SIZE,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": MAXIMUM_CONCURRENCY},
        )["UUID"]

    def fire(self, event: Mapping[str, Any]) -> Run:
        """Start a run, and wait until every task is done."""
        begun = time.time()
        self._send(event)
        return self._finish(begun, len(event["tasks"]))

    def fill_then_run(self, event: Mapping[str, Any]) -> Run:
        """Start a run while run_task receives nothing, then enable it; measure from there."""
        self._lambda.update_event_source_mapping(UUID=self._mapping, Enabled=False)
        self._send(event)
        begun = time.time()
        self._lambda.update_event_source_mapping(UUID=self._mapping, Enabled=True)
        return self._finish(begun, len(event["tasks"]))

    def _create_queue(self, one_by_one: bool) -> str:
        attributes = {"VisibilityTimeout": "360"}
        if one_by_one:
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        name = f"{self._name}.fifo" if one_by_one else self._name
        url: str = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def _create_functions(
        self, package: str, code: Path, layers: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        dead_letters = self._sqs.create_queue(QueueName=f"{self._name}-dead-letter")["QueueUrl"]
        variables = {
            "QUEUE_URL": self._queue_url,
            "RUNS_DEAD_LETTER_URL": dead_letters,
            "TASKS_DEAD_LETTER_URL": dead_letters,
            "MAX_RECEIVE_COUNT": "13",
            "MESSAGE_RETENTION": "345600",
            "LEDGER_TABLE": self._name,
            **environment,
        }
        for function in ("send_task", "run_task"):
            self._lambda.create_function(
                FunctionName=f"{self._name}-{function}",
                Runtime="python3.13",
                Role=_ROLE,
                Handler=f"{package}.{function}.handler",
                Code={"ZipFile": _archive(code)},
                Layers=list(layers),
                Timeout=60,
                MemorySize=512,
                Environment={"Variables": variables | {"POWERTOOLS_SERVICE_NAME": function}},
            )

    def _send(self, event: Mapping[str, Any]) -> None:
        answer = self._lambda.invoke(
            FunctionName=f"{self._name}-send_task", Payload=json.dumps(event)
        )
        if "FunctionError" in answer:
            raise LocalError(f"{self._name}: send_task failed: {answer['Payload'].read().decode()}")

    def _finish(self, begun: float, tasks: int) -> Run:
        """Wait until the queue is empty, and the log has the end of each task."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        ran: list[dict[str, Any]] = []
        while self._left() or self._ended(ran := self._events("run_task", begun)) < tasks:
            if time.monotonic() > deadline:
                raise LocalError(f"{self._name}: tasks were left after {PATIENCE_SECONDS} s")
            time.sleep(0.05)
        everything = ran + self._events("send_task", begun)
        return Run(
            # the emulator writes an invocation's log when its handler has returned
            seconds=max(event["timestamp"] for event in ran) / 1000 - begun,
            invocations=sum(event["message"].startswith("START") for event in ran),
            log_bytes=sum(len(event["message"].encode()) for event in everything),
        )

    def _left(self) -> int:
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=list(_STATES)
        )
        return sum(int(answer["Attributes"][state]) for state in _STATES)

    def _ended(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Count the tasks that have ended: ours has a line for each, the other an invocation."""
        mark = "START " if self._is_one_by_one else '"outcome":'
        return sum(mark in event["message"] for event in events)

    def _events(self, function: str, begun: float) -> list[dict[str, Any]]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self._name}-{function}", startTime=int(begun * 1000)
        )
        return [event for page in pages for event in page["events"]]


def create_table(dynamodb: Any, name: str) -> None:
    """Make a table as modules/ledger does."""
    keys = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )


def publish_layer(emulator: Emulator, name: str, folder: Path) -> str:
    """Make a layer of a folder's packages and return its ARN."""
    published = client("lambda", emulator.environment()).publish_layer_version(
        LayerName=name, Content={"ZipFile": _archive(folder, prefix="python/")}
    )
    arn: str = published["LayerVersionArn"]
    return arn


def _archive(folder: Path, *, prefix: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, f"{prefix}{path.relative_to(folder)}")
    return packed.getvalue()
