"""Tasks that write down that they ran, on this machine, where the test looks."""

import json
from pathlib import Path
from typing import Any

from task_scheduler import task


def _write(folder: str, **record: Any) -> int:
    """Appends a record; returns how many there are."""
    path = Path(folder) / "records.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(record)}\n")
    return len(path.read_text(encoding="utf-8").splitlines())


@task("record")
def record(text: str, folder: str) -> None:
    _write(folder, text=text)


@task("row")
def row(folder: str, city: str, number: str) -> None:
    _write(folder, city=city, number=number)


@task("fail")
def fail(text: str, folder: str) -> None:
    _write(folder, text=text)
    raise RuntimeError(f"no service for {text}")


@task("recover")
def recover(folder: str) -> None:
    if _write(folder, text="attempt") == 1:
        raise RuntimeError("not yet")
