"""Serialization of messages: plain JSON, and objects of classes that task code registered.

jsonpickle turns a registered object into plain JSON. The way back is our own, because
jsonpickle.decode runs code that the bytes name (py/reduce, py/object, py/type ...) whatever its
settings: here a `py/` key is refused unless it is the `py/object` of a registered class.
"""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
import re
from abc import ABCMeta
from collections.abc import Iterator, Mapping, Sequence, Set
from types import FunctionType, MemberDescriptorType
from typing import Any, NoReturn, TypeVar

from task_scheduler.errors import InvalidMessage, NotSerializable
from task_scheduler.observability.log import reason_of

TAG = "py/"
OBJECT = "py/object"

# The characters that SQS refuses in a body and that json.dumps leaves as they are.
_REFUSED_BY_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")

_HOOKS = (
    "__new__", "__del__", "__setattr__", "__delattr__", "__getattr__", "__getattribute__",
    "__class__", "__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__getnewargs__",
    "__getnewargs_ex__", "__instancecheck__", "__subclasscheck__",
)  # fmt: skip
"""Methods by which a class has more to its objects than attributes, or runs code with them."""

_CURE = "must be a plain class, such as a dataclass"

_PLAIN = frozenset({type(None), bool, int, float, str})
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

_classes: dict[str, type] = {}

Class = TypeVar("Class", bound=type)


def serializable(cls: Class) -> Class:
    """Let objects of a class travel in messages and come back as themselves.

    Their attributes are restored as they were; no code of the class is called, not even
    `__init__`.

    Raises:
        NotSerializable: the class is not a plain one, whose objects are their attributes and
            nothing more; says why.
    """
    if reason := _why_not_plain(cls):
        name = getattr(cls, "__qualname__", None) or repr(cls)
        raise NotSerializable(f"@serializable {name} {reason}: {_CURE}")
    _classes[f"{cls.__module__}.{cls.__qualname__}"] = cls
    return cls


def to_json(value: Any) -> str:
    """Return a value as compact JSON, in characters that SQS accepts.

    Raises:
        NotSerializable: a part of the value is neither plain JSON nor of a registered class.
    """
    try:
        plain = value if _is_plain(value) else _flattened(value)
        text = _ENCODER.encode(plain)
    except NotSerializable:
        raise
    except Exception as error:  # jsonpickle calls methods of the object's own
        raise NotSerializable(
            f"{type(value).__name__} cannot travel in a message: {reason_of(error)}"
        ) from error
    return sendable(text)


def sendable(text: str) -> str:
    """Escape the characters of JSON that SQS refuses in a body."""
    return _REFUSED_BY_SQS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def from_json(text: str) -> Any:
    """Read JSON and rebuild registered objects. Nothing is imported and nothing executed.

    Raises:
        json.JSONDecodeError: the text is not JSON.
        InvalidMessage: it is nested too deeply, or has a `py/` key of no registered class.
    """
    try:
        return _restore(json.loads(text, parse_constant=_refuse_constant))
    except RecursionError as error:
        raise InvalidMessage("nested too deeply") from error


def _why_not_plain(cls: object) -> str | None:
    """Return the reason that a class cannot be rebuilt from attributes, or runs code when it is."""
    if not isinstance(cls, type):
        return "is not a class"
    if type(cls) not in (type, ABCMeta):
        return f"has the metaclass {type(cls).__name__}"
    if inspect.isabstract(cls):
        return "is abstract"
    for collection in (Mapping, Sequence, Set, Iterator):
        if issubclass(cls, collection):
            return f"is a kind of {collection.__name__}"
    for base in cls.__mro__[:-1]:
        for name in _HOOKS:
            if name in vars(base) and not _is_generated(base, name):
                return f"has a {name}"
    return None


def _is_generated(base: type, name: str) -> bool:
    """Return whether the dataclass decorator made a method, for a frozen or slotted class."""
    if getattr(vars(base)[name], "__module__", None) == "dataclasses":
        return True
    parameters = vars(base).get("__dataclass_params__")
    return name in ("__setattr__", "__delattr__") and getattr(parameters, "frozen", False)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        return all(
            type(key) is str and not key.startswith(TAG) and _is_plain(item)
            for key, item in value.items()
        )
    return kind in _PLAIN or (kind is list and all(map(_is_plain, value)))


def _flattened(value: Any) -> Any:
    import jsonpickle

    _check(value)
    return _without_tags(jsonpickle.Pickler(make_refs=False).flatten(value))


def _check(value: Any, within: frozenset[int] = frozenset()) -> None:
    """Refuse what jsonpickle would drop, or make something else of, without a word.

    Args:
        value: a part of what is to be sent.
        within: ids of the values that it is a part of.
    """
    if inspect.isroutine(value) or isinstance(value, io.IOBase):
        kind = "function" if inspect.isroutine(value) else "file"
        raise NotSerializable(f"a {kind} cannot travel in a message")
    if id(value) in within:
        raise NotSerializable(f"a {type(value).__name__} holds itself")
    if isinstance(value, dict):
        _check_keys(value)
    for item in _parts(value):
        _check(item, within | {id(value)})


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    if type(value) not in _classes.values():
        return []
    slots = [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    return [*getattr(value, "__dict__", {}).values(), *slots]


def _check_keys(mapping: Mapping[Any, Any]) -> None:
    for key in mapping:
        if type(key) is int and str(key) not in mapping:
            continue  # it is a text at the other end
        if not isinstance(key, str):
            raise NotSerializable(f"the key {key!r}: must be a str")
        if key.startswith(TAG):
            raise NotSerializable(f"{key!r} is refused: such keys are jsonpickle's own")


def _without_tags(flat: Any) -> Any:
    """Reduce jsonpickle's output to the tags of registered objects; tuples become lists."""
    match flat:
        case list():
            return [_without_tags(item) for item in flat]
        case {"py/tuple": list(items)} if len(flat) == 1:
            return [_without_tags(item) for item in items]
        case {"py/object": name, "py/state": list(state)} if name in _classes:
            names = [field.name for field in dataclasses.fields(_classes[name])]
            flat = {OBJECT: name, **dict(zip(names, state, strict=True))}
        case dict():
            pass
        case _:
            return flat
    _check_tags(
        flat,
        NotSerializable,
        "decorate its class with @task_scheduler.serializable, or send plain JSON",
    )
    return {key: _without_tags(item) for key, item in flat.items()}


def _restore(plain: Any) -> Any:
    match plain:
        case list():
            return [_restore(item) for item in plain]
        case dict():
            _check_tags(plain, InvalidMessage, "no class of the task folder is registered for it")
            fields = {key: _restore(item) for key, item in plain.items() if key != OBJECT}
            return _rebuild(_classes[plain[OBJECT]], fields) if OBJECT in plain else fields
    return plain


def _rebuild(cls: type, fields: dict[str, Any]) -> Any:
    instance: object = object.__new__(cls)
    for name, value in fields.items():
        try:
            if name.startswith("__") or _is_of_the_class(cls, name):
                raise AttributeError
            object.__setattr__(instance, name, value)  # a frozen dataclass refuses its own
        except Exception:
            raise InvalidMessage(f"{cls.__qualname__} has no attribute {name[:100]!r}") from None
    return instance


def _is_of_the_class(cls: type, name: str) -> bool:
    """Return whether setting an attribute would call code, as of a property, or hide a method."""
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, FunctionType | classmethod | staticmethod):
        return True
    return hasattr(type(found), "__set__") and not isinstance(found, MemberDescriptorType)


def _check_tags(mapping: dict[str, Any], error: type[Exception], cure: str) -> None:
    for key, value in mapping.items():
        if key.startswith(TAG) and not (key == OBJECT and value in list(_classes)):
            raise error(f"{key} {str(value)[:100]!r} is refused: {cure}")


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)
