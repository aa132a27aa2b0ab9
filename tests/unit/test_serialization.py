"""What travels: plain JSON and registered classes; nothing that executes comes back."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from task_scheduler.errors import InvalidMessage, NotSerializable
from task_scheduler.queue.serialization import from_json, serializable, to_json


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
    "value", [Stranger(), {1, 2}, b"bytes", {"k": Stranger()}, Point(1, {3}), print]
)
def test_what_is_not_registered_does_not_travel(value: object) -> None:
    with pytest.raises(NotSerializable, match="serializable"):
        to_json(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_what_json_has_no_word_for_does_not_travel(value: object) -> None:
    with pytest.raises(NotSerializable, match="cannot travel"):
        to_json(value)


@pytest.mark.parametrize("text", ["NaN", '{"a": [Infinity]}', "-Infinity"])
def test_what_json_has_no_word_for_is_not_json(text: str) -> None:
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


def test_a_class_whose_objects_are_more_than_their_attributes_is_not_exchanged() -> None:
    with pytest.raises(TypeError, match="Words: has a __new__, as dict and list do"):

        @serializable
        class Words(list[str]):
            pass


def test_keys_that_jsonpickle_would_drop_are_refused_beside_an_object() -> None:
    with pytest.raises(NotSerializable, match="'py/state' is refused"):
        to_json({"a": ({"py/state": [1]},)})


def test_an_object_that_does_not_let_itself_be_read_is_refused() -> None:
    @serializable
    class Shy:
        def __getstate__(self) -> object:
            raise LookupError("not for you")

    with pytest.raises(NotSerializable, match="Shy cannot travel in a message: not for you"):
        to_json(Shy())
