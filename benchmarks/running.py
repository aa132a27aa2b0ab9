"""The cost of running tasks: processor time and billed milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from benchmarks.events import batches, messages, texts
from benchmarks.figures import Figure, alternate
from benchmarks.functions import Code, Designs, Stub, Usage
from benchmarks.sizes import Sizes

_BATCH = 10
_WAIT_SECONDS = 0.1
_AWS_MILLISECONDS = 5
_SHORT_SECONDS = 0.02


def measure(code: Code, sizes: Sizes) -> Iterator[Figure]:
    """Measure handlers called with events, without an emulator."""
    with Stub(milliseconds=_AWS_MILLISECONDS) as stub:
        designs = Designs(code, stub.endpoint_url)
        yield from _nothing(designs, sizes)
        yield from _waiting(designs, sizes)
        yield from _ledger(designs, sizes)


def _nothing(designs: Designs, sizes: Sizes) -> Iterator[Figure]:
    tasks = batches(messages(sizes.run, "nothing"), _BATCH)
    one_by_one = batches(texts(sizes.run), 1)
    with (
        designs.run_task() as ours,
        designs.yardstick("run_task", LOGS="none") as silent,
        designs.yardstick("run_task", LOGS="all") as logging,
    ):
        ours.invoke(tasks[0])
        a, b, c = alternate(
            sizes.rounds,
            lambda: ours.invoke(*tasks),
            lambda: silent.invoke(*one_by_one),
            lambda: logging.invoke(*one_by_one),
        )

    def cpu(usages: list[Usage]) -> list[float]:
        return [usage.cpu_seconds / sizes.run * 1_000 for usage in usages]

    name = "CPU time of 1,000 tasks run that do nothing"
    yield Figure(
        key="run_cpu_logs",
        name=name,
        unit="s",
        ours=cpu(a),
        yardstick=cpu(c),
        at_most=1.0,
        note="yardstick with its logs",
    )
    yield Figure(
        key="run_cpu",
        name=name,
        unit="s",
        ours=cpu(a),
        yardstick=cpu(b),
        note="yardstick without logs",
    )
    yield Figure(
        key="invocation",
        name="an invocation of run_task whose tasks do nothing",
        unit="ms",
        ours=_milliseconds(a),
        yardstick=_milliseconds(c),
        note="ours: ten tasks; yardstick: one, with its logs",
    )


def _waiting(designs: Designs, sizes: Sizes) -> Iterator[Figure]:
    tasks = batches(messages(sizes.billed, "wait", seconds=_WAIT_SECONDS), _BATCH)
    with designs.run_task(TASK_CONCURRENCY="10") as overlapped, designs.run_task() as serial:
        a, b = alternate(
            sizes.rounds, lambda: overlapped.invoke(*tasks), lambda: serial.invoke(*tasks)
        )

    def billed(usages: list[Usage]) -> list[float]:
        return [sum(ceil(s * 1_000) for s in usage.seconds) / sizes.billed for usage in usages]

    yield Figure(
        key="billed",
        name="billed time of a task that waits 100 ms, batches of 10, overlapped",
        unit="ms",
        ours=billed(a),
        yardstick=billed(b),
        times=7,
        note="yardstick: the same batches in series; a batch is rounded up to whole milliseconds",
    )


def _ledger(designs: Designs, sizes: Sizes) -> Iterator[Figure]:
    """Measure batches of short tasks, with the table answering late, and with one in memory."""
    tasks = batches(messages(sizes.billed, "wait", seconds=_SHORT_SECONDS), _BATCH)
    with designs.run_task() as with_it, designs.run_task(NO_TABLE="true") as without:
        with_it.invoke(tasks[0])
        without.invoke(tasks[0])
        a, b = alternate(
            sizes.ledger_rounds, lambda: with_it.invoke(*tasks), lambda: without.invoke(*tasks)
        )

    yield Figure(
        key="ledger",
        name=f"a batch of 10 tasks of {_SHORT_SECONDS * 1_000:g} ms, recorded in the ledger",
        unit="ms",
        ours=_milliseconds(a),
        yardstick=_milliseconds(b),
        times=0.9,
        note=f"the table answers after {_AWS_MILLISECONDS} ms; yardstick: at once, in memory",
    )


def _milliseconds(usages: list[Usage]) -> list[float]:
    return [sum(usage.seconds) / len(usage.seconds) * 1_000 for usage in usages]
