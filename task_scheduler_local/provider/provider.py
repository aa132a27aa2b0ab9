"""What a provider, a resource type and a data source are to the plugin service."""

from __future__ import annotations

from typing import Any, Protocol

from .schema import Block

State = dict[str, Any]


class DataSource(Protocol):
    """Read while Terraform plans, as soon as its configuration is known."""

    block: Block

    def validate(self, config: State) -> None:
        """Raises ProviderError for what the facts cannot tell; parts may be unknown."""

    def read(self, config: State) -> State:
        """The configuration with everything computed; raises ProviderError."""


class Resource(Protocol):
    """Created, read, updated and deleted; `planning` and `validation` do what the facts tell."""

    block: Block

    def validate(self, config: State) -> None:
        """Raises ProviderError for what the facts cannot tell; parts may be unknown."""

    def plan(self, prior: State | None, planned: State) -> None:
        """Changes `planned` where it depends on more than the facts; raises ProviderError."""

    def create(self, new: State) -> None:
        """Creates it and sets new["id"] as soon as it exists, so that a failure after that keeps
        it in the state."""

    def read(self, state: State) -> State | None:
        """What is really there, as far as it can be read; None if it is gone."""

    def update(self, prior: State, new: State) -> None:
        """Changes what differs."""

    def delete(self, state: State) -> None:
        """Deletes it; that it is gone already is no error."""


class Provider(Protocol):
    block: Block
    resources: dict[str, Resource]
    data_sources: dict[str, DataSource]

    def configure(self, config: State) -> None:
        """Takes the provider block's settings; raises ProviderError."""
