"""Fixtures that all tests share: an AWS of the run's own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from tests.http_server import make_httpserver

__all__ = ["make_httpserver"]

WAITING = (
    "tests/faults/", "tests/system/", "tests/benchmarks/", "tests/taskctl/page/", "tests/module/",
    "tests/local/",
)  # fmt: skip
"""Folders whose tests wait for functions, visibility timeouts, Chromium or Terraform."""

COMPILED = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """pytest-terraform runs the terraform of the local run.

    Processes that tests start find compiled modules even where none may be written beside the
    sources: else each of a thousand compiles what it imports.
    """
    config.option.dest_tf_binary = str(terraform.binary())
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        config.stash[COMPILED] = tempfile.mkdtemp(prefix="task-scheduler-compiled-")
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[COMPILED]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if COMPILED in config.stash:
        shutil.rmtree(config.stash[COMPILED], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left alone with one at the end.

    `make test` hands out files in this order; by itself xdist would begin with those of many tests.
    """
    files = [item.nodeid.partition("::")[0] for item in items]
    sizes = Counter(files)
    first = dict.fromkeys(files)

    def order(file: str) -> tuple[int, int]:
        ranks = [rank for rank, folder in enumerate(WAITING) if file.startswith(folder)]
        return min(ranks, default=len(WAITING)), -sizes[file]

    places = {file: place for place, file in enumerate(sorted(first, key=order))}
    items.sort(key=lambda item: places[item.nodeid.partition("::")[0]])


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An emulator for the whole run; what a test makes in it has a name of the test's own."""
    with Emulator() as emulator:
        yield emulator
