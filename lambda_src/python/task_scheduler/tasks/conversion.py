"""Values of messages, converted to what a parameter is annotated with, or to its default's type.

msgspec does it: its wheel has 225 KB and its import takes a tenth of pydantic's. pydantic's models
are pydantic's own business, where task code brings it along. Added here is what texts of tfvars and
CSV files need beyond msgspec: lists and objects as JSON texts, ISO 8601 in the forms that Python
reads, members of an enum by their names, paths, unions of several types that texts may become.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from inspect import Parameter, formatannotation
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

from task_scheduler.observability.log import reason_of, truncate

_MEANT = {
    bool: "a bool (true or false)",
    int: "an int (a whole number)",
    float: "a float (a number)",
    str: "a str (a text)",
    NoneType: "null",
    date: "a date (such as 2026-11-23)",
    datetime: "a datetime (such as 2026-11-23T09:00:00Z)",
    time: "a time (such as 09:00)",
    timedelta: "a timedelta (seconds, or ISO 8601 such as PT1M30S)",
    Decimal: "a Decimal (a number)",
    UUID: "a UUID",
}
_BY_DEFAULT = (
    bool, int, float, Decimal, date, time, timedelta, UUID, PurePath, Enum,
    list, dict, tuple, set, frozenset,
)  # fmt: skip
"""Classes of defaults by which a text is converted."""

_PLAIN = (bool, int, float, str, NoneType)
_ISO_8601 = (datetime, date, time)
_MAX_SHOWN = 200


class Unconvertible(ValueError):
    """A value cannot become what is wanted; the message says what it must be."""


class _NotOurs(Exception):
    """An annotation means nothing here."""


def convert(value: Any, wanted: Any) -> Any:
    """Convert a value to the type that an annotation stands for.

    Values of another type, annotations that mean nothing here and objects of registered classes
    are returned as they are.

    Args:
        value: as it came in the message.
        wanted: the annotation, evaluated.

    Raises:
        Unconvertible: says what the value must be.
    """
    if wanted in (Any, object, Parameter.empty) or (type(value) is wanted and wanted in _PLAIN):
        return value
    problem = ""
    for candidate in _readings(value):
        try:
            return _convert(candidate, wanted)
        except _NotOurs:
            return value
        except Exception as error:  # a class's own checks raise what they like
            problem = " ".join(reason_of(error).split())
    if isinstance(value, str):
        for member in _members(wanted):
            for found in _lenient(value.strip(), member):
                return found
    raise Unconvertible(_must_be(wanted, problem))


def type_of_default(default: Any) -> Any:
    """Return the type that a text must become for a parameter without an annotation."""
    if isinstance(default, _BY_DEFAULT) or (
        is_dataclass(default) and not isinstance(default, type)
    ):
        return type(default)
    return Parameter.empty


def takes_none(wanted: Any) -> bool:
    """Return whether an annotation allows None."""
    return any(member in (None, NoneType) for member in _members(wanted))


def _readings(value: Any) -> Iterator[Any]:
    """Yield the value, and a text also without blanks around it and as JSON."""
    yield value
    if isinstance(value, str):
        text = value.strip()
        if text != value:
            yield text
        if text[:1] in ("[", "{", '"'):
            try:
                yield json.loads(text)
            except (ValueError, RecursionError):
                return


def _convert(value: Any, wanted: Any) -> Any:
    """Convert one reading of a value; raises ValueError, or _NotOurs."""
    if _is_pydantic(wanted):
        return _convert_with_pydantic(value, wanted)
    import msgspec

    try:
        _check_fields(value, wanted)
        return msgspec.convert(value, wanted, strict=False, dec_hook=_hook)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    except (TypeError, NameError):  # msgspec does not know the annotation
        return _any_of(value, _members(wanted))


def _convert_with_pydantic(value: Any, wanted: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(wanted).validate_python(value)
    except ValidationError as error:
        places = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
        raise ValueError("; ".join(f"{at}: {why}" if at else why for at, why in places)) from error


def _any_of(value: Any, members: list[Any]) -> Any:
    """Try the types of a union one by one; msgspec knows none of two kinds of texts."""
    if len(members) < 2:
        member = members[0]
        if _is_enum(member):  # whose values are neither all texts nor all whole numbers
            if isinstance(value, member):
                return value
            raise ValueError("unknown")
        if (convert_all := _COLLECTIONS.get(get_origin(member))) and get_args(member):
            return convert_all(value, member)
        raise _NotOurs
    for member in members:
        try:
            return _convert(value, member)
        except ValueError:
            continue
    raise ValueError("")


def _convert_items(value: Any, wanted: Any) -> Any:
    """Convert a list whose items are of a type that msgspec does not know."""
    if not isinstance(value, list | tuple):
        raise ValueError("expected `array`")
    kind, given = get_origin(wanted), get_args(wanted)
    if kind is not tuple or given[1:] == (...,):
        given = given[:1] * len(value)
    if len(given) != len(value):
        raise ValueError(f"expected `array` of length {len(given)}, got {len(value)}")
    return kind(map(convert, value, given))


def _convert_entries(value: Any, wanted: Any) -> Any:
    """Convert an object whose values are of a type that msgspec does not know."""
    if not isinstance(value, dict):
        raise ValueError("expected `object`")
    of_keys, of_values = get_args(wanted)
    return {convert(key, of_keys): convert(item, of_values) for key, item in value.items()}


_COLLECTIONS: dict[Any, Callable[[Any, Any], Any]] = {
    list: _convert_items, tuple: _convert_items, set: _convert_items, frozenset: _convert_items,
    dict: _convert_entries,
}  # fmt: skip


def _hook(wanted: Any, value: Any) -> Any:
    """Convert to types that msgspec does not know; it checks what is returned."""
    cls = get_origin(wanted) or wanted
    if isinstance(value, str) and isinstance(cls, type):
        if issubclass(cls, PurePath) or cls is os.PathLike:
            if not value.strip():
                raise ValueError("an empty text")
            path: Any = Path if cls is os.PathLike else cls
            return path(value)
        if issubclass(cls, Iterable) and issubclass(str, cls):
            raise ValueError("expected `array`, got `str`")
    try:
        isinstance(value, cls)
    except TypeError as error:  # a protocol that cannot be checked
        raise _NotOurs from error
    return value


def _check_fields(value: Any, wanted: Any) -> None:
    """Refuse names that a dataclass or a typed dict does not have: msgspec would pass over them.

    Those of a union are known if one of its types knows them.
    """
    members = _members(wanted)
    if isinstance(value, list | tuple):
        for member in members:
            for item, each in zip(value, _items_of(member, len(value)), strict=False):
                _check_fields(item, each)
    if not isinstance(value, dict):
        return
    known = {name: hint for member in members for name, hint in _fields_of(member).items()}
    if known and (unknown := [name for name in value if name not in known]):
        raise ValueError(f"no field {unknown[0]!r}: known are {', '.join(known)}")
    values = next((get_args(each)[1] for each in members if len(get_args(each)) == 2), Any)
    for name, item in value.items():
        _check_fields(item, known.get(name, values))


def _items_of(member: Any, count: int) -> tuple[Any, ...]:
    """Return the annotations of a list's items."""
    given = get_args(member)
    return given if get_origin(member) is tuple and given[1:] != (...,) else given[:1] * count


def _fields_of(member: Any) -> dict[str, Any]:
    """Return the annotations of a dataclass's or a typed dict's fields, by name."""
    if not isinstance(member, type) or not (is_dataclass(member) or is_typeddict(member)):
        return {}
    try:
        hints = get_type_hints(member)
    except Exception:  # names that only type checkers know
        hints = {}
    if is_typeddict(member):
        return hints or dict.fromkeys(member.__annotations__)
    return {each.name: hints.get(each.name) for each in fields(member) if each.init}


def _lenient(text: str, member: Any) -> Iterator[Any]:
    """Yield the meaning of a text in forms that msgspec does not read, if it has one."""
    if member in _ISO_8601:
        try:
            yield member.fromisoformat(text)
        except ValueError:
            return
    elif _is_enum(member):
        if text in member.__members__:
            yield member[text]
        yield from (each for each in member if text == str(each.value))
    elif get_origin(member) is Literal:
        yield from (
            each
            for each in get_args(member)
            if text == str(each) or (isinstance(each, bool) and text.lower() == str(each).lower())
        )


def _is_enum(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Enum)


def _members(wanted: Any) -> list[Any]:
    """Return the types of a union, or the only type, without their annotations."""
    origin = get_origin(wanted)
    if origin is Annotated:
        return _members(get_args(wanted)[0])
    if origin in (Union, UnionType):
        return [member for each in get_args(wanted) for member in _members(each)]
    return [wanted]


def _is_pydantic(wanted: Any) -> bool:
    """Return whether an annotation has models or constraints of pydantic."""
    if hasattr(wanted, "__pydantic_validator__"):
        return True
    if type(wanted).__module__.partition(".")[0] in ("pydantic", "annotated_types"):
        return True
    return get_origin(wanted) is not Literal and any(map(_is_pydantic, get_args(wanted)))


def _must_be(wanted: Any, problem: str) -> str:
    members = [each for each in _members(wanted) if each not in (None, NoneType)] or [NoneType]
    detail = f" ({problem[0].lower()}{problem[1:]})" if problem else ""
    if not all(_is_short(member) for member in members):
        return truncate(f"{formatannotation(wanted)}{detail}", _MAX_SHOWN)
    meant = " or ".join(dict.fromkeys(map(_meant, members)))
    return truncate(meant + (detail if get_origin(wanted) is Annotated else ""), _MAX_SHOWN)


def _is_short(member: Any) -> bool:
    return (
        (isinstance(member, type) and member in _MEANT)
        or _is_enum(member)
        or member in (Path, PurePath)
        or get_origin(member) is Literal
    )


def _meant(member: Any) -> str:
    if get_origin(member) is Literal:
        return _one_of([repr(each) for each in get_args(member)])
    if _is_enum(member):
        plain = all(isinstance(each.value, str | int) for each in member)
        return _one_of([repr(each.value) if plain else each.name for each in member])
    return _MEANT.get(member, f"a {member.__name__}")


def _one_of(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
