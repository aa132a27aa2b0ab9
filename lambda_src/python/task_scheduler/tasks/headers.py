"""Headers of `http` and `ping`, and the secrets that their values name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from task_scheduler.errors import InvalidHeaders
from task_scheduler.tasks.secrets import secret

Headers = str | dict[str, str]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name: RFC 9110, 5.1."""

_SECRET = re.compile(r"\{secret:([^{}]*)\}")

_OURS = ("connection", "content-length", "host", "transfer-encoding")
"""Headers that say what is sent and to whom; the request itself has them."""


def read_headers(headers: Headers) -> dict[str, str]:
    """Return headers by name, with the values of the secrets that they name.

    Args:
        headers: lines of "Name: value", or an object.

    Raises:
        InvalidHeaders: one is malformed, or is the request's own.
        UnknownSecret, SecretUnavailable: a secret cannot be had.
    """
    given = headers if isinstance(headers, Mapping) else _parse(headers)
    return {_checked(name): _with_secrets(name, value) for name, value in given.items()}


def secrets_in(headers: Headers) -> set[str]:
    """Return the names of the secrets that headers name; raises InvalidHeaders as read_headers."""
    given = headers if isinstance(headers, Mapping) else _parse(headers)
    return {name for value in given.values() for name in _SECRET.findall(value)}


def _parse(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line.strip()]
    found = {}
    for number, line in enumerate(lines, start=1):
        name, colon, value = line.partition(":")
        if not colon:
            raise InvalidHeaders(f"headers, line {number}: must be a name, a colon and a value")
        found[name.strip()] = value
    return found


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidHeaders(f"header {name!r}: a name must be letters, digits and hyphens")
    if name.lower() in _OURS:
        raise InvalidHeaders(f"header {name!r}: the request has its own, so it must be left out")
    return name


def _with_secrets(name: str, value: str) -> str:
    # the end of line that an editor leaves at a secret's end is none of its value
    text = _SECRET.sub(lambda named: secret(named[1]).strip(), value).strip()
    if not all(character == "\t" or " " <= character <= "~" for character in text):
        raise InvalidHeaders(f"header {name!r}: its value must be of ASCII characters, in one line")
    return text
