"""`make bench`: measure everything, print the table, write results.json and the docs' table.

`python -m benchmarks NAME...` measures those benchmarks alone, and replaces their figures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from benchmarks import cost, end_to_end, memory, module, report, running, sending, starting
from benchmarks.figures import Figure
from benchmarks.functions import Code
from benchmarks.sizes import FULL, Sizes
from task_scheduler_local import LocalError
from task_scheduler_local.emulator import ITS_OWN_LOG_WAITS, Emulator

_console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main(names: Sequence[str]) -> None:
    """Measure, print, write."""
    facts = report.machine()
    figures = list(measure(FULL, say=_console.print, names=names))
    _console.print(report.table(report.record(figures, facts)))
    missed = sum(figure.met is False for figure in figures)
    _console.print(f"\n{missed} goals not met.")
    report.write(_with_earlier(figures, facts) if names else report.record(figures, facts))
    _console.print("Written to benchmarks/results.json and docs/benchmarks.md.")


def _with_earlier(figures: Sequence[Figure], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results with some figures measured again, and the derived ones by them."""
    earlier = report.read()
    known = report.figures_of(earlier) | {figure.key: figure for figure in figures}
    return report.record([*figures, *cost.derive(known)], facts, earlier["figures"])


def measure(
    sizes: Sizes, *, say: Callable[[str], None], names: Sequence[str] = ()
) -> Iterator[Figure]:
    """Measure every figure, or those of some benchmarks, and say what is being measured.

    Raises LocalError for a name that no benchmark has.
    """
    with ExitStack() as stack:
        code = stack.enter_context(Code.copied())
        emulator = stack.enter_context(Emulator(log_waits=ITS_OWN_LOG_WAITS))
        benchmarks: dict[str, Callable[[], Iterator[Figure]]] = {
            "sending": lambda: sending.measure(code, emulator, sizes),
            "from run to last outcome": lambda: end_to_end.measure(code, emulator, sizes),
            "running": lambda: running.measure(code, sizes),
            "start of a function": lambda: starting.measure(code, sizes),
            "a list larger than memory": lambda: memory.measure(code, emulator, sizes),
            "many schedules": lambda: module.measure(emulator, sizes),
        }
        for name in names:
            if name not in benchmarks:
                raise LocalError(f"no benchmark is named {name}; there are {', '.join(benchmarks)}")
        figures: dict[str, Figure] = {}
        for name in names or benchmarks:
            say(f"Measuring: {name} ...")
            figures |= {figure.key: figure for figure in benchmarks[name]()}
    if not names:
        figures |= {figure.key: figure for figure in cost.derive(figures)}
    yield from figures.values()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LocalError as error:
        sys.exit(f"The benchmarks failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
