"""Sandboxes of the emulator share the files of a layer: run in its own process before it starts.

Each would unpack both layers, some 2,000 files, and compile what it imports of them: most of the
time that it takes to begin, and to be deleted.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

_LAYERS = Path(os.environ["TMPDIR"], "layers")
_unpacking = threading.Lock()


class _SharedZip(zipfile.ZipFile):
    """A package that a sandbox unpacks; of a layer it gets a link to what was unpacked before."""

    def __init__(self, file: str, *arguments: Any, **named: Any) -> None:
        super().__init__(file, *arguments, **named)
        self._shared: Path | None = None
        if Path(file).name.startswith("layer_"):
            with Path(file).open("rb") as packed:
                self._shared = _LAYERS / hashlib.file_digest(packed, "sha256").hexdigest()

    def namelist(self) -> list[str]:
        """Return the names that are to be checked: none of what was unpacked before."""
        return [] if self._shared and self._shared.exists() else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Unpack into a folder, or make it a link."""
        if self._shared is None:
            super().extractall(path, members, pwd)
            return
        with _unpacking:
            if not self._shared.exists():
                part = self._shared.with_suffix(".part")
                super().extractall(part, members, pwd)
                part.rename(self._shared)
        Path(path).rmdir()
        Path(path).symlink_to(self._shared)


lambda_runtime.zipfile = SimpleNamespace(
    ZipFile=_SharedZip,
    BadZipFile=zipfile.BadZipFile,
    LargeFileError=zipfile.LargeZipFile,  # by a name that there is not, which nobody has met yet
)
