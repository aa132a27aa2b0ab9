"""Terraform's handling of a resource's arguments, and the provider's after it, in one process.

Terraform refuses what does not fit the schema and converts the rest; the provider gets every
attribute, null where nothing is given. The requests go through the plugin service as they would
from Terraform, without its process, so that hundreds of them take a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from task_scheduler_local.provider import messages
from task_scheduler_local.provider.provider import Provider
from task_scheduler_local.provider.schema import Attribute, Block, NestedBlock
from task_scheduler_local.provider.service import methods
from task_scheduler_local.provider.values import UNKNOWN, decode, encode

_BIG = 2**63
_ERROR, _WARNING = 1, 2
_BOOLS = {"true": True, "false": False}


class Core:
    """Stands for Terraform before one provider, configured with these settings."""

    def __init__(self, provider: Provider, **settings: Any) -> None:
        self._provider = provider
        self._methods = methods(provider)
        config = _value(_complete(provider.block, settings))
        told = self._call("ConfigureProvider", "ConfigureProviderRequest", config=config)
        assert not told.diagnostics, told.diagnostics

    def refusals(self, type_name: str, arguments: Mapping[str, Any]) -> list[str]:
        """Return the errors of schema, validation and plan for the arguments; empty if accepted."""
        return self._plan(type_name, arguments)[1]

    def planned(self, type_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The planned state of a new resource; fails the test if the arguments are refused."""
        planned, refusals = self._plan(type_name, arguments)
        assert refusals == []
        assert isinstance(planned, dict)
        return planned

    def read(self, type_name: str, **arguments: Any) -> dict[str, Any]:
        """Return the attributes of a data source."""
        config = _value(_complete(self._provider.data_sources[type_name].block, arguments))
        answer = self._call(
            "ReadDataSource", "ReadDataSourceRequest", type_name=type_name, config=config
        )
        assert not answer.diagnostics, answer.diagnostics
        told = decode(answer.state.msgpack)
        assert isinstance(told, dict)
        return told

    def warnings(self, type_name: str, arguments: Mapping[str, Any]) -> list[str]:
        """Return the warnings of the validation."""
        return [d.summary for d in self._validate(type_name, arguments) if d.severity == _WARNING]

    def _validate(self, type_name: str, arguments: Mapping[str, Any]) -> Any:
        config = _value(_complete(self._provider.resources[type_name].block, arguments))
        about = {"type_name": type_name, "config": config}
        return self._call("ValidateResourceConfig", "ValidateRequest", **about).diagnostics

    def _plan(self, type_name: str, arguments: Mapping[str, Any]) -> tuple[Any, list[str]]:
        try:
            told = self._validate(type_name, arguments)
        except ValueError as error:
            return None, [str(error)]
        if refusals := [d.summary for d in told if d.severity == _ERROR]:
            return None, refusals
        config = _value(_complete(self._provider.resources[type_name].block, arguments))
        about = {"type_name": type_name, "config": config, "prior_state": _value(None)}
        answer = self._call("PlanResourceChange", "PlanRequest", **about)
        return decode(answer.planned_state.msgpack), [d.summary for d in answer.diagnostics]

    def _call(self, name: str, request: str, **fields: Any) -> Any:
        return self._methods[name].call(getattr(messages, request)(**fields), None)


def _value(value: Any) -> Any:
    return messages.DynamicValue(msgpack=encode(value))


def _complete(block: Block, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Every attribute and block; raises ValueError for what does not fit the schema."""
    if unknown := arguments.keys() - block.attributes.keys() - block.blocks.keys():
        raise ValueError(f"Unsupported argument: {', '.join(unknown)}")
    return {
        **{n: _attribute(n, a, arguments.get(n)) for n, a in block.attributes.items()},
        **{n: _blocks(n, nested, arguments.get(n)) for n, nested in block.blocks.items()},
    }


def _attribute(name: str, attribute: Attribute, value: Any) -> Any:
    if value is None and attribute.required:
        raise ValueError(f'Missing required argument: "{name}"')
    return _converted(attribute.type, value)


def _blocks(name: str, nested: NestedBlock, items: Any) -> Any:
    if nested.nesting == "single":
        return None if items is None else _complete(nested.block, items)
    items = items or []
    if len(items) < nested.min_items or (nested.max_items and len(items) > nested.max_items):
        raise ValueError(f"{len(items)} {name} blocks")
    return [_complete(nested.block, item) for item in items]


def _converted(kind: Any, value: Any) -> Any:
    """The value as Terraform sends it; raises ValueError for another type."""
    if value is None or value is UNKNOWN:
        return value
    if isinstance(kind, list):
        if kind[0] == "map":
            return {key: _converted(kind[1], item) for key, item in value.items()}
        items = [_converted(kind[1], item) for item in value]
        return [i for n, i in enumerate(items) if i not in items[:n]] if kind[0] == "set" else items
    if kind == "number":
        return _number(value)
    if kind == "bool":
        return _BOOLS[value] if isinstance(value, str) and value in _BOOLS else _of(bool, value)
    return _of(str, value)


def _number(value: Any) -> Any:
    """A whole number, a float that is exactly the number, or else its digits."""
    number = Decimal(str(value)) if _is_number(value) else None
    if number is None or not number.is_finite():
        raise ValueError(f"a number is required, not {value!r}")
    if number == number.to_integral_value():
        return int(number) if abs(number) < _BIG else f"{number:f}"
    return float(number) if Decimal(float(number)) == number else str(number)


def _is_number(value: Any) -> bool:
    try:
        Decimal(str(value))
    except ArithmeticError:
        return False
    return not isinstance(value, bool)


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"a {kind.__name__} is required, not {value!r}")
    return value
