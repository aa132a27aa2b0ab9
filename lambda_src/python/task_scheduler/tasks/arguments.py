"""A message's arguments for a task's function: they fit its signature, or it is said why not."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from task_scheduler.errors import InvalidArguments
from task_scheduler.observability.log import truncate

_BOOLEANS = {"true": True, "false": False}

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: _BOOLEANS[text.strip().lower()],
    "int": int,
    "float": float,
    "str": str,
}
_MEANT = {
    "bool": "a bool (true or false)",
    "int": "an int (a whole number)",
    "float": "a float (a number)",
    "str": "a str (a text)",
}
_OPTIONAL = (" | None", "None | ", "Optional[", "typing.", "]")


def bind(
    name: str,
    function: Callable[..., Any],
    text: str | None,
    args: Mapping[str, Any],
    supplied: Mapping[str, object],
) -> inspect.BoundArguments:
    """What a task's function is called with.

    Values from tfvars, CSV files and text lists are texts. Where a parameter is annotated with
    bool, int or float (or one of them or None) such a text becomes that, and a value that is of
    another type is refused; any other annotation is the function's own business.

    Args:
        name: of the task.
        function: its function.
        text: for its first parameter.
        args: for the others, by name.
        supplied: values of the runtime, for those parameters that the function has.

    Raises:
        InvalidArguments: says which are missing, unknown or of another type.
    """
    texts = () if text is None else (text,)
    signature = _signature(function)
    own = {name: value for name, value in supplied.items() if name in signature.parameters}
    try:
        bound = signature.bind(*texts, **args, **own)
    except TypeError as error:
        given = ", ".join([*(["a text"] if texts else []), *args]) or "nothing"
        raise InvalidArguments(f"{name}{signature} was given {given}: {error}") from error
    for parameter in signature.parameters.values():
        kind = _kind(parameter)
        if kind and parameter.name in bound.arguments:
            value = bound.arguments[parameter.name]
            try:
                bound.arguments[parameter.name] = _convert(value, kind, _is_optional(parameter))
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidArguments(
                    f"{name}: {parameter.name} is {truncate(repr(value), 80)}: "
                    f"must be {_MEANT[kind]}"
                ) from error
    return bound


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The function's signature; annotations that only a type checker can read do no harm."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)


def _annotation(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _is_optional(parameter: inspect.Parameter) -> bool:
    annotation = _annotation(parameter)
    return "None" in annotation or "Optional" in annotation


def _kind(parameter: inspect.Parameter) -> str | None:
    """The plain type that a parameter is annotated with, if it is."""
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return None
    annotation = _annotation(parameter)
    for part in _OPTIONAL:
        annotation = annotation.replace(part, "")
    return annotation if annotation in _FROM_TEXT else None


def _convert(value: Any, kind: str, is_optional: bool) -> Any:
    """Raises ValueError, KeyError or TypeError for a value that is not of the kind."""
    if isinstance(value, str):
        return _FROM_TEXT[kind](value)
    if value is None and is_optional:
        return value
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise TypeError(kind)
    return value
