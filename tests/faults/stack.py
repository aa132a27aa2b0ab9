"""The module under faults: what a test does with it, and the books that it keeps."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.config import Config

from task_scheduler_local.leftovers import client

TASKS = 2_000
"""In each test, at least."""

BATCH_SIZE = 10

QUICK_START_SECONDS = 2.0

PATIENCE_SECONDS = 900
"""Nothing takes so long but on a machine that has a dozen other things to do."""

SCHEDULED_TIME = "2026-11-23T02:00:00Z"

RETENTION_SECONDS = 3_600
"""Longer than any test, so that no message is lost by its age."""

QUEUES = ("queue", "tasks_dead_letter_queue", "runs_dead_letter_queue")


@dataclass
class Stack:
    """The applied module.

    Attributes:
        names: its outputs.
        variables: that the module gave its functions.
        cold_start: seconds that it takes to start one.
        aws: how the emulator is reached, past the proxy.
        folder: where tasks write down what they did.
    """

    names: dict[str, Any]
    variables: dict[str, dict[str, str]]
    cold_start: float
    aws: dict[str, str]
    folder: Path

    def prepare(
        self,
        endpoint_url: str,
        *,
        run_task_timeout: int = 20,
        max_receive_count: int = 30,
        **variables: str,
    ) -> Stack:
        """Empties the queues and gives the functions an endpoint, timings and variables.

        What a function had when it died is received again as soon as this machine allows: no
        sooner than another one may have been started and have come to its end. On a slow machine
        functions have more time.

        Args:
            endpoint_url: where their calls go.
            run_task_timeout: in seconds, where one is started within QUICK_START_SECONDS.
            max_receive_count: receives after which SQS itself dead-letters.
            variables: of both functions' environments.
        """
        self._switch(on=False)
        for queue in QUEUES:
            self._sqs.purge_queue(QueueUrl=self._url(queue))
        dead_letters = self.names["tasks_dead_letter_queue"]["arn"]
        run_task_timeout += ceil(3 * max(0.0, self.cold_start - QUICK_START_SECONDS))
        visibility_timeout = ceil(run_task_timeout + 4 + 3 * self.cold_start)
        self._sqs.set_queue_attributes(
            QueueUrl=self._url("queue"),
            Attributes={
                "VisibilityTimeout": str(visibility_timeout),
                "MessageRetentionPeriod": str(RETENTION_SECONDS),
                "RedrivePolicy": json.dumps(
                    {"deadLetterTargetArn": dead_letters, "maxReceiveCount": max_receive_count}
                ),
            },
        )
        ours = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "MAX_RECEIVE_COUNT": str(max_receive_count),
            "MESSAGE_RETENTION": str(RETENTION_SECONDS),
        }
        timeouts = {"send_task": 60, "run_task": run_task_timeout, "keep_runs": 60}
        for function, seconds in timeouts.items():
            name = self.names[function]["name"]
            self._configure(name, seconds, self.variables[function] | ours | variables)
        return self

    def close(self) -> None:
        """Lets nothing more happen."""
        self._switch(on=False)

    def fire(self, *, run: bool = True, times: int = 1, **event: Any) -> str:
        """Fires a schedule whose tasks write down that they ran.

        run_task begins when all messages are on the queue: the emulator itself may lose one that
        is sent at the moment in which its poller deletes another.

        Args:
            run: whether it begins at all.
            times: that the event is delivered, at once.

        Returns:
            The key of the run.
        """
        self._switch(on=False)
        sent = self._event(**event)
        with ThreadPoolExecutor(times) as pool:
            answers = list(pool.map(self.invoke, ["send_task"] * times, [sent] * times))
        assert None not in answers
        self._switch(on=run)
        return str(sent["key"])

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Invoke a function; returns its result, None where it failed or was killed."""
        answer = self._lambda.invoke(
            FunctionName=self.names[function]["name"], Payload=json.dumps(event)
        )
        result: dict[str, Any] = json.loads(answer["Payload"].read())
        return None if "FunctionError" in answer else result

    def receive(self) -> list[dict[str, Any]]:
        """Receives a batch of messages; empty if none is visible."""
        received: list[dict[str, Any]] = self._sqs.receive_message(
            QueueUrl=self._url("queue"),
            MaxNumberOfMessages=BATCH_SIZE,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        return received

    def deliver_at_once(self, *batches: list[dict[str, Any]]) -> None:
        """Invokes run_task with batches at the same time, each in a sandbox of its own."""
        with ThreadPoolExecutor(len(batches)) as pool:
            done = set().union(*pool.map(self._run_batch, batches))
        for batch in batches:
            self._delete("queue", [one for one in batch if one["MessageId"] in done])

    def deliver_twice_at_once(self, batches: int) -> None:
        """Invokes run_task with the same batch twice at the same time, as a standard queue may."""
        for _ in range(batches):
            received = self.receive()
            self.deliver_at_once(received, received)

    def fire_asynchronously(self, **event: Any) -> str:
        """Fires as EventBridge Scheduler does: Lambda invokes again what failed.

        run_task does not begin: what is sent is not on the queue yet.

        Returns:
            The key of the run.
        """
        self._switch(on=False)
        sent = self._event(**event)
        self._lambda.invoke(
            FunctionName=self.names["send_task"]["name"],
            InvocationType="Event",
            Payload=json.dumps(sent),
        )
        return str(sent["key"])

    def run(self) -> None:
        """Lets run_task begin."""
        self._switch(on=True)

    def put(self, bodies: list[str]) -> None:
        """Puts bodies on the queue by hand, and lets run_task begin."""
        self._switch(on=False)
        for start in range(0, len(bodies), BATCH_SIZE):
            answer = self._sqs.send_message_batch(
                QueueUrl=self._url("queue"),
                Entries=[
                    {"Id": str(index), "MessageBody": body}
                    for index, body in enumerate(bodies[start : start + BATCH_SIZE])
                ],
            )
            assert not answer.get("Failed")
        self._switch(on=True)

    def wait_until_done(self) -> None:
        """Waits until the queue is empty: messages out of sight are on it, too."""
        self.wait(lambda: self._on_queue() == 0)

    def effects(self) -> Counter[str]:
        """Times that each task had its effect, by its text."""
        return Counter(text for text, _ in self.notes("effects"))

    def notes(self, file: str) -> list[tuple[str, int]]:
        """The lines of a file in order: the text of a task, and the process that it ran in."""
        path = self.folder / file
        lines = path.read_text().splitlines() if path.exists() else []
        return [(text, int(process)) for text, process in (line.split("\t") for line in lines)]

    def lost_with_their_process(self, killed: Iterable[int] = ()) -> set[str]:
        """The tasks that may have an effect once more: their process died before it could tell.

        That is the last ones of a process that died, at most a batch of them.

        Args:
            killed: processes that died and did not write that down.
        """
        effects = self.notes("effects")
        return {
            text
            for dead in [*killed, *(process for _, process in self.notes("deaths"))]
            for text in [text for text, process in effects if process == dead][-BATCH_SIZE:]
        }

    @cached_property
    def dead_letters(self) -> list[dict[str, Any]]:
        """The tasks' dead letters: bodies, and their attributes as texts. Taken off once."""
        return self._take("tasks_dead_letter_queue")

    @cached_property
    def runs_dead_letters(self) -> list[dict[str, Any]]:
        return self._take("runs_dead_letter_queue")

    def dead(self) -> Counter[str]:
        """The number of dead letters of each task, by its text."""
        return Counter(json.loads(dead_letter["body"])["text"] for dead_letter in self.dead_letters)

    def check_books(
        self,
        texts: Iterable[str],
        *,
        dead: Iterable[str] = (),
        run_too: Iterable[str] = (),
        again: Mapping[str, int] | Iterable[str] = (),
        perhaps: Mapping[str, int] | None = None,
    ) -> None:
        """Every task is run or is a dead letter, and how often is exactly what was allowed.

        Args:
            texts: all tasks.
            dead: those that must be dead letters; they have no effect ...
            run_too: ... except these of them.
            again: effects that are had once more, by text.
            perhaps: effects that may be had once more, by text.
        """
        effects, dead_letters = self.effects(), self.dead()
        expected = Counter(texts)
        lost = expected.keys() - effects.keys() - dead_letters.keys()
        assert not lost, f"{len(lost)} tasks are neither run nor dead letters: {sorted(lost)[:20]}"
        assert dead_letters.keys() == set(dead)
        assert effects.keys() & dead_letters.keys() == set(run_too)
        for text in set(dead) - set(run_too):
            del expected[text]
        expected += Counter(again)
        assert effects - expected - Counter(perhaps) == Counter(), "run too often"
        assert expected - effects == Counter(), "run too seldom"

    def _event(self, **event: Any) -> dict[str, Any]:
        """Returns an input of a schedule of its own."""
        schedule = event.get("schedule", f"s{uuid4().hex[:8]}")
        standard = {
            "version": 1,
            "schedule": schedule,
            "scheduled_time": SCHEDULED_TIME,
            "key": f"{schedule}@{event.get('scheduled_time', SCHEDULED_TIME)}",
            "task": "record",
            "args": {"folder": str(self.folder)},
            "notify_on": ["success", "failure", "recovery"],
        }
        return standard | event

    def _take(self, queue: str) -> list[dict[str, Any]]:
        dead_letters = []
        while received := self._sqs.receive_message(
            QueueUrl=self._url(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for dead_letter in received:
                told = dead_letter.get("MessageAttributes", {})
                dead_letters.append(
                    {"body": dead_letter["Body"]}
                    | {name: told[name]["StringValue"] for name in told}
                )
            self._delete(queue, received)
        return dead_letters

    def _delete(self, queue: str, messages: list[dict[str, Any]]) -> None:
        if not messages:
            return
        self._sqs.delete_message_batch(
            QueueUrl=self._url(queue),
            Entries=[
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages)
            ],
        )

    def _run_batch(self, batch: list[dict[str, Any]]) -> set[str]:
        """Invokes run_task; returns the ids of the messages that it came to an end with."""
        answer = self.invoke("run_task", {"Records": [_as_record(message) for message in batch]})
        if answer is None:
            return set()
        kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return {message["MessageId"] for message in batch} - kept

    def _switch(self, *, on: bool) -> None:
        name = self.names["run_task"]["name"]
        [mapping] = self._lambda.list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]
        self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def _configure(self, name: str, seconds: int, variables: dict[str, str]) -> None:
        """Changes a function only where it has to: its warm workers end with each change."""
        found = self._lambda.get_function_configuration(FunctionName=name)
        wanted = {"Timeout": seconds, "Environment": {"Variables": variables}}
        if any(found[setting] != wanted[setting] for setting in wanted):
            self._lambda.update_function_configuration(FunctionName=name, **wanted)

    def _on_queue(self) -> int:
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url("queue"), AttributeNames=names)
        return sum(map(int, found["Attributes"].values()))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Waits until something is so."""
        begun = time.monotonic()
        while not condition():
            waited = time.monotonic() - begun
            assert waited < PATIENCE_SECONDS, f"waited {PATIENCE_SECONDS} s in vain"
            # a look takes time from the functions; what takes long is looked at less often
            time.sleep(min(0.5, 0.02 + waited / 20))

    def let_finish(self, condition: Callable[[], bool]) -> None:
        """Gives whoever is at work the time to make something so; they may be dead, too."""
        deadline = time.monotonic() + 1 + 3 * self.cold_start
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _url(self, queue: str) -> str:
        url: str = self.names[queue]["url"]
        return url

    @cached_property
    def _sqs(self) -> Any:
        return client("sqs", self.aws)

    @cached_property
    def _lambda(self) -> Any:
        # a client that gave up waiting would invoke once more
        once = Config(read_timeout=PATIENCE_SECONDS, retries={"total_max_attempts": 1})
        return client("lambda", self.aws, config=once)


def _as_record(message: dict[str, Any]) -> dict[str, Any]:
    """A received message as Lambda hands it over."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": attribute["StringValue"], "dataType": "String"}
            for name, attribute in message.get("MessageAttributes", {}).items()
        },
    }
