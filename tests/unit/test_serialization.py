"""Plain JSON and objects of registered classes travel; nothing that executes comes back."""

from __future__ import annotations

import io
import json
import sys
from abc import ABC, abstractmethod
from collections import UserDict, UserString
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import pytest

from task_scheduler.errors import InvalidMessage, NotSerializable
from task_scheduler.queue import serialization
from task_scheduler.queue.serialization import _HOOKS, from_json, serializable, to_json


@serializable
@dataclass
class Point:
    x: int
    y: object


@serializable
@dataclass(frozen=True, slots=True)
class Leg:
    start: Point
    stops: tuple[str, ...]


@serializable
class Plain:
    def __init__(self) -> None:
        self.items = [Point(1, None)]


@dataclass
class Stranger:
    x: int = 1


def test_registered_objects_come_back_as_themselves() -> None:
    leg = Leg(Point(1, {"a": [1.5]}), ("Bern",))

    back = from_json(to_json({"leg": leg, "list": [Point(2, None)]}))

    assert back == {"leg": Leg(Point(1, {"a": [1.5]}), ["Bern"]), "list": [Point(2, None)]}  # type: ignore[arg-type]


def test_an_object_that_is_there_twice_arrives_twice() -> None:
    point = Point(1, None)

    assert from_json(to_json({"from": point, "to": point})) == {"from": point, "to": point}


def test_a_class_that_is_registered_stays_itself_and_travels_from_then_on() -> None:
    class Late:
        pass

    with pytest.raises(NotSerializable):
        to_json(Late())
    assert serializable(Late) is Late
    assert isinstance(from_json(to_json(Late())), Late)


def test_the_constructor_does_not_run_again() -> None:
    back = from_json(to_json(Plain()))

    assert isinstance(back, Plain)
    assert back.items == [Point(1, None)]


@pytest.mark.parametrize(
    "value",
    [
        Stranger(),
        [[Stranger()]],
        (Stranger(),),
        {1, 2},
        b"bytes",
        {"k": Stranger()},
        Point(1, {3}),
    ],
)
def test_an_object_of_an_unregistered_class_is_refused(value: object) -> None:
    with pytest.raises(
        NotSerializable,
        match=r": decorate its class with @task_scheduler\.serializable, or send plain JSON$",
    ):
        to_json(value)


@pytest.mark.parametrize(("value", "kind"), [(float("nan"), "float"), ([float("inf")], "list")])
def test_nan_and_infinity_are_refused_when_encoding(value: object, kind: str) -> None:
    with pytest.raises(NotSerializable, match=rf"^{kind} cannot travel in a message: Out of range"):
        to_json(value)


def test_plain_json_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(value: object) -> None:
        raise AssertionError(value)

    monkeypatch.setattr(serialization, "_flattened", refuse)

    assert to_json({"a": [1, "b", None, {"c": True}, 0.5, []]}) == (
        '{"a":[1,"b",null,{"c":true},0.5,[]]}'
    )


@pytest.mark.parametrize("text", ["NaN", '{"a": [Infinity]}', "-Infinity"])
def test_nan_and_infinity_are_refused_when_decoding(text: str) -> None:
    with pytest.raises(json.JSONDecodeError, match=r"(Infinity|NaN) is not JSON"):
        from_json(text)


def _never(*_: object) -> None:
    raise AssertionError("executed")


REDUCE = {"py/reduce": [{"py/type": f"{__name__}._never"}, {"py/tuple": ["touch"]}]}


@pytest.mark.parametrize(
    "hostile",
    [
        REDUCE,
        {"py/object": f"{__name__}.Stranger", "x": 1},
        {"py/object": ["a list"]},
        {"py/object": {"py/type": "os.system"}},
        {"py/type": "antigravity"},
        {"py/function": "os.system"},
        {"py/repr": "os/os.system('touch x')"},
        {"py/mod": "antigravity"},
        {"py/id": 1},
        {"py/tuple": [1]},
        {"py/object": f"{__name__}.Point", "py/state": {"x": 1}},
        {"py/object": f"{__name__}.Point", "x": REDUCE, "y": 1},
        {"deep": [{"er": [REDUCE]}]},
        {"py/": 1},
    ],
)  # fmt: skip
def test_every_other_tag_is_refused_and_nothing_is_imported(hostile: dict[str, Any]) -> None:
    for text in (json.dumps(hostile), json.dumps(hostile).replace("py/", "\\u0070\\u0079\\u002f")):
        with pytest.raises(InvalidMessage, match="is refused"):
            from_json(text)
    assert "antigravity" not in sys.modules


class Abstract(ABC):
    @abstractmethod
    def run(self) -> None: ...


class Attributes(UserDict[str, object]):
    pass


class Letters(UserString):
    pass


class Endless:
    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> int:
        return 1


class Color(Enum):
    RED = "red"


class Shape(Protocol):
    x: int


def _with(name: str) -> type:
    return type("Odd", (), {name: lambda self, *_: None})


@pytest.mark.parametrize(
    ("cls", "reason"),
    [
        (Abstract, "Abstract is abstract"),
        (Attributes, "Attributes is a kind of Mapping"),
        (Letters, "Letters is a kind of Sequence"),
        (Endless, "Endless is a kind of Iterator"),
        (Color, "Color has the metaclass EnumType"),
        (Shape, "Shape has the metaclass _ProtocolMeta"),
        (type("Words", (list,), {}), "Words is a kind of Sequence"),
        (type("Number", (int,), {}), "Number has a __new__"),
        (type("Failure", (Exception,), {}), "Failure has a __new__"),
        *((_with(name), f"Odd has a {name}") for name in _HOOKS),
        (type("Sub", (_with("__del__"),), {}), "Sub has a __del__"),
        (print, "print is not a class"),
        (None, "None is not a class"),
        (5, "5 is not a class"),
    ],
)
def test_a_class_that_is_not_plain_is_refused(cls: Any, reason: str) -> None:
    with pytest.raises(
        NotSerializable, match=f"@serializable {reason}: must be a plain class, such as a dataclass"
    ):
        serializable(cls)
    with pytest.raises(InvalidMessage, match="no class of the task folder is registered"):
        from_json(f'{{"py/object": "{__name__}.{getattr(cls, "__qualname__", "None")}"}}')


T = TypeVar("T")


@dataclass(frozen=True)
class Frozen(Generic[T]):
    x: int


@dataclass(frozen=True, slots=True)
class Slotted:
    x: Any


class Sparse:
    __slots__ = ("x", "y")

    def __init__(self) -> None:
        self.x = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sparse) and other.x == self.x and not hasattr(other, "y")

    def __hash__(self) -> int:
        return self.x


class Concrete(Abstract):
    def __init__(self) -> None:
        self.x = 1

    def run(self) -> None: ...

    @cached_property
    def doubled(self) -> int:
        return self.x * 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Concrete) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return self.x


@pytest.mark.parametrize("value", [Frozen(1), Slotted(1), Sparse(), Concrete()])
def test_a_plain_class_travels_frozen_slotted_or_derived(value: Any) -> None:
    serializable(type(value))
    if isinstance(value, Concrete):
        assert value.doubled == 2

    assert from_json(to_json(value)) == value


@pytest.mark.parametrize("name", ["run", "make", "help", "size", "__call__"])
def test_an_attribute_neither_hides_a_method_nor_calls_one(name: str) -> None:
    called: list[object] = []

    @serializable
    class Job:
        def run(self) -> None: ...

        @classmethod
        def make(cls) -> None: ...

        @staticmethod
        def help() -> None: ...

        @property
        def size(self) -> int:
            return 1

        @size.setter
        def size(self, _value: int) -> None:
            called.append(self)

    with pytest.raises(InvalidMessage, match=f"Job has no attribute '{name}'"):
        from_json(json.dumps({"py/object": f"{Job.__module__}.{Job.__qualname__}", name: 1}))
    assert called == []


def _cycle() -> Any:
    point = Point(1, 2)
    point.y = [point]
    return point


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"f": lambda: 1}, "a function cannot travel"),
        (lambda: 1, "a function cannot travel"),
        ([{"f": [print]}], "a function cannot travel"),
        ({"p": Point(1, lambda: 1)}, "a function cannot travel"),
        ({"p": Point(1, serializable(Slotted)(print))}, "a function cannot travel"),
        ({"f": io.StringIO()}, "a file cannot travel"),
        ({1: "a", "1": "b"}, "the key 1: must be a str"),
        ({None: 1}, "the key None: must be a str"),
        ({(1, 2): 1}, r"the key \(1, 2\): must be a str"),
        ({True: 1}, "the key True: must be a str"),
        (_cycle(), "a Point holds itself"),
    ],
)
def test_what_would_arrive_as_something_else_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(NotSerializable, match=reason):
        to_json(value)


def test_whole_numbers_as_keys_arrive_as_texts_and_what_is_there_twice_arrives_twice() -> None:
    shared = [1]

    assert to_json({1: "a"}) == '{"1":"a"}'
    assert from_json(to_json([Point(1, shared), shared])) == [Point(1, shared), shared]


def test_keys_that_jsonpickle_would_drop_are_refused_beside_an_object() -> None:
    with pytest.raises(NotSerializable, match="'py/state' is refused"):
        to_json({"a": ({"py/state": [1]},)})
    with pytest.raises(NotSerializable, match="'py/state' is refused"):
        to_json({1: "a", "py/state": [1]})
