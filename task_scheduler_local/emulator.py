"""MiniStack, an AWS emulator, for the length of a `with` block; only this machine can reach it."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from task_scheduler_local import LocalError
from task_scheduler_local.places import EMULATOR, python

REGION = "us-east-1"

_SHARED_LAYERS = Path(__file__).with_name("shared_layers.py")
_READY_SECONDS = 30
_STOP_SECONDS = 5
_PORTS_TRIED = 3

# How long the emulator waits for a handler's log lines: the first, a further one, all; in seconds.
# It loses those that come later. Its own are not enough on a busy machine, but lengthen each
# invocation less.
LOG_WAITS = (0.3, 0.02, 1.0)
ITS_OWN_LOG_WAITS = (0.05, 0.005, 0.25)

# The emulator's process. Its standard input is a pipe whose other end only the parent holds: when
# the parent is gone, however it went, the pipe ends and takes the emulator and its Lambda workers,
# one process group, along.
_PROGRAM = """
import os, shutil, signal, sys, threading

def end_with_parent():
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()

from ministack.core.lambda_runtime import Worker
Worker._drain_stderr_bounded.__defaults__ = tuple(map(float, sys.argv[1:4]))

# Lambda's retries of an asynchronous invocation have its request id.
import contextvars
from ministack.services import lambda_svc
invocation = contextvars.ContextVar("invocation", default=None)
invoke_with_retry = lambda_svc.invoke_async_with_retry
dispatch = lambda_svc._execute_function_dispatch

def invoke_with_one_id(func, event):
    context = contextvars.copy_context()
    context.run(invocation.set, lambda_svc.new_uuid())
    context.run(invoke_with_retry, func, event)

def dispatch_under_its_id(func, config, event, request_id, started):
    return dispatch(func, config, event, invocation.get() or request_id, started)

lambda_svc.invoke_async_with_retry = invoke_with_one_id
lambda_svc._execute_function_dispatch = dispatch_under_its_id

import runpy
for plugin in sys.argv[4:]:
    runpy.run_path(plugin)

sys.argv = ["ministack"]
from ministack.app import main
main()
"""


class Emulator:
    """An AWS of one's own on a free port: `with Emulator() as emulator: ...`.

    log_waits is LOG_WAITS, or ITS_OWN_LOG_WAITS where time is measured; interpreter is that of
    its virtual environment, by default the one that the set-up made; plugins are Python files that
    change it, run in its process before it starts.

    Raises LocalError when it cannot be started. It is stopped when the block ends and also when
    the process that started it is killed.
    """

    def __init__(
        self,
        *,
        log_waits: tuple[float, float, float] = LOG_WAITS,
        interpreter: Path | None = None,
        plugins: Sequence[Path] = (),
    ) -> None:
        self._arguments = [*map(str, log_waits), str(_SHARED_LAYERS), *map(str, plugins)]
        self._interpreter = interpreter or python(EMULATOR)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self.endpoint_url = ""

    def __enter__(self) -> Self:
        if not self._interpreter.is_file():
            raise LocalError("the emulator is not installed: python3 -m tools.setup emulator")
        for _ in range(_PORTS_TRIED):
            if self._start(_free_port()):
                return self
        raise LocalError(
            f"the emulator found no free port in {_PORTS_TRIED} tries: something else took "
            f"{self.endpoint_url} first; try again"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def environment(self) -> dict[str, str]:
        """Return variables that make boto3, the AWS CLI and Terraform use this emulator alone."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    @property
    def folder(self) -> Path:
        """The folder of its temporary files, as long as it runs."""
        return self._folder

    def reset(self) -> None:
        """Forget all resources."""
        self.check()
        self._call("reset", method="POST", seconds=_READY_SECONDS)

    def check(self) -> None:
        """Raise LocalError, with the last line of its log, if the emulator has died."""
        assert self._process is not None
        if self._process.poll() is not None:
            code, log = self._process.returncode, self._log().strip().splitlines()
            raise LocalError(
                f"the emulator at {self.endpoint_url} died (exit code {code}); the last "
                f"line of its log: {log[-1].strip() if log else 'none'}"
            )

    def kill(self) -> None:
        """End it at once, whatever its functions do: requests that wait for it fail."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _start(self, port: int) -> bool:
        """Start on a port; False if something else already listens there."""
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self._folder = Path(tempfile.mkdtemp(prefix="task-scheduler-emulator-"))
        interpreter = self._interpreter
        try:
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [interpreter, "-c", _PROGRAM, *self._arguments],
                    # Handlers see this environment, so it holds nothing of the user's.
                    env={
                        "PATH": f"{interpreter.parent}{os.pathsep}{os.defpath}",
                        "HOME": str(self._folder),
                        "TMPDIR": str(self._folder),
                        "LANG": "C.UTF-8",
                        "TZ": "UTC",
                        "GATEWAY_PORT": str(port),
                        "BIND_HOST": "127.0.0.1",
                        "MINISTACK_HOST": "127.0.0.1",
                        "MINISTACK_REGION": REGION,
                        "IOT_MTLS_ENABLED": "0",
                        "DOCKER_HOST": f"unix://{self._folder}/no-docker",
                    },
                    cwd=self._folder,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            return self._wait_until_ready()
        except BaseException:
            self._stop()
            raise

    def _wait_until_ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            # First the process: the port may be somebody else's, who answers.
            if self._process.poll() is not None:
                if "already in use" in self._log():
                    self._stop()
                    return False
                self.check()
            try:
                self._call("ready", method="GET", seconds=1)
                return True
            except OSError:
                time.sleep(0.05)
        raise LocalError(f"the emulator was not ready after {_READY_SECONDS} s")

    def _stop(self) -> None:
        """Stop the process group: the emulator and its Lambda workers."""
        if self._process is not None:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
            self._signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _call(self, path: str, *, method: str, seconds: float) -> None:
        """Call one of the emulator's own addresses; raises OSError when it does not answer."""
        connection = http.client.HTTPConnection(
            self.endpoint_url[len("http://") :], timeout=seconds
        )
        with closing(connection):
            connection.request(method, f"/_ministack/{path}")
            if connection.getresponse().status != http.HTTPStatus.OK:
                raise ConnectionError(f"{self.endpoint_url} did not answer")

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


def _free_port() -> int:
    """Return a port that was free a moment ago; whoever takes it first is found out at start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
