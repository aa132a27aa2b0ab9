"""`make mutation`: would the unit tests notice if a line of the runtime were wrong?

mutmut changes the runtime in one small way at a time, a mutant, and runs those unit tests that
reach the changed function; a mutant that no test notices survives. `make mutation
MODULES="queue tasks.registry"` does it for some rooms or modules alone, TESTS="tests/model"
with some tests alone. It works in .build/mutation: there `../venv/bin/mutmut results` lists the
survivors, and `../venv/bin/mutmut show NAME` tells what one of them changes.

All tests must pass before it begins, also in another order: those that keep to a time may fail on
a machine that is busy, and then seem to notice a mutant, too.

Counted as killed: what a test notices, what does not end in time (mutmut says so, too). Counted as
survived: what no test reaches. Not mutated, by mutmut's own rules: what stands outside functions,
decorated functions (properties, cached and context managers), annotations, docstrings; and by a
pragma TimeLimit's __enter__ and __exit__, as mutmut calls each function through one of its own,
where an interrupt may fall. Nothing else is left out.

This file is also the pytest plugin of those runs: `pytest -p tools.mutation`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutmut.stats import status_by_exit_code
from rich import box
from rich.console import Console
from rich.table import Table

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import BUILD, ROOT, VENV

WORK = BUILD / "mutation"
GOAL = 95.0

_RUNTIME = "task_scheduler"
_FAILED = WORK / "failed.txt"
_CHILDREN = 2
_FOLDERS = ("unit", "model", "stored")
_TESTS = ["tests/unit", "tests/model/test_ledger.py"]
_PYTEST = [
    f"-p{plugin}"
    for plugin in ("tools.mutation", "no:terraform", "no:xdist", "no:unraisableexception")
]

# - A worker is forked from a process that ran no test: a client of AWS that two of them inherited
#   would be one connection for both.
# - What Python only warns of when it collects garbage has no part in it: when that is, is chance.
# - A mutant has five times as long as its tests take otherwise, and 25 seconds more.
_SETTINGS = f"""
[tool.mutmut]
source_paths = ["{_RUNTIME}"]
pytest_add_cli_args = {json.dumps(_PYTEST)}
process_isolation = "forkserver"
timeout_constant = 5.0
timeout_multiplier = 5.0
use_git_change_detection = false
"""

Results = Mapping[str, int | None]
"""A module's mutants, and the exit code that pytest had for each; None for one that did not run."""


def main(arguments: Sequence[str]) -> int:
    """Run mutmut and print what came of it; 0 if the kill rate reaches the goal."""
    parser = argparse.ArgumentParser(prog="tools.mutation")
    parser.add_argument("modules", nargs="*", help="such as `queue`, `tasks.registry`; all if none")
    parser.add_argument("--tests", nargs="+", default=_TESTS, help="files or folders (%(default)s)")
    parser.add_argument("--goal", type=float, default=GOAL, help="kill rate in %% (%(default)s)")
    options = parser.parse_args(arguments)
    _lay_out(options.modules, options.tests)
    with Emulator() as emulator:
        environment = os.environ | emulator.environment() | {"PYTHONPATH": str(ROOT)}
        mutmut = [str(VENV / "bin" / "mutmut"), "run", f"--max-children={_CHILDREN}"]
        done = subprocess.run([sys.executable, *mutmut], cwd=WORK, env=environment, check=False)
    if done.returncode:  # mutmut does not say which tests fail without a mutant
        print(_FAILED.read_text() if _FAILED.is_file() else "")
        return done.returncode
    counts = {module: count(results) for module, results in _read().items()}
    total = sum(counts.values(), Counter[str]())
    Console().print(_table(counts, total))
    return int(rate(total) < options.goal)


def count(results: Results) -> Counter[str]:
    """Count mutants by mutmut's statuses; those that did not run are none."""
    return Counter(status_by_exit_code[code] for code in results.values() if code is not None)


def rate(counts: Counter[str]) -> float:
    """Return the kill rate in %, of mutants counted by status; 0 if there are none."""
    total = counts.total()
    return 100 * (counts["killed"] + counts["timeout"]) / total if total else 0.0


def _lay_out(modules: Sequence[str], tests: Sequence[str]) -> None:
    """Lay out the runtime and its tests for mutmut: a project with the package at its top."""
    shutil.rmtree(WORK, ignore_errors=True)
    no_bytecode = shutil.ignore_patterns("__pycache__")
    runtime = ROOT / "lambda_src" / "python" / _RUNTIME
    shutil.copytree(runtime, WORK / _RUNTIME, ignore=no_bytecode)
    for folder in _FOLDERS:
        shutil.copytree(ROOT / "tests" / folder, WORK / "tests" / folder, ignore=no_bytecode)
    chosen = {
        "only_mutate": [path for module in modules for path in _paths(module)],
        "pytest_add_cli_args_test_selection": list(tests),
    }
    (WORK / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text()
        + _SETTINGS
        + "".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items())
    )


def _paths(module: str) -> tuple[str, str]:
    """Return the patterns of a module's file, and of the files of a package."""
    path = f"{_RUNTIME}/{module.replace('.', '/')}"
    return f"{path}.py", f"{path}/*"


def _read() -> dict[str, Results]:
    """Read the results of a run of mutmut, by module."""
    folder = WORK / "mutants" / _RUNTIME
    read = {
        _module(file.relative_to(folder)): json.loads(file.read_text())["exit_code_by_key"]
        for file in sorted(folder.rglob("*.py.meta"))
    }
    return {module: results for module, results in read.items() if count(results)}


def _module(meta: Path) -> str:
    return ".".join(meta.parts).removesuffix(".py.meta")


def _table(counts: Mapping[str, Counter[str]], total: Counter[str]) -> Table:
    others = sorted(set(total) - {"killed", "timeout", "survived", "no tests"})
    table = Table(box=box.SIMPLE_HEAD, show_footer=True)
    table.add_column("module", "all", no_wrap=True)
    columns = ["mutants", "killed", "timeout", "survived", "no tests", *others]
    for name in columns:
        table.add_column(
            name, str(total.total() if name == "mutants" else total[name]), justify="right"
        )
    table.add_column("rate", f"{rate(total):.1f} %", justify="right")
    for module, found in counts.items():
        cells = [str(found.total() if name == "mutants" else found[name]) for name in columns]
        table.add_row(module, *cells, f"{rate(found):.1f} %")
    return table


class _Running:
    """The emulator that `main` started."""

    def environment(self) -> dict[str, str]:
        return {}  # it is in the environment already


@pytest.fixture(scope="session")
def emulator() -> _Running:
    """One for all mutants: each would wait a second for one of its own."""
    return _Running()


def pytest_configure() -> None:
    """Use the same examples for each mutant, and do not search for smaller ones that fail."""
    gc.freeze()  # what was there before the fork is not gone through for each mutant
    settings.register_profile(
        "mutation", derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
    )
    settings.load_profile("mutation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quickest tests first, as mutmut measured them: the first failure is the last."""
    measured = Path("mutmut-stats.json")  # pytest runs in the folder of the mutants
    if measured.is_file():
        seconds = json.loads(measured.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down what fails without a mutant."""
    if report.failed and os.environ.get("MUTANT_UNDER_TEST") in ("", "stats"):
        with _FAILED.open("a") as file:
            file.write(f"{report.nodeid}\n{report.longreprtext}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
