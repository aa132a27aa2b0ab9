"""The requests, the time and the processor time that sending takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.events import run, texts
from benchmarks.figures import Figure, alternate
from benchmarks.functions import Code, Designs, Stub, Usage
from benchmarks.sizes import Sizes
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

_LIST = "list.txt"
_STUB_MILLISECONDS = 15


def measure(code: Code, emulator: Emulator, sizes: Sizes) -> Iterator[Figure]:
    """Measure requests with the stub, and times with the stub and the emulator."""
    (code.tasks / _LIST).write_text("\n".join(texts(sizes.sent)))
    scale = sizes.sent / sizes.sent_by_yardstick
    note = f"yardstick: {sizes.sent_by_yardstick} of them, multiplied up"
    with Stub(milliseconds=_STUB_MILLISECONDS) as stub:
        queue = f"{stub.endpoint_url}/000000000000/tasks"
        ours, yardstick = _take_turns(
            Designs(code, stub.endpoint_url), sizes, queue, f"{queue}.fifo", stub.requests
        )
    yield Figure(
        key="send_requests",
        name=f"send requests a task, {sizes.sent} tasks",
        ours=[requests / sizes.sent for _, requests in ours],
        yardstick=[requests / sizes.sent_by_yardstick for _, requests in yardstick],
        at_most=0.101,
        note="counted by the queue",
    )
    yield Figure(
        key="send_slow_queue",
        name=f"sending {sizes.sent} tasks, the queue answers after {_STUB_MILLISECONDS} ms",
        unit="s",
        ours=[usage.seconds[0] for usage, _ in ours],
        yardstick=[usage.seconds[0] * scale for usage, _ in yardstick],
        times=100,
        note=note,
    )
    yield Figure(
        key="send_cpu",
        name="CPU time of 1,000 tasks sent",
        unit="s",
        ours=[usage.cpu_seconds / sizes.sent * 1_000 for usage, _ in ours],
        yardstick=[usage.cpu_seconds / sizes.sent_by_yardstick * 1_000 for usage, _ in yardstick],
        note="all threads",
    )
    sqs = client("sqs", emulator.environment())
    standard = sqs.create_queue(QueueName="sending")["QueueUrl"]
    fifo = sqs.create_queue(
        QueueName="sending.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    ours, yardstick = _take_turns(
        Designs(code, emulator.endpoint_url), sizes, standard, fifo, lambda: 0
    )
    yield Figure(
        key="send_emulator",
        name=f"sending {sizes.sent} tasks on the emulator",
        unit="s",
        ours=[usage.seconds[0] for usage, _ in ours],
        yardstick=[usage.seconds[0] * scale for usage, _ in yardstick],
        times=5,
        note=note,
    )


def _take_turns(
    designs: Designs, sizes: Sizes, standard: str, fifo: str, requests: Callable[[], int]
) -> list[list[tuple[Usage, int]]]:
    """Measure each warm turn, and the requests that the queue counted in it."""
    with (
        designs.send_task(standard) as ours,
        designs.yardstick("send_task", QUEUE_URL=fifo, LOGS="none") as yardstick,
    ):

        def send_ours() -> tuple[Usage, int]:
            before = requests()
            usage = ours.invoke(run(task="nothing", tasks_file=_LIST))
            return usage, requests() - before

        def send_one_by_one() -> tuple[Usage, int]:
            before = requests()
            usage = yardstick.invoke({"tasks": texts(sizes.sent_by_yardstick)})
            return usage, requests() - before

        ours.invoke(run(task="nothing", tasks=texts(1)))
        yardstick.invoke({"tasks": texts(1)})
        return alternate(sizes.rounds, send_ours, send_one_by_one)
