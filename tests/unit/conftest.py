"""The handlers' surroundings: real queues on the emulator, a task folder, Lambda's context."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from task_scheduler import aws, config, run_task, send_task
from task_scheduler.errors import IncompleteRun
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.observability import stream, task_output
from task_scheduler.queue.message import Message
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.runs.table import Table
from task_scheduler.task_list.listed import Refused
from task_scheduler.task_list.messages import make_message
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.tasks import registry
from task_scheduler_local.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass
class Context:
    """Lambda's context, as far as the handlers use it."""

    seconds: float = 30.0
    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class Passing(Context):
    """The context of an invocation whose time passes."""

    begun: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.begun + self.seconds - time.monotonic()) * 1000)


@dataclass
class Queue:
    """A queue on the emulator."""

    url: str
    client: SQSClient

    def receive_all(self) -> list[dict[str, Any]]:
        """Takes every message off: bodies read as JSON where they are, attributes as texts."""
        messages: list[dict[str, Any]] = []
        while received := self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            for message in received:
                self.client.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
                attributes = message.get("MessageAttributes", {})
                messages.append(
                    {
                        "body": message["Body"],
                        "attributes": {
                            name: value["StringValue"] for name, value in attributes.items()
                        },
                        "system": message["Attributes"],
                    }
                )
        return messages


@pytest.fixture(scope="session", autouse=True)
def live_settings() -> Iterator[None]:
    """The environment of each test is the one that the functions started with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "STARTED_WITH", os.environ)
        patch.setattr(
            config,
            "load",
            lambda function=None: config.Settings.from_environment(os.environ, function),
        )
        yield


@pytest.fixture(autouse=True)
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that remembers nothing of other tests, and that does not end their process."""
    made = Sandbox()
    monkeypatch.setattr(run_task, "SANDBOX", made)
    monkeypatch.setattr(run_task, "process_ends_after", lambda _seconds: nullcontext())

    def end_process() -> NoReturn:
        raise ProcessEnded

    monkeypatch.setattr(run_task, "end_process", end_process)
    return made


class ProcessEnded(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def fresh_event_loop() -> Iterator[None]:
    """The event loop of async tasks ends with the test, as it does with a sandbox's process."""
    yield
    event_loop = sys.modules.get("task_scheduler.execution.event_loop")
    if event_loop is None or not event_loop._loop.cache_info().currsize:
        return
    loop = event_loop._loop()
    loop.call_soon_threadsafe(loop.stop)
    if not event_loop._start_loop.cache_info().currsize:
        loop.run_forever()
    while loop.is_running():
        time.sleep(0.001)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    event_loop._loop.cache_clear()
    event_loop._start_loop.cache_clear()


@pytest.fixture(scope="session")
def sqs(emulator: Emulator) -> Iterator[SQSClient]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield aws.sqs()


@pytest.fixture(autouse=True)
def ledger_table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ledger's table, as modules/ledger makes it; a new one for each test on the emulator."""
    name = f"ledger-{uuid.uuid4().hex}"
    monkeypatch.setenv("LEDGER_TABLE", name)
    if "sqs" in request.fixturenames:
        request.getfixturevalue("sqs")
        keys = {"pk": "HASH", "sk": "RANGE"}
        aws.dynamodb().create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],  # type: ignore[typeddict-item]
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        )
    return name


@pytest.fixture
def ledger(sqs: SQSClient, ledger_table: str) -> Ledger:
    """The ledger that the handlers write."""
    return Ledger(Table(aws.dynamodb(), ledger_table), time.time, keep_seconds=86_400)


@pytest.fixture
def make_queue(sqs: SQSClient) -> Callable[..., Queue]:
    def make(suffix: str = "", **attributes: str) -> Queue:
        made = sqs.create_queue(
            QueueName=f"test-{uuid.uuid4().hex}{suffix}",
            Attributes=attributes,  # type: ignore[arg-type]
        )
        return Queue(made["QueueUrl"], sqs)

    return make


@pytest.fixture
def write_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Writes files of a task folder that is on the path; what they register is forgotten after."""
    before = set(sys.modules)
    registry.clear()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))

    def write(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def log_text(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """The log stream so far, byte for byte; afterwards tests print and log as before."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(task_output, "_is_captured", False)
    with tempfile.NamedTemporaryFile() as file:
        monkeypatch.setattr(stream, "_descriptor", file.fileno())
        yield Path(file.name).read_text
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def log_lines(log_text: Callable[[], str]) -> Callable[[], list[dict[str, Any]]]:
    """The records so far."""
    return lambda: [line for line in map(json.loads, log_text().splitlines()) if "service" in line]


@pytest.fixture
def task_lines(log_text: Callable[[], str]) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that tasks printed and logged so far."""
    return lambda: [
        line for line in map(json.loads, log_text().splitlines()) if "service" not in line
    ]


Write = Callable[..., Path]
Log = Callable[[], list[dict[str, Any]]]

TASKS = """
    import builtins, time
    from pathlib import Path
    from task_scheduler import Retry, task

    RAN = Path(__file__).with_name("ran")

    @task("note")
    def note(text):
        with RAN.open("a") as ran:
            ran.write(text + "\\n")
        return {"noted": text}

    @task("fail", never_retry=(KeyError,))
    def fail(text, error="ValueError"):
        note(text)
        raise getattr(builtins, error)("no luck")

    @task("brief", timeout=0.2)
    def brief(text):
        fail(text)

    @task("rant")
    def rant(text):
        raise ValueError(text)

    @task("again")
    def again(text, after=None):
        raise Retry("the service is busy", after=after)

    @task("slow", timeout=0.2)
    def slow(text):
        note(text)
        try:
            time.sleep(30)
        except Exception:
            time.sleep(30)

    @task("hang")
    def hang():
        time.sleep(30)

    @task("die")
    def die(text):
        note(text)
        raise KeyboardInterrupt

    @task("meet")
    def meet(text):
        note(text)
        while len(RAN.read_text().splitlines()) < int(text):
            time.sleep(0.01)

    @task("stuck", timeout=0.2)
    def stuck(text, context):
        while not RAN.with_name("go").exists():
            time.sleep(0.01)
        note("cancelled" if context.cancelled else "not cancelled")

    @task("wait_for_go", timeout=10)
    def wait_for_go(text):
        while not RAN.with_name("go").exists():
            time.sleep(0.01)

    @task("lasting")
    def lasting(text):
        note(text)
        time.sleep(0.3)

    @task("long", timeout=20)
    def long(text):
        note(text)
"""


@dataclass
class Bench:
    """The queue, its dead-letter queue, and run_task between them."""

    queue: Queue
    dead_letters: Queue
    folder: Path
    hidden: dict[str, int] = field(default_factory=dict)
    """Seconds for which run_task hid a message that stays, by its receipt handle."""

    def put(self, *bodies: str | Message) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else body.encode()
            self.queue.client.send_message(QueueUrl=self.queue.url, MessageBody=text)

    def put_at(self, place: str, message: Message, **attributes: str) -> None:
        """Put a message on the queue as send_task does, with its place in its run."""
        self.queue.client.send_message(
            QueueUrl=self.queue.url,
            MessageBody=message.encode(),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in {"place": place, **attributes}.items()
            },
        )

    def receive(self, *, wait: int = 5) -> list[dict[str, Any]]:
        """The records that Lambda would hand over; it waits so many seconds for the first."""
        received = self.queue.client.receive_message(
            QueueUrl=self.queue.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=wait,
        ).get("Messages", [])
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {
                    name: {"stringValue": attribute["StringValue"], "dataType": "String"}
                    for name, attribute in message.get("MessageAttributes", {}).items()
                },
            }
            for message in received
        ]

    def run(self, seconds: float = 30.0, *, passing: bool = False) -> list[str]:
        """Receives a batch, runs it, takes what is done off the queue.

        Returns the ids of the messages that stay.
        """
        return self.run_records(self.receive(), seconds, passing=passing)

    @staticmethod
    def redeliver(records: list[dict[str, Any]], receives: int) -> list[dict[str, Any]]:
        """Return records as SQS hands them over when they were received so often."""
        for record in records:
            record["attributes"]["ApproximateReceiveCount"] = str(receives)
        return records

    def run_records(
        self, records: list[dict[str, Any]], seconds: float = 30.0, *, passing: bool = False
    ) -> list[str]:
        context = Passing(seconds) if passing else Context(seconds)
        response = run_task.handler({"Records": records}, context)  # type: ignore[arg-type]
        kept = [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
        done = [record for record in records if record["messageId"] not in kept]
        if done:  # one by one the emulator, unlike SQS, refuses to delete what is deleted already
            self.queue.client.delete_message_batch(
                QueueUrl=self.queue.url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": record["receiptHandle"]}
                    for index, record in enumerate(done)
                ],
            )
        return kept

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "not within 10 s"
            time.sleep(0.01)

    @property
    def length(self) -> int:
        """Messages on the queue, out of sight ones among them."""
        counts = self.queue.client.get_queue_attributes(
            QueueUrl=self.queue.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(map(int, counts.values()))

    @property
    def ran(self) -> list[str]:
        """The notes of the tasks themselves."""
        path = self.folder / "ran"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def bench(
    make_queue: Callable[..., Queue], write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    made = Bench(make_queue(VisibilityTimeout="300"), make_queue(), write_tasks(tasks=TASKS))

    def note_hidden(params: dict[str, Any], **_: object) -> None:
        for entry in params["Entries"]:
            made.hidden[entry["ReceiptHandle"]] = entry["VisibilityTimeout"]

    event = "before-parameter-build.sqs.ChangeMessageVisibilityBatch"
    made.queue.client.meta.events.register(event, note_hidden)
    monkeypatch.setenv("QUEUE_URL", made.queue.url)
    monkeypatch.setenv("TASKS_DEAD_LETTER_URL", made.dead_letters.url)
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "13")
    monkeypatch.setenv("MESSAGE_RETENTION", "345600")
    yield made
    made.queue.client.meta.events.unregister(event, note_hidden)


def note(text: str, **attributes: Any) -> Message:
    return Message(id=f"s@t#{text}", schedule="s", task="note", text=text, **attributes)


def fail(text: str, **attributes: Any) -> Message:
    return Message(id=f"s@t#{text}", schedule="s", task="fail", text=text, **attributes)


@dataclass
class Read:
    """The part of a list that an invocation reads."""

    entries: list[Message | Refused]
    rest: Cursor | None
    incomplete: IncompleteRun | None


def read_list(run: Run, folder: Path, is_time_up: Callable[[], bool] = lambda: False) -> Read:
    """Reads a run's list, and makes the messages."""
    task_list = TaskList(run, folder, is_time_up)
    entries: list[Message | Refused] = []
    for listed in task_list:
        made = listed if isinstance(listed, Refused) else make_message(run, listed)
        entries.append(made if isinstance(made, Refused) else made.message)
    return Read(entries, task_list.rest, task_list.incomplete)


EVENT = {"version": 1, "schedule": "s", "scheduled_time": "2026-11-23T02:00:00Z"}

Fire = Callable[..., Any]


@pytest.fixture
def queue(make_queue: Callable[..., Queue], monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = make_queue()
    monkeypatch.setenv("QUEUE_URL", made.url)
    return made


@pytest.fixture
def runs_dead_letter(make_queue: Callable[..., Queue], monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = make_queue()
    monkeypatch.setenv("RUNS_DEAD_LETTER_URL", made.url)
    return made


@pytest.fixture
def fire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fire:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))

    def fire(context: Context | None = None, **attributes: Any) -> Any:
        return send_task.handler({**EVENT, **attributes}, context or Context())  # type: ignore[arg-type]

    return fire


class Chain:
    """Lambda's side of a function that invokes itself."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def invoke(self, **request: Any) -> None:
        assert (request["FunctionName"], request["InvocationType"]) == ("send-task", "Event")
        self.events.append(json.loads(request["Payload"]))


@dataclass
class Hurried(Context):
    """An invocation whose time is up after so many looks at the clock while it sends a list."""

    looks: int = 0

    def __post_init__(self) -> None:
        self.looks += 2  # before that the claim of the run looks twice

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 30_000 if self.looks >= 0 else 1_000


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Chain:
    made = Chain()
    monkeypatch.setattr("task_scheduler.aws.lambda_", lambda: made)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "send-task")
    return made
