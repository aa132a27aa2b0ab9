from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from task_scheduler_local.emulator import Emulator

from .root import Root, attached_root


@pytest.fixture
def root(emulator: Emulator, tmp_path: Path) -> Iterator[Root]:
    """An empty root that reaches the emulator."""
    with attached_root(tmp_path, emulator.environment()) as root:
        yield root
