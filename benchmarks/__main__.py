"""`make bench`: measures everything, prints the table, writes results.json and the docs' table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from rich.console import Console

from benchmarks import cost, end_to_end, memory, report, running, sending, starting
from benchmarks.figures import Figure
from benchmarks.functions import Code
from benchmarks.sizes import FULL, Sizes
from local import LocalError
from local.emulator import ITS_OWN_LOG_WAITS, Emulator

_console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main() -> None:
    """Measure, print, write."""
    facts = report.machine()
    figures = list(measure(FULL, say=_console.print))
    results = report.record(figures, facts)
    report.write(results)
    _console.print(report.table(results))
    missed = sum(figure.met is False for figure in figures)
    _console.print(f"\n{missed} goals not met. Written to benchmarks/results.json.")


def measure(sizes: Sizes, *, say: Callable[[str], None]) -> Iterator[Figure]:
    """Every figure; says what is being measured."""
    with ExitStack() as stack:
        code = stack.enter_context(Code.copied())
        emulator = stack.enter_context(Emulator(log_waits=ITS_OWN_LOG_WAITS))
        benchmarks: dict[str, Callable[[], Iterator[Figure]]] = {
            "sending": lambda: sending.measure(code, emulator, sizes),
            "from firing to last outcome": lambda: end_to_end.measure(code, emulator, sizes),
            "running": lambda: running.measure(code, sizes),
            "start of a function": lambda: starting.measure(code, sizes),
            "a list larger than memory": lambda: memory.measure(code, emulator, sizes),
        }
        figures: dict[str, Figure] = {}
        for name, benchmark in benchmarks.items():
            say(f"Measuring: {name} ...")
            figures |= {figure.key: figure for figure in benchmark()}
    figures["requests"] = cost.derive_requests(figures)
    figures |= {figure.key: figure for figure in cost.measure(figures)}
    yield from figures.values()


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(f"The benchmarks failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
