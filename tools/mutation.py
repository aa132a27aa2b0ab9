"""`make mutation`: would the unit tests notice if a line of the runtime were wrong?

mutmut changes the runtime in one small way at a time, a mutant, and runs those unit tests that
reach the changed function; a mutant that no test notices survives. `make mutation
MODULES="queue tasks.registry"` does it for some rooms or modules alone, TESTS="tests/model"
with some tests alone.

All of them take hours. SAMPLE=150 runs 150 mutants of each room, chosen by a hash of SEED and their
names: the same ones whenever their functions are the same. The rate of a room has then a 95 %
confidence interval (Wilson's), and the whole rate is the rooms' mean, weighted by their mutants.

It works in .build/mutation: there `../venv/bin/mutmut results` lists the survivors, and
`../venv/bin/mutmut show NAME` tells what one of them changes.

A test that fails without a mutant is left out, and named: the rate is lower for it. Tests that keep
to a time may fail on a machine that is busy, and then seem to notice a mutant, too; kills.jsonl has
the test that noticed each.

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
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from rich import box
from rich.console import Console
from rich.table import Table

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import BUILD, ROOT, VENV
from tools.kill_rate import Rate, Results, count, whole

WORK = BUILD / "mutation"
GOAL = 95.0

_RUNTIME = "task_scheduler"
_FAILED, _KILLS = WORK / "failing-tests.jsonl", WORK / "kills.jsonl"
_MUTANTS = WORK / "mutants.json"
_MUTANT = "MUTANT_UNDER_TEST"
_TOP_LEVEL = "(top level)"
_SAMPLE, _SEED = "MUTATION_SAMPLE", "MUTATION_SEED"
_FOLDERS = ("unit", "model", "stored")
_TESTS = ["tests/unit", "tests/model/test_ledger.py"]
_PYTEST = [
    f"-p{plugin}"
    for plugin in (
        "tools.mutation",
        "tests.http_server",
        "no:terraform",
        "no:xdist",
        "no:unraisableexception",
    )
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


def main(arguments: Sequence[str]) -> int:
    """Run mutmut and print what came of it; 0 if the kill rate reaches the goal."""
    options = _parse(arguments)
    _lay_out(options.modules, options.tests)
    with Emulator() as emulator:
        environment = os.environ | emulator.environment() | {"PYTHONPATH": str(ROOT)}
        environment |= {_SAMPLE: str(options.sample), _SEED: str(options.seed)}
        mutmut = [str(VENV / "bin" / "mutmut"), "run", f"--max-children={options.jobs}"]
        done = subprocess.run([sys.executable, *mutmut], cwd=WORK, env=environment, check=False)
    for test, text in _read_failing().items():
        print(f"left out, since it fails without a mutant: {test}\n{text}\n")
    if done.returncode:
        return done.returncode
    modules = _read()
    known = json.loads(_MUTANTS.read_text()) if _MUTANTS.is_file() else {}
    rooms = {
        room: Rate.of(results, mutants=known.get(room)) for room, results in _rooms(modules).items()
    }
    rate, half = whole(rooms.values())
    console = Console()
    console.print(_table_of_modules({name: count(found) for name, found in modules.items()}))
    console.print(_table_of_rooms(rooms, rate, half))
    if options.sample:
        console.print(f"sampled: up to {options.sample} mutants of each room, seed {options.seed}")
    return int(rate < options.goal)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.mutation")
    parser.add_argument("modules", nargs="*", help="such as `queue`, `tasks.registry`; all if none")
    parser.add_argument("--tests", nargs="+", default=_TESTS, help="files or folders (%(default)s)")
    parser.add_argument("--goal", type=float, default=GOAL, help="kill rate in %% (%(default)s)")
    parser.add_argument("--sample", type=int, default=0, help="mutants of each room; all if 0")
    parser.add_argument("--seed", default="0", help="chooses the sample (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (%(default)s)")
    return parser.parse_args(arguments)


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
    return {_module(file): found for file, found in _read_files().items() if count(found)}


def _read_files() -> dict[Path, Results]:
    files = sorted((WORK / "mutants" / _RUNTIME).rglob("*.py.meta"))
    return {file: json.loads(file.read_text())["exit_code_by_key"] for file in files}


def _module(meta: Path) -> str:
    parts = meta.relative_to(WORK / "mutants" / _RUNTIME).parts
    return ".".join(parts).removesuffix(".py.meta")


def _rooms(modules: Mapping[str, Results]) -> dict[str, Results]:
    """Merge the results of the modules of each room; top-level modules are one."""
    rooms: dict[str, dict[str, int | None]] = {}
    for module, results in modules.items():
        room = module.split(".")[0] if "." in module else _TOP_LEVEL
        rooms.setdefault(room, {}).update(results)
    return dict(rooms)


def _choose_sample(size: int, seed: str) -> None:
    """Leave so many mutants of each room, and note how many there were.

    mutmut adds up the results of all of them after each: others must not be there.
    """
    files = _read_files()
    modules = {_module(file): found for file, found in files.items()}
    rooms = _rooms(modules)
    _MUTANTS.write_text(json.dumps({room: len(found) for room, found in rooms.items()}))
    chosen = {name for found in rooms.values() for name in sample(found, size, seed)}
    for file, found in files.items():
        meta = json.loads(file.read_text())
        meta["exit_code_by_key"] = {name: None for name in found if name in chosen}
        file.write_text(json.dumps(meta))


def sample(names: Iterable[str], size: int, seed: str) -> list[str]:
    """Choose so many names by a hash: more of them add to the sample, and replace little of it."""
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).digest())[:size]


def _table_of_modules(counts: Mapping[str, Counter[str]]) -> Table:
    statuses = sorted({status for found in counts.values() for status in found})
    table = Table("module", "ran", *statuses, box=box.SIMPLE_HEAD)
    for module, found in counts.items():
        table.add_row(module, str(found.total()), *(str(found[status]) for status in statuses))
    return table


def _table_of_rooms(rooms: Mapping[str, Rate], rate: float, half: float) -> Table:
    table = Table("room", "mutants", "ran", "killed", "rate", "95 % interval", box=box.SIMPLE_HEAD)
    for room, of in rooms.items():
        low, high = of.interval
        numbers = (of.mutants, of.ran, of.killed)
        table.add_row(room, *map(str, numbers), f"{of.percent:.1f} %", f"{low:.1f} to {high:.1f} %")
    totals = (sum(of.mutants for of in rooms.values()), sum(of.ran for of in rooms.values()))
    killed = sum(of.killed for of in rooms.values())
    interval = f"{rate - half:.1f} to {min(rate + half, 100.0):.1f} %"
    table.add_section()
    table.add_row("runtime", *map(str, totals), str(killed), f"{rate:.1f} %", interval)
    return table


class _Running:
    """The emulator that `main` started."""

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture(scope="session")
def emulator() -> _Running:
    """One for all mutants: each would wait a second for one of its own."""
    return _Running()


def pytest_configure(config: pytest.Config) -> None:
    """Use the same examples for each mutant, and do not search for smaller ones that fail."""
    if os.environ.get(_MUTANT) == "stats" and int(os.environ[_SAMPLE]):
        _choose_sample(int(os.environ[_SAMPLE]), os.environ[_SEED])  # the mutants are made by now
    if _has_no_mutant():
        config.option.maxfail = 0  # mutmut would stop at the first
    gc.freeze()  # what was there before the fork is not gone through for each mutant
    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],  # calls of mutmut's functions take longer
    )
    settings.load_profile("mutation")


def _has_no_mutant() -> bool:
    """Return True while mutmut measures the tests, or tries whether they pass."""
    return os.environ.get(_MUTANT) in ("", "stats")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what fails without a mutant, and run the quickest tests first."""
    failing = _read_failing()
    items[:] = [item for item in items if item.nodeid not in failing]
    measured = Path("mutmut-stats.json")  # pytest runs in the folder of the mutants
    if measured.is_file():
        seconds = json.loads(measured.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down what fails without a mutant, and which test noticed a mutant."""
    if not report.failed:
        return
    with (_FAILED if _has_no_mutant() else _KILLS).open("a") as file:
        mutant = os.environ.get(_MUTANT)
        found = {"test": report.nodeid, "mutant": mutant, "text": report.longreprtext[-2_000:]}
        file.write(json.dumps(found) + "\n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let mutmut go on with the tests that passed."""
    if _has_no_mutant() and session.exitstatus == pytest.ExitCode.TESTS_FAILED:
        session.exitstatus = pytest.ExitCode.OK


def _read_failing() -> dict[str, str]:
    """Return the tests that failed without a mutant, and what they said."""
    if not _FAILED.is_file():
        return {}
    found = map(json.loads, _FAILED.read_text().splitlines())
    return {one["test"]: one["text"] for one in found}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
