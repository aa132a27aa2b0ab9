"""The functions of both designs as processes, and the queue that answers late."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from task_scheduler_local import LocalError
from task_scheduler_local.emulator import REGION
from task_scheduler_local.places import EMULATOR, LAYER, ROOT, VENV, python

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Code:
    """Copies without byte code, which archives do not hold either.

    Attributes:
        runtime: what the runtime's layer holds.
        dependencies: what the dependency layer holds.
        tasks: the task folder.
        yardstick: the other design's code.
    """

    runtime: Path
    dependencies: Path
    tasks: Path
    yardstick: Path

    @classmethod
    @contextmanager
    def copied(cls) -> Iterator[Self]:
        """Copy the code to a temporary folder."""
        sources = {
            "runtime": ROOT / "lambda_src" / "python",
            "dependencies": LAYER / "python",
            "tasks": HERE / "tasks",
            "yardstick": HERE / "yardstick",
        }
        with TemporaryDirectory(prefix="task-scheduler-benchmarks-") as folder:
            places = {name: Path(folder) / name for name in sources}
            for name, source in sources.items():
                package = "benchmarks/yardstick" if name == "yardstick" else "."
                shutil.copytree(
                    source, places[name] / package, ignore=shutil.ignore_patterns("__pycache__")
                )
            yield cls(**places)

    @property
    def folder(self) -> Path:
        """The folder of copies and lists."""
        return self.tasks.parent


@dataclass(frozen=True)
class Usage:
    """The cost of events: wall-clock seconds of each, CPU seconds of all threads, peak memory."""

    seconds: list[float]
    cpu_seconds: float
    peak_bytes: int


class _Child:
    """A process that ends with the block of its context manager."""

    _process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()


class Function(_Child):
    """A function's process; a context manager.

    Args:
        handler: "module.name".
        path: folders that it imports from, the task folder first.
        environment: its environment variables.
        log: the file that its output is added to.
    """

    def __init__(
        self, handler: str, path: Sequence[Path], environment: Mapping[str, str], log: Path
    ) -> None:
        self._process = subprocess.Popen(
            [python(EMULATOR), HERE / "host.py", handler, log],
            env={
                "LAMBDA_TASK_ROOT": str(path[0]),
                "PYTHONPATH": ":".join(map(str, path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def invoke(self, *events: Any) -> Usage:
        """Call the handler with the events, one after the other."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(events) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise LocalError("a benchmark's function died; what it wrote stands above")
        return Usage(**json.loads(answer))


class Stub(_Child):
    """A queue that accepts every message and answers late; a context manager."""

    def __init__(self, *, milliseconds: float) -> None:
        self._process = subprocess.Popen(
            [python(VENV), HERE / "stub.py", str(milliseconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.endpoint_url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"

    def requests(self) -> int:
        """Return the number of requests that it has answered."""
        with urllib.request.urlopen(self.endpoint_url) as answer:
            return sum(json.load(answer).values())


@dataclass(frozen=True)
class Designs:
    """The handlers of both designs as processes.

    Args:
        code: what they run.
        endpoint_url: the URL of the AWS that they talk to.
    """

    code: Code
    endpoint_url: str

    def send_task(self, queue_url: str, **environment: str) -> Function:
        """Start our send_task."""
        return self._ours(
            "send_task",
            {
                "QUEUE_URL": queue_url,
                "RUNS_DEAD_LETTER_URL": queue_url,
                "LEDGER_TABLE": "ledger",
                **environment,
            },
        )

    def run_task(self, **environment: str) -> Function:
        """Start our run_task; all its tasks succeed at once, so it calls none of its queues."""
        no_queue = f"{self.endpoint_url}/no-queue"
        return self._ours(
            "run_task",
            {
                "QUEUE_URL": no_queue,
                "TASKS_DEAD_LETTER_URL": no_queue,
                "MAX_RECEIVE_COUNT": "13",
                "MESSAGE_RETENTION": "345600",
                "LEDGER_TABLE": "ledger",
                **environment,
            },
        )

    def yardstick(self, handler: str, **environment: str) -> Function:
        """Start the yardstick's send_task or run_task."""
        return Function(
            f"benchmarks.yardstick.{handler}.handler",
            [self.code.yardstick, self.code.dependencies],
            self._aws() | environment,
            self.code.folder / "yardstick.log",
        )

    def _ours(self, handler: str, environment: Mapping[str, str]) -> Function:
        return Function(
            f"task_scheduler.{handler}.handler",
            [self.code.tasks, self.code.runtime, self.code.dependencies],
            self._aws() | {"POWERTOOLS_SERVICE_NAME": handler, **environment},
            self.code.folder / "ours.log",
        )

    def _aws(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
