"""`taskctl dev` as a process, and what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from threading import Condition, Thread

from tests.system.stack import PATIENCE_SECONDS


class Dev:
    """The process, and what it printed."""

    def __init__(
        self, taskctl: list[str], folder: Path, root: Path, environment: dict[str, str]
    ) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_", "PYTHON"))}
        self.process = subprocess.Popen(
            [*taskctl, "dev", "--root", str(root)],
            env=clean | environment | {"TMPDIR": str(self.temporary), "TZ": "UTC"},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Of a shell's background job, which is what a test run may be, SIGINT is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.lines: list[str] = []
        self.position = 0
        self._more = Condition()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()

    def see(self, *parts: str) -> str:
        """Wait for the next line, after the one seen last, that has these parts in it."""
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [
                number
                for number in range(self.position, len(self.lines))
                if all(part in self.lines[number] for part in parts)
            ]
            return bool(found)

        with self._more:
            assert self._more.wait_for(is_there, PATIENCE_SECONDS), (
                f"no line with {parts} after line {self.position} of\n" + "\n".join(self.lines)
            )
            self.position = found[0] + 1
            return self.lines[found[0]]

    def fire(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        return code
