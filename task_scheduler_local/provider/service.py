"""Terraform's plugin service, version 6, for any provider: messages to values and back."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

from . import messages
from .errors import ProviderError
from .planning import plan, replacements, settle
from .provider import Provider, Resource, State
from .schema import Block
from .validation import check, warn
from .values import decode, encode, without_unknown

_ERROR, _WARNING = 1, 2


class Method(NamedTuple):
    """A remote procedure: the class of its request, and what answers it."""

    request: Any
    call: Callable[[Any, Any], Any]


def methods(provider: Provider) -> dict[str, Method]:
    """Return the service's procedures by name."""
    service = _Service(provider)
    return {
        "GetProviderSchema": Method(messages.Empty, service.get_schema),
        "ValidateProviderConfig": Method(
            messages.ValidateProviderConfigRequest, service.validate_provider
        ),
        "ConfigureProvider": Method(messages.ConfigureProviderRequest, service.configure),
        "StopProvider": Method(messages.Empty, service.stop),
        "ValidateResourceConfig": Method(messages.ValidateRequest, service.validate_resource),
        "ValidateDataResourceConfig": Method(
            messages.ValidateRequest, service.validate_data_source
        ),
        "UpgradeResourceState": Method(messages.UpgradeRequest, service.upgrade),
        "ReadResource": Method(messages.ReadRequest, service.read),
        "PlanResourceChange": Method(messages.PlanRequest, service.plan),
        "ApplyResourceChange": Method(messages.ApplyRequest, service.apply),
        "ReadDataSource": Method(messages.ReadDataSourceRequest, service.read_data_source),
    }


class _Service:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def get_schema(self, request: Any, context: Any) -> Any:
        return messages.GetProviderSchema(
            provider=self._provider.block.message(),
            resource_schemas=_named(self._provider.resources),
            data_source_schemas=_named(self._provider.data_sources),
            server_capabilities=messages.ServerCapabilities(get_provider_schema_optional=True),
        )

    def validate_provider(self, request: Any, context: Any) -> Any:
        problems = check(self._provider.block, decode(request.config.msgpack))
        return messages.ValidateProviderConfigResponse(diagnostics=_diagnostics(*problems))

    def configure(self, request: Any, context: Any) -> Any:
        found: list[Any] = []
        with _Reporting(found):
            self._provider.configure(decode(request.config.msgpack))
        return messages.Diagnostics(diagnostics=found)

    def stop(self, request: Any, context: Any) -> Any:
        return messages.StopProviderResponse()

    def validate_resource(self, request: Any, context: Any) -> Any:
        return _validate(self._provider.resources[request.type_name], request.config)

    def validate_data_source(self, request: Any, context: Any) -> Any:
        return _validate(self._provider.data_sources[request.type_name], request.config)

    def upgrade(self, request: Any, context: Any) -> Any:
        block = self._provider.resources[request.type_name].block
        state = _fit(block, json.loads(request.raw_state.json, parse_float=str))
        return messages.UpgradeResponse(upgraded_state=_value(state))

    def read(self, request: Any, context: Any) -> Any:
        resource = self._provider.resources[request.type_name]
        state = decode(request.current_state.msgpack)
        found: list[Any] = []
        with _Reporting(found):
            state = _refresh(resource, state)
        return messages.ReadResponse(new_state=_value(state), diagnostics=found)

    def plan(self, request: Any, context: Any) -> Any:
        resource = self._provider.resources[request.type_name]
        prior = decode(request.prior_state.msgpack)
        config = decode(request.config.msgpack)
        found: list[Any] = []
        planned, replaced = None, []
        if config is not None:
            with _Reporting(found):
                planned = plan(resource.block, prior, config)
                resource.plan(prior, planned)
                replaced = replacements(resource.block, prior, planned) if prior else []
        return messages.PlanResponse(
            planned_state=_value(planned),
            requires_replace=map(_path, replaced),
            diagnostics=found,
            legacy_type_system=True,
        )

    def apply(self, request: Any, context: Any) -> Any:
        resource = self._provider.resources[request.type_name]
        prior = decode(request.prior_state.msgpack)
        planned = decode(request.planned_state.msgpack)
        found: list[Any] = []
        if planned is None:
            state = prior
            with _Reporting(found):
                resource.delete(prior)
                state = None
        elif prior is None:
            state = _create(resource, planned, found)
        else:
            # What an update was to make is stored even when it fails, as in the real provider.
            state = without_unknown(planned)
            with _Reporting(found):
                resource.update(prior, state)
                state = _refresh(resource, planned)
        return messages.ApplyResponse(
            new_state=_value(state), diagnostics=found, legacy_type_system=True
        )

    def read_data_source(self, request: Any, context: Any) -> Any:
        source = self._provider.data_sources[request.type_name]
        found: list[Any] = []
        state = None
        with _Reporting(found):
            state = source.read(decode(request.config.msgpack))
        return messages.ReadDataSourceResponse(state=_value(state), diagnostics=found)


def _create(resource: Resource, planned: State, found: list[Any]) -> State | None:
    """Keep what was created in the state, whatever failed after that."""
    new = without_unknown(planned)
    with _Reporting(found):
        resource.create(new)
        return _refresh(resource, {**planned, **{k: v for k, v in new.items() if v is not None}})
    return new if new["id"] else None


def _refresh(resource: Resource, state: State) -> State | None:
    read = resource.read(without_unknown(state))
    return None if read is None else settle(resource.block, state, read)


def _validate(part: Any, config: Any) -> Any:
    value = decode(config.msgpack)
    found = _diagnostics(*check(part.block, value))
    if not found:
        with _Reporting(found):
            part.validate(value)
    found += _diagnostics(*warn(part.block, value), severity=_WARNING)
    return messages.Diagnostics(diagnostics=found)


class _Reporting:
    """Turns what is raised inside into diagnostics."""

    def __init__(self, diagnostics: list[Any]) -> None:
        self._diagnostics = diagnostics

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> bool:
        if isinstance(error, ProviderError):
            self._diagnostics.extend(_diagnostics(error))
        elif isinstance(error, Exception):
            traceback.print_exception(error, file=sys.stderr)
            name = type(error).__name__
            self._diagnostics.extend(
                _diagnostics(ProviderError(f"the stand-in provider failed: {name}: {error}"))
            )
        return isinstance(error, Exception)


def _diagnostics(*problems: ProviderError, severity: int = _ERROR) -> list[Any]:
    return [
        messages.Diagnostic(
            severity=severity,
            summary=str(problem),
            attribute=_path(problem.attribute) if problem.attribute else None,
        )
        for problem in problems
    ]


def _path(attribute: str) -> Any:
    return messages.AttributePath(steps=[messages.Step(attribute_name=attribute)])


def _named(parts: dict[str, Any]) -> list[Any]:
    return [
        messages.NamedSchema(key=name, value=part.block.message()) for name, part in parts.items()
    ]


def _value(value: Any) -> Any:
    return messages.DynamicValue(msgpack=encode(value))


def _fit(block: Block, stored: State | None) -> State | None:
    """Return a stored state in today's form: null for attributes that it lacks."""
    if stored is None:
        return None
    return {
        **{name: stored.get(name) for name in block.attributes},
        **{
            name: nested.nothing
            if nested.nesting == "single"
            else [_fit(nested.block, item) for item in stored.get(name) or ()]
            for name, nested in block.blocks.items()
        },
    }
