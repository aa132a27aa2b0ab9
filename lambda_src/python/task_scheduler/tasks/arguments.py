"""Arguments of a message for a task's function: they fit its signature, or the reason is given."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from task_scheduler.errors import InvalidArguments
from task_scheduler.observability.log import truncate
from task_scheduler.tasks.conversion import (
    Unconvertible,
    convert,
    takes_none,
    type_of_default,
)

_EMPTY = inspect.Parameter.empty
_UNIMPORTED = {name: getattr(typing, name) for name in typing.__all__} | {
    each.__name__: each for each in (date, datetime, timedelta, Decimal, Enum, Path, UUID)
}
"""Meaning of names that a file imports for type checkers only."""


def bind(
    name: str,
    function: Callable[..., Any],
    text: str | None,
    args: Mapping[str, Any],
    supplied: Mapping[str, object],
) -> inspect.BoundArguments:
    """Return what a task's function is called with.

    Values from tfvars, CSV files and text lists are texts. Each becomes what its parameter is
    annotated with or, without an annotation, what its default is. A blank text for a parameter
    that takes no text leaves it at its default. Annotations that mean nothing here, or that cannot
    be evaluated, are the function's own business.

    Args:
        name: the name of the task.
        function: its function.
        text: for its first parameter.
        args: for the others, by name.
        supplied: values of the runtime, for those parameters that the function has.

    Raises:
        InvalidArguments: says which are missing, unknown or cannot be converted.
    """
    texts = () if text is None else (text,)
    signature = signature_of(function)
    own = {name: value for name, value in supplied.items() if name in signature.parameters}
    try:
        bound = signature.bind(*texts, **args, **own)
    except TypeError as error:
        given = ", ".join([*(["a text"] if texts else []), *args]) or "nothing"
        raise InvalidArguments(f"{name}{signature} was given {given}: {error}") from error
    for parameter in signature.parameters.values():
        if parameter.name in bound.arguments and parameter.name not in own:
            _convert(name, bound, parameter, _annotation(parameter, function))
    return bound


def _convert(
    task: str, bound: inspect.BoundArguments, parameter: inspect.Parameter, wanted: Any
) -> None:
    """Convert what a parameter gets in place."""
    name, value = parameter.name, bound.arguments[parameter.name]
    if parameter.kind is parameter.VAR_POSITIONAL:
        bound.arguments[name] = tuple(_converted(task, name, each, wanted) for each in value)
    elif parameter.kind is parameter.VAR_KEYWORD:
        bound.arguments[name] = {
            each: _converted(task, each, value[each], wanted) for each in value
        }
    elif wanted is _EMPTY and isinstance(value, str) and parameter.annotation is _EMPTY:
        _convert_or_default(task, bound, parameter, type_of_default(parameter.default))
    else:
        _convert_or_default(task, bound, parameter, wanted)


def _convert_or_default(
    task: str, bound: inspect.BoundArguments, parameter: inspect.Parameter, wanted: Any
) -> None:
    name, value = parameter.name, bound.arguments[parameter.name]
    try:
        bound.arguments[name] = _converted(task, name, value, wanted)
    except InvalidArguments:
        if not isinstance(value, str) or value.strip():
            raise
        if parameter.default is not _EMPTY:
            del bound.arguments[name]
        elif takes_none(wanted):
            bound.arguments[name] = None
        else:
            raise


def _converted(task: str, name: str, value: Any, wanted: Any) -> Any:
    try:
        return convert(value, wanted)
    except Unconvertible as error:
        raise InvalidArguments(
            f"{task}: {name} is {truncate(repr(value), 80)}: must be {error}"
        ) from error


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return a function's signature; annotations that only type checkers can read do no harm."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def _annotation(parameter: inspect.Parameter, function: Callable[..., Any]) -> Any:
    """Evaluate a parameter's annotation; empty if there is none or it cannot be evaluated."""
    if parameter.annotation is _EMPTY or isinstance(parameter.annotation, type):
        return parameter.annotation

    def holder() -> None: ...

    holder.__annotations__ = {parameter.name: parameter.annotation}
    names = {"typing": typing, **_UNIMPORTED, **_globals(function)}
    try:
        return typing.get_type_hints(holder, names, include_extras=True)[parameter.name]
    except Exception:  # whatever evaluating it does
        return _EMPTY


def _globals(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names of the file that a function stands in, whatever it is wrapped in."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    if not hasattr(function, "__globals__"):
        function = inspect.unwrap(getattr(type(function), "__call__", function))  # noqa: B004
    return getattr(function, "__globals__", {})
