"""The time from the start of a function's process to its first work done."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator

from benchmarks.events import batches, messages, run
from benchmarks.figures import Figure, alternate
from benchmarks.functions import Code, Designs, Function, Stub
from benchmarks.sizes import Sizes
from task_scheduler_local.places import EMULATOR, python

_HELLO = ["Hello from Lambda #1!", "Hello from Lambda #2!"]


def measure(code: Code, sizes: Sizes) -> Iterator[Figure]:
    """Measure the original's two hello tasks without byte code, as in archives, and with it."""
    yield from _starts(code, sizes, "", 1, "")
    subprocess.run([python(EMULATOR), "-m", "compileall", "-q", code.folder], check=True)
    yield from _starts(code, sizes, "_compiled", None, "with byte code, which archives do not hold")


def _starts(
    code: Code, sizes: Sizes, suffix: str, goal: float | None, note: str
) -> Iterator[Figure]:
    hello, task = batches(_HELLO[:1], 1)[0], batches(messages(1, None), 1)[0]
    with Stub(milliseconds=0) as stub:
        designs = Designs(code, stub.endpoint_url)
        ours, yardstick = alternate(
            sizes.starts,
            lambda: _seconds(designs.run_task, task),
            lambda: _seconds(lambda: designs.yardstick("run_task", LOGS="all"), hello),
        )
        yield Figure(
            key=f"start_run_task{suffix}",
            name="process start to the first hello task done",
            unit="s",
            ours=ours,
            yardstick=yardstick,
            times=goal,
            note=note,
        )
        queue = f"{stub.endpoint_url}/000000000000/tasks"
        ours, yardstick = alternate(
            sizes.starts,
            lambda: _seconds(lambda: designs.send_task(queue), run(tasks=_HELLO)),
            lambda: _seconds(
                lambda: designs.yardstick("send_task", QUEUE_URL=f"{queue}.fifo", LOGS="all"),
                {"tasks": _HELLO},
            ),
        )
    yield Figure(
        key=f"start_send_task{suffix}",
        name="process start to the hello tasks sent",
        unit="s",
        ours=ours,
        yardstick=yardstick,
        times=goal,
        note=note,
    )


def _seconds(start: Callable[[], Function], event: object) -> float:
    begun = time.perf_counter()
    with start() as function:
        function.invoke(event)
        return time.perf_counter() - begun
