"""Calls of AWS that no statement of a role's policies covers, as the emulator noted them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Uncovered:
    """A call that AWS would refuse.

    Attributes:
        function: the name of the function that made it.
        action: the permission that it needs, such as "s3:PutObject".
        resource: the ARN that it is needed on; "*" where the emulator knows none.
    """

    function: str
    action: str
    resource: str


class UncoveredCalls:
    """The calls that the emulator writes down (inside.py), each once.

    Args:
        folder: the folder of the emulator.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "uncovered.jsonl"
        self._offset = 0
        self._known: set[Uncovered] = set()

    def forget(self) -> None:
        """Report calls again that were reported before: permissions, or code, are others now."""
        self._known.clear()

    def read(self) -> list[Uncovered]:
        """Return those that are new."""
        if not self._path.is_file():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            whole, _, _ = file.read().rpartition(b"\n")
        self._offset += len(whole) + 1 if whole else 0
        found = []
        for line in whole.splitlines():
            fields = json.loads(line)
            if "action" not in fields:  # a request that could not be read, a fault of ours
                continue
            call = Uncovered(
                fields["session"].rpartition("/")[2], fields["action"], fields["resource"]
            )
            if call not in self._known:
                self._known.add(call)
                found.append(call)
        return found
