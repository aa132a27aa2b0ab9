"""Write dead letters to a file and leave them on their queues."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from taskctl.dead_letters.file import to_line
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.errors import TaskctlError

_ANY_TIME = datetime.max.replace(tzinfo=UTC)
"""Dead letters that arrive meanwhile are written, too."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The part of a queue that was written.

    Attributes:
        url: the queue's.
        written: dead letters that are in the file.
        hidden: about how many more the queue holds that SQS did not hand out.
    """

    url: str
    written: int
    hidden: int


def export_dead_letters(urls: Iterable[str], path: Path) -> list[Exported]:
    """Write all dead letters of some queues to a new file that only its owner may read.

    A file that could not be finished is removed, since it would look complete.

    Raises:
        TaskctlError: the file exists or cannot be written, or there is no access to a queue.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise TaskctlError(f"{path} exists and is not overwritten: name another file") from None
    except OSError as error:
        raise TaskctlError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
            exported = [_write(url, file) for url in urls]
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise TaskctlError(f"cannot write {path}: {error.strerror}") from error
        raise
    return exported


def _write(url: str, file: TextIO) -> Exported:
    ids: set[str] = set()
    with DeadLetterQueue(url) as queue:
        total = queue.count()
        for dead_letters in queue.receive(before=_ANY_TIME):
            new = [dead_letter for dead_letter in dead_letters if dead_letter.id not in ids]
            if not new:  # it takes so long that the first are visible again
                break
            ids |= {dead_letter.id for dead_letter in new}
            file.writelines(map(to_line, new))
    return Exported(url, len(ids), max(total - len(ids), 0))
