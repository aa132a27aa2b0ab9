"""Writes zip archives whose bytes depend on names, contents and modes alone."""

from __future__ import annotations

import functools
import io
import os
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

# The time that hashicorp/archive gives every file, far from any that a zip cannot hold.
_TIME = (2049, 1, 1, 0, 0, 0)
_UNIX = 3


class Entry(NamedTuple):
    name: str
    content: bytes
    mode: int


@functools.lru_cache(maxsize=3)
def _pack(entries: tuple[Entry, ...]) -> bytes:
    """Pack entries; one process packs the same three archives for each plan, apply and destroy."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, _TIME)
            info.create_system = _UNIX
            info.external_attr = (stat.S_IFREG | entry.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entry.content)
    return buffer.getvalue()


def write(path: Path, entries: list[Entry]) -> bytes:
    """Write the archive in one step, so that nobody reads half of it; return its bytes."""
    content = _pack(tuple(entries))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return content
