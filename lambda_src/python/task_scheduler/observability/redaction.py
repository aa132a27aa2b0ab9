"""Secrets in texts that leave the function: each is replaced before it is cut, logged or sent."""

from __future__ import annotations

import json
from itertools import chain

MASK = "***"

MIN_CHARACTERS = 6
"""Shorter secrets are left alone: their characters stand in too many texts by chance."""

_hidden: dict[str, list[list[str]]] = {}
"""The texts to replace, longest first, of each secret's value and of the one before, by name."""


def hide(name: str, value: str) -> None:
    """Replace a secret's value from now on.

    Of a value of several lines each line is replaced, since they are printed one by one. An
    encoded form (base64, percent signs) is not recognised.
    """
    texts = {value, *value.splitlines(), json.dumps(value)[1:-1]}
    texts |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in texts}
    texts |= {text.strip() for text in texts}
    long_enough = {text for text in texts if len(text) >= MIN_CHARACTERS}
    values = [sorted(long_enough, key=len, reverse=True), *_hidden.get(name, [])]
    _hidden[name] = values[:2]


def redacted(text: str) -> str:
    """Return the text with *** for every secret in it."""
    for values in list(_hidden.values()):
        for hidden in chain.from_iterable(values):
            if str.__contains__(text, hidden):
                text = str.replace(text, hidden, MASK)
    return text


def forget_hidden() -> None:
    """Hide nothing any more, for tests."""
    _hidden.clear()
