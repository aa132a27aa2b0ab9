"""A Lambda function's process: `python host.py MODULE.HANDLER LOG_FILE`.

Reads a JSON list of events a line, calls the handler with each, and answers with a line of figures.
Its own start is part of what is measured, so it imports little.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time


class Context:
    """The part of Lambda's context that handlers use."""

    function_name = "benchmark"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Return the longest time that a function may have."""
        return 900_000


class Table:
    """The client of a table that answers at once, and has nothing."""

    def get_item(self, **_: object) -> dict[str, object]:
        """Return that there is no item."""
        return {}

    def update_item(self, **_: object) -> dict[str, object]:
        """Return an item without attributes."""
        return {"Attributes": {}}


def peak_bytes() -> int:
    """Return the peak memory of this process."""
    try:
        # ru_maxrss would be the parent's, where that is larger
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(handler: str, log_file: str) -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    if os.environ.get("NO_TABLE"):
        setattr(importlib.import_module("task_scheduler.aws"), "dynamodb", Table)  # noqa: B010
    for line in sys.stdin:
        events, seconds = json.loads(line), []
        cpu = time.process_time()
        for event in events:
            begun = time.perf_counter()
            function(event, Context())
            seconds.append(time.perf_counter() - begun)
        cpu = time.process_time() - cpu
        sys.stdout.flush()
        answer = {"seconds": seconds, "cpu_seconds": cpu, "peak_bytes": peak_bytes()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
