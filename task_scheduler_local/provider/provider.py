"""The interface of a provider, a resource type and a data source to the plugin service."""

from __future__ import annotations

from typing import Any, Protocol

from .schema import Block

State = dict[str, Any]


class DataSource(Protocol):
    """Read while Terraform plans, as soon as its configuration is known."""

    block: Block

    def validate(self, config: State) -> None:
        """Raise ProviderError for what the facts cannot tell; parts may be unknown."""

    def read(self, config: State) -> State:
        """Return the configuration with everything computed; raises ProviderError."""


class Resource(Protocol):
    """Created, read, updated and deleted; `planning` and `validation` do what the facts tell."""

    block: Block

    def validate(self, config: State) -> None:
        """Raise ProviderError for what the facts cannot tell; parts may be unknown."""

    def plan(self, prior: State | None, planned: State) -> None:
        """Change `planned` where it depends on more than the facts; raises ProviderError."""

    def create(self, new: State) -> None:
        """Create it and set new["id"] as soon as it exists.

        So a failure after that keeps it in the state.
        """

    def read(self, state: State) -> State | None:
        """Read the resource as far as it can be read; return None if it is gone."""

    def update(self, prior: State, new: State) -> None:
        """Change what differs."""

    def delete(self, state: State) -> None:
        """Delete it; it may be gone already."""


class Provider(Protocol):
    block: Block
    resources: dict[str, Resource]
    data_sources: dict[str, DataSource]

    def configure(self, config: State) -> None:
        """Take the provider block's settings; raises ProviderError."""
