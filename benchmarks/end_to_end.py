"""From a firing to the last task's end, on the emulator as real Lambda functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.events import firing, texts
from benchmarks.figures import Figure, alternate
from benchmarks.functions import Code
from benchmarks.houses import House, Run, publish_layer
from benchmarks.sizes import Sizes
from local.emulator import Emulator

_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class Houses:
    """Ours, and the yardstick without and with its logs."""

    ours: House
    silent: House
    logging: House


def measure(code: Code, emulator: Emulator, sizes: Sizes) -> Iterator[Figure]:
    """Fired directly, not by a schedule: the emulator looks at those every ten seconds."""
    houses = _build(code, emulator)
    _warm_up(houses)
    yield from _nothing(houses, sizes)
    yield from _waiting(houses, sizes)


def _build(code: Code, emulator: Emulator) -> Houses:
    dependencies = publish_layer(emulator, "dependencies", code.dependencies)
    runtime = publish_layer(emulator, "runtime", code.runtime)
    return Houses(
        House(
            emulator,
            "ours",
            package="task_scheduler",
            code=code.tasks,
            layers=[runtime, dependencies],
            environment={"TASK_CONCURRENCY": "10"},
        ),
        *(
            House(
                emulator,
                f"yardstick-logs-{logs}",
                package="benchmarks.yardstick",
                code=code.yardstick,
                layers=[dependencies],
                environment={"LOGS": logs},
                one_by_one=True,
            )
            for logs in ("none", "all")
        ),
    )


def _warm_up(houses: Houses) -> None:
    """Until each has all the processes that it will have."""
    houses.ours.fire(firing(task="wait", args={"seconds": _WAIT_SECONDS}, tasks=texts(200)))
    for house in (houses.silent, houses.logging):
        house.fire({"tasks": texts(1)})


def _nothing(houses: Houses, sizes: Sizes) -> Iterator[Figure]:
    number = sizes.run
    ours, silent, logging = alternate(
        sizes.rounds,
        lambda: houses.ours.fire(firing(task="nothing", tasks=texts(number))),
        lambda: houses.silent.fire({"tasks": texts(number)}),
        lambda: houses.logging.fire({"tasks": texts(number)}),
    )
    name = f"firing to last outcome, {number} tasks that do nothing"
    for key, yardstick, note in (
        ("end_to_end_logs", logging, "with"),
        ("end_to_end", silent, "without"),
    ):
        yield Figure(
            key=key,
            name=name,
            unit="s",
            ours=_seconds(ours),
            yardstick=_seconds(yardstick),
            times=5,
            note=f"yardstick {note} its logs",
        )
    yield Figure(
        key="log_bytes",
        name="log of a task that does nothing",
        unit="bytes",
        ours=[run.log_bytes / number for run in ours],
        yardstick=[run.log_bytes / number for run in logging],
        note="with the lines that Lambda adds",
    )
    full = houses.ours.fill_then_run(firing(task="nothing", tasks=texts(number)))
    full_yardstick = houses.silent.fill_then_run({"tasks": texts(number)})
    yield Figure(
        key="invocations",
        name=f"run_task invocations a task, {number} on the queue",
        ours=[full.invocations / number],
        yardstick=[full_yardstick.invocations / number],
        at_most=0.11,
        note="counted by the emulator",
    )
    yield Figure(
        key="invocations_while_sent",
        name="the same, tasks sent while run_task runs",
        ours=[run.invocations / number for run in ours],
        yardstick=[run.invocations / number for run in silent],
    )


def _waiting(houses: Houses, sizes: Sizes) -> Iterator[Figure]:
    part, scale = sizes.waiting_in_yardstick, sizes.waiting / sizes.waiting_in_yardstick
    ours, yardstick = alternate(
        sizes.rounds,
        lambda: houses.ours.fire(
            firing(task="wait", args={"seconds": _WAIT_SECONDS}, tasks=texts(sizes.waiting))
        ),
        lambda: houses.silent.fire({"tasks": texts(part, f"wait {_WAIT_SECONDS}")}),
    )
    yield Figure(
        key="end_to_end_waiting",
        name=f"firing to last outcome, {sizes.waiting} tasks that wait {_WAIT_SECONDS} s",
        unit="s",
        ours=_seconds(ours),
        yardstick=[seconds * scale for seconds in _seconds(yardstick)],
        times=10,
        note=f"overlapped; yardstick: {part} of them, multiplied up",
    )


def _seconds(runs: list[Run]) -> list[float]:
    return [run.seconds for run in runs]
