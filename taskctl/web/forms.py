"""Values that a browser sent, in a form or in an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request

from taskctl.errors import TaskctlError

_LARGEST = 65_536
"""Bytes of a form: the ids of a thousand dead letters."""
_LONGEST = 1_000
"""Characters of a value that somebody typed."""


@dataclass(frozen=True)
class Form:
    """Values by name, each of which may be there several times."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str | None:
        """Return a value without blanks around it; None if it is missing or empty.

        Raises:
            TaskctlError: it is too long.
        """
        value = self.values.get(name, [""])[-1].strip()
        if len(value) > _LONGEST:
            raise TaskctlError(f"{name} must have at most {_LONGEST:,} characters")
        return value or None

    def required(self, name: str) -> str:
        """Return a value.

        Raises:
            TaskctlError: it is missing or empty.
        """
        if (value := self.text(name)) is None:
            raise TaskctlError(f"{name} must be given")
        return value

    def whole(self, name: str) -> int | None:
        """Return a value as a number from 1; None if it is missing or empty.

        Raises:
            TaskctlError: it is not one.
        """
        value = self.text(name)
        if value is None:
            return None
        if not (value.isdecimal() and len(value) < 13 and int(value)):
            raise TaskctlError(f"{name} must be a whole number from 1, not {value[:20]!r}")
        return int(value)

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a name that are not empty."""
        return tuple(filter(None, self.values.get(name, ())))


def query_of(request: Request) -> Form:
    """Return the values of an address."""
    return Form(parse_qs(request.url.query, errors="replace"))


async def form_of(request: Request) -> Form:
    """Return the values of a form that was sent, or else those of the address.

    Raises:
        TaskctlError: it is too large.
    """
    if request.method == "GET":
        return query_of(request)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise TaskctlError(f"a form must have at most {_LARGEST:,} bytes")
    return Form(parse_qs(body.decode(errors="replace"), errors="replace"))
