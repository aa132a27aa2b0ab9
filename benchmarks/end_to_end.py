"""The time from a run to its last task's end, with real Lambda functions on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.designs import Design, Run, publish_layer
from benchmarks.events import run, texts
from benchmarks.figures import Figure, alternate
from benchmarks.functions import Code
from benchmarks.sizes import Sizes
from task_scheduler_local.emulator import Emulator

_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class Designs:
    """Our design, and the yardstick without and with its logs."""

    ours: Design
    silent: Design
    logging: Design


def measure(code: Code, emulator: Emulator, sizes: Sizes) -> Iterator[Figure]:
    """Measure runs started directly: the emulator checks schedules only every ten seconds."""
    designs = _build(code, emulator)
    _warm_up(designs)
    yield from _nothing(designs, sizes)
    yield from _waiting(designs, sizes)


def _build(code: Code, emulator: Emulator) -> Designs:
    dependencies = publish_layer(emulator, "dependencies", code.dependencies)
    runtime = publish_layer(emulator, "runtime", code.runtime)
    return Designs(
        Design(
            emulator,
            "ours",
            package="task_scheduler",
            code=code.tasks,
            layers=[runtime, dependencies],
            environment={"TASK_CONCURRENCY": "10"},
        ),
        *(
            Design(
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


def _warm_up(designs: Designs) -> None:
    """Run until each design has all the processes that it will have."""
    designs.ours.fire(run(task="wait", args={"seconds": _WAIT_SECONDS}, tasks=texts(200)))
    for design in (designs.silent, designs.logging):
        design.fire({"tasks": texts(1)})


def _nothing(designs: Designs, sizes: Sizes) -> Iterator[Figure]:
    number = sizes.run
    ours, silent, logging = alternate(
        sizes.rounds,
        lambda: designs.ours.fire(run(task="nothing", tasks=texts(number))),
        lambda: designs.silent.fire({"tasks": texts(number)}),
        lambda: designs.logging.fire({"tasks": texts(number)}),
    )
    name = f"run to last outcome, {number} tasks that do nothing"
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
    full = designs.ours.fill_then_run(run(task="nothing", tasks=texts(number)))
    full_yardstick = designs.silent.fill_then_run({"tasks": texts(number)})
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


def _waiting(designs: Designs, sizes: Sizes) -> Iterator[Figure]:
    part, scale = sizes.waiting_in_yardstick, sizes.waiting / sizes.waiting_in_yardstick
    ours, yardstick = alternate(
        sizes.rounds,
        lambda: designs.ours.fire(
            run(task="wait", args={"seconds": _WAIT_SECONDS}, tasks=texts(sizes.waiting))
        ),
        lambda: designs.silent.fire({"tasks": texts(part, f"wait {_WAIT_SECONDS}")}),
    )
    yield Figure(
        key="end_to_end_waiting",
        name=f"run to last outcome, {sizes.waiting} tasks that wait {_WAIT_SECONDS} s",
        unit="s",
        ours=_seconds(ours),
        yardstick=[seconds * scale for seconds in _seconds(yardstick)],
        times=10,
        note=f"overlapped; yardstick: {part} of them, multiplied up",
    )


def _seconds(runs: list[Run]) -> list[float]:
    return [run.seconds for run in runs]
