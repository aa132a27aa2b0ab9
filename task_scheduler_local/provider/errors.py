"""The one error that the providers raise on purpose."""

from __future__ import annotations


class ProviderError(Exception):
    """A refusal in one sentence; `attribute` is the top-level argument that it is about."""

    def __init__(self, message: str, attribute: str | None = None) -> None:
        super().__init__(message)
        self.attribute = attribute
