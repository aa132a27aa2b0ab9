"""Arguments of a task: converted by annotation or by the default, or refused with the reason."""

from __future__ import annotations

import collections.abc
import json
import math
import os
import subprocess
import sys
import typing
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from functools import partial, wraps
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict
from uuid import UUID

import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler import serializable
from task_scheduler.errors import InvalidArguments
from task_scheduler.tasks.arguments import bind

if TYPE_CHECKING:
    pass

ALSO_OPTIONAL = Optional[int]  # noqa: UP045


def bound(function: Callable[..., Any], text: str | None = None, **args: Any) -> dict[str, Any]:
    return dict(bind("t", function, text, args, {"context": object()}).arguments)


def converted(annotation: Any, value: Any) -> Any:
    """Return what a function gets for a parameter of that annotation."""

    def function(x: Any) -> None: ...

    function.__annotations__ = {"x": annotation}
    return bound(function, x=value)["x"]


def by_default(default: Any, value: Any) -> Any:
    """Return what a function gets for a parameter of that default without an annotation."""

    def function(x=default):  # type: ignore[no-untyped-def]
        ...

    args = bind("t", function, None, {"x": value}, {})
    args.apply_defaults()
    return args.arguments["x"]


class Color(Enum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Shape(Enum):
    LINE = (1,)
    SQUARE = (2, 2)


class Parts(Flag):
    HEAD = 1
    TAIL = 2


@serializable
@dataclass
class Order:
    number: int
    paid: bool = False
    due: date | None = None
    tags: list[str] = field(default_factory=list)


class Address(TypedDict):
    street: str
    zip: int


class Point(NamedTuple):
    x: int
    y: int


class Thing:
    pass


class Mixed(Enum):
    RED = "red"
    TWO = 2


@dataclass
class Filed:
    path: Path


Account = NewType("Account", int)
Small = Annotated[int, msgspec.Meta(ge=1, le=9)]

TEXTS = [
    (bool, "true", True), (bool, "False", False), (bool, "0", False), (bool, " true ", True),
    (int, "12", 12), (int, " -3 ", -3), (int, "10" * 10, int("10" * 10)),
    (float, "0.5", 0.5), (float, "1e3", 1000.0), (float, "7", 7.0),
    (str, "7", "7"), (str, "", ""), (str, " a ", " a "), (str, "[1]", "[1]"),
    (Decimal, "1.50", Decimal("1.50")),
    (date, "2026-11-23", date(2026, 11, 23)),
    (datetime, "2026-11-23T09:00:00Z", datetime(2026, 11, 23, 9, tzinfo=UTC)),
    (datetime, "2026-11-23 09:00:00", datetime(2026, 11, 23, 9)),
    (datetime, "2026-11-23T09:00", datetime(2026, 11, 23, 9)),
    (datetime, "2026-11-23", datetime(2026, 11, 23)),
    (time, "09:30:00", time(9, 30)), (time, "09:30", time(9, 30)),
    (timedelta, "PT1M30S", timedelta(seconds=90)), (timedelta, "90", timedelta(seconds=90)),
    (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
    (Path, "reports/daily.csv", Path("reports/daily.csv")),
    (os.PathLike, "a", Path("a")), (PurePosixPath, "a", PurePosixPath("a")),
    (Color, "red", Color.RED), (Color, "DARK_BLUE", Color.DARK_BLUE),
    (Level, "2", Level.HIGH), (Level, "HIGH", Level.HIGH), (Shape, "LINE", Shape.LINE),
    (Parts, "1", Parts.HEAD), (Parts, "TAIL", Parts.TAIL),
    (Literal["fast", "slow"], "slow", "slow"), (Literal[1, 2], "2", 2),
    (Literal[True, "auto"], "True", True), (Literal[True, "auto"], "true", True),
    (Literal[1, "auto"], "1", 1), (date, '"2026-11-23"', date(2026, 11, 23)),
    (list, "[1, true]", [1, True]), (list[int], '["1", 2]', [1, 2]),
    (list[bool], '["false"]', [False]),
    (list[date], '["2026-11-23"]', [date(2026, 11, 23)]), (list[Path], '["a"]', [Path("a")]),
    (dict, '{"a": 1}', {"a": 1}), (dict[str, int], ' {"a": "1"} ', {"a": 1}),
    (tuple[int, str], '["1", "x"]', (1, "x")), (tuple, "[1, 2]", (1, 2)),
    (set[int], "[1, 1, 2]", {1, 2}), (frozenset[str], '["a"]', frozenset("a")),
    (collections.abc.Sequence[int], "[1]", [1]),
    (collections.abc.Mapping[str, int], '{"a": 1}', {"a": 1}),
    (collections.abc.Iterable[str], '["a"]', ["a"]), (typing.List[int], "[1]", [1]),  # noqa: UP006
    (Order, '{"number": "7", "due": "2026-11-23"}', Order(7, due=date(2026, 11, 23))),
    (list[Order], '[{"number": 1}]', [Order(1)]),
    (Address, '{"street": "Ring", "zip": "1010"}', {"street": "Ring", "zip": 1010}),
    (Point, "[1, 2]", Point(1, 2)),
    (int | str, "5", "5"), (int | float, "5.5", 5.5), (list[int] | int, "5", 5),
    (list[int] | int, "[5]", [5]), (date | datetime, "2026-11-23", date(2026, 11, 23)),
    (date | datetime, "2026-11-23T09:00:00", datetime(2026, 11, 23, 9)),
    (int | Path, "5", 5), (int | Path, "a", Path("a")), (Path | str, "a", Path("a")),
    (Small, "5", 5), (Annotated[date, "of the report"], "2026-11-23", date(2026, 11, 23)),
    (Annotated[time, "of the day"], "09:30", time(9, 30)),
    (Account, "5", 5), (Any, "5", "5"), (object, "5", "5"),
    (int | None, "null", None), (date | None, "2026-11-23", date(2026, 11, 23)),
    (Color | None, "RED", Color.RED), (str | None, "null", "null"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "text", "value"), TEXTS)
def test_a_text_becomes_what_its_parameter_is_annotated_with(
    annotation: Any, text: str, value: Any
) -> None:
    got = converted(annotation, text)

    assert (got, type(got)) == (value, type(value))


REFUSED = [
    (bool, "yes", r"a bool \(true or false\)"), (int, "abc", r"an int \(a whole number\)"),
    (int, "1.5", "an int"), (int, 1.5, "an int"), (int, True, "an int"), (int, None, "an int"),
    (int, [1], "an int"), (int, "9" * 5000, "an int"), (int, "", "an int"),
    (int | None, "x", r"an int \(a whole number\)$"),
    (float, "a half", r"a float \(a number\)"), (float, True, "a float"),
    (str, 7, r"a str \(a text\)"), (Decimal, "x", "a Decimal"),
    (date, "23.11.2026", r"a date \(such as 2026-11-23\)"), (date, "2026-02-30", "a date"),
    (datetime, "noon", "a datetime"), (time, "25:00", "a time"), (timedelta, "soon", "a timedelta"),
    (UUID, "1", "a UUID"), (Path, "", "a Path"), (Path, 5, "a Path"),
    (Color, "green", "one of 'red', 'dark blue'"), (Level, "3", "one of 1, 2"),
    (Shape, "CIRCLE", "one of LINE, SQUARE"),
    (Literal["fast", "slow"], "medium", "one of 'fast', 'slow'"),
    (list[int], "1,2", r"list\[int\] \(expected `array`, got `str`\)"),
    (list[int], '["x"]', r"list\[int\] \(expected `int`, got `str` - at `\$\[0\]`\)"),
    (list[int], "[1", r"list\[int\]"), (list[int], "[" * 100_000, r"list\[int\]"),
    (dict, "[1]", "dict"), (tuple[int, int], "[1]", r"tuple\[int, int\]"),
    (collections.abc.Iterable[str], "abc", r"Iterable\[str\] \(expected `array`, got `str`\)$"),
    (Order, '{"number": "x"}', "Order .*at `[$].number`"),
    (Order, '{"number": 1, "payed": true}', "Order .*no field 'payed': known are number, paid"),
    (Order, "7", "Order"), (Small, "10", r"an int \(a whole number\) \(expected `int` <= 9\)$"),
    (Thing, "x", "Thing"), (date | datetime, "noon", r"a date \(.*\) or a datetime"),
    (int | Path, [1], "an int .* or a Path"), (None, "x", "null"),
    (Literal[True, "auto"], "nope", "one of True, 'auto'"),
    (Literal["Fast", "slow"], "fast", "one of 'Fast', 'slow'"),
    (date | timedelta | list[int], {"a": 1}, r"timedelta \| list\[int\]$"),
    (Annotated[Mixed, "of both kinds"], "blue", r"one of 'red', 2 \(unknown\)$"),
    (Filed, {"path": " "}, r"Filed \(an empty text - at `\$\.path`\)$"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "value", "problem"), REFUSED)
def test_what_cannot_be_converted_is_refused_with_the_reason(
    annotation: Any, value: Any, problem: str
) -> None:
    with pytest.raises(InvalidArguments, match=rf"^t: x is .*: must be .*{problem}"):
        converted(annotation, value)


def test_a_refusal_is_of_bounded_length() -> None:
    Long = Literal[tuple(f"choice {number}" for number in range(1_000))]  # type: ignore[valid-type] # noqa: N806

    for annotation in (int, Long, dict[str, int]):
        with pytest.raises(InvalidArguments) as refused:
            converted(annotation, "x" * 5_000)
        assert len(str(refused.value)) < 400
        assert f"t: x is '{'x' * 79}... (" in str(refused.value)
    with pytest.raises(InvalidArguments) as refused:
        converted(dict[str, Long], "x")  # type: ignore[valid-type]
    assert len(str(refused.value).split(": must be ")[1]) < 240


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 3), (float, 0.5), (str, "a"), (bool, False), (int | None, None), (list[int], [1]),
        (dict, {"a": 1}), (Any, None), (Thing, Thing()), (Order, Order(1)),
        (Order | None, Order(1)), (Path | None, None),
    ],
)  # fmt: skip
def test_a_value_of_the_right_type_stays_as_it_is(annotation: Any, value: Any) -> None:
    assert converted(annotation, value) == value


def test_objects_of_registered_classes_stay_themselves_in_a_list() -> None:
    order = Order(1)

    [got] = converted(list[Order], [order])

    assert got is order


def test_a_whole_number_will_do_for_a_float() -> None:
    assert (got := converted(float, 1), type(got)) == (1.0, float)


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (False, "false", False), (True, "0", False), (3, "4", 4), (0.5, "2", 2.0), ("a", "5", "5"),
        ([], '["a", 1]', ["a", 1]), ({}, '{"a": 1}', {"a": 1}), ((), "[1]", (1,)),
        (date(2026, 1, 1), "2026-11-23", date(2026, 11, 23)),
        (timedelta(1), "60", timedelta(seconds=60)), (Decimal(1), "1.50", Decimal("1.50")),
        (Path("a"), "b", Path("b")), (Color.RED, "dark blue", Color.DARK_BLUE),
        (Order(1), '{"number": 2}', Order(2)), (None, "5", "5"), (print, "5", "5"),
        (int, "5", "5"), (Thing, "5", "5"),
    ],
)  # fmt: skip
def test_a_text_becomes_what_the_default_is_where_there_is_no_annotation(
    default: Any, text: str, value: Any
) -> None:
    assert by_default(default, text) == value


def test_a_text_that_the_default_s_type_cannot_be_made_of_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="t: x is 'yes': must be a bool"):
        by_default(False, "yes")


def test_a_value_that_is_not_a_text_is_not_held_to_a_default() -> None:
    assert by_default(5, 1.5) == 1.5
    assert by_default(5, None) is None


@pytest.mark.parametrize(
    ("annotation", "default", "value"),
    [
        (int | None, None, None), (int | None, 7, 7), (bool, True, True), (date, None, None),
        (list[int], (), ()), (str, "a", ""), (str | None, None, ""),
    ],
)  # fmt: skip
def test_a_blank_text_leaves_a_parameter_that_takes_no_text_at_its_default(
    annotation: Any, default: Any, value: Any
) -> None:
    def function(x=default):  # type: ignore[no-untyped-def]
        ...

    function.__annotations__ = {"x": annotation}
    args = bind("t", function, None, {"x": ""}, {})
    args.apply_defaults()

    assert args.arguments == {"x": value}
    assert by_default(5, " ") == 5


def test_a_blank_text_is_none_where_that_is_allowed_and_there_is_no_default() -> None:
    assert converted(int | None, " ") is None


def annotated_as_text(count: int, share: "float | None", *, on: "list[date]" = []) -> None: ...  # noqa: B006, UP037


def test_annotations_are_evaluated_in_the_file_of_the_function() -> None:
    assert bound(annotated_as_text, count="3", share="0.5", on='["2026-11-23"]') == {
        "count": 3,
        "share": 0.5,
        "on": [date(2026, 11, 23)],
    }


@pytest.mark.parametrize(
    "annotation",
    [
        "int | None", "None | int", "Optional[int]", "typing.Optional[int]", int | None,
        ALSO_OPTIONAL,
    ],
)  # fmt: skip
def test_an_optional_type_takes_null_and_converts_the_rest(annotation: Any) -> None:
    assert converted(annotation, None) is None
    assert converted(annotation, "5") == 5
    with pytest.raises(InvalidArguments, match="x is 'x': must be an int"):
        converted(annotation, "x")


@pytest.mark.parametrize("annotation", ["Nowhere", "list[Nowhere]", "not python", "1 / 0", "int +"])
def test_an_annotation_that_cannot_be_evaluated_is_the_function_s_own_business(
    annotation: str,
) -> None:
    assert converted(annotation, "5") == "5"


@pytest.mark.parametrize(
    "annotation",
    [collections.abc.Callable, typing.TypeVar("T"), typing.AnyStr, "LiteralString", "list['X']"],
)  # fmt: skip
def test_values_for_annotations_that_name_no_type_stay_as_they_are(annotation: Any) -> None:
    value = print if annotation is collections.abc.Callable else "5"

    assert converted(annotation, value) == value


def test_what_is_imported_for_type_checkers_only_is_converted_where_its_name_says_what_it_is() -> (
    None
):
    source = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from datetime import date\n    from pathlib import Path\n"
        "def f(day: date, where: Path | None = None): ..."
    )
    namespace: dict[str, Any] = {}
    exec(source, namespace)

    assert bound(namespace["f"], day="2026-11-23", where="a") == {
        "day": date(2026, 11, 23),
        "where": Path("a"),
    }


def test_a_module_that_type_checkers_alone_import_is_known_by_its_name() -> None:
    namespace: dict[str, Any] = {}
    exec('def f(n: "typing.Optional[int]" = None): ...', namespace)

    assert bound(namespace["f"], n="3") == {"n": 3}


def test_what_does_not_fit_is_told_with_what_was_given() -> None:
    def function(first: int, second: int = 2) -> None: ...

    for text, args, said in (
        (None, {}, "was given nothing: missing"),
        ("a", {"third": "b"}, "was given a text, third: got an unexpected"),
        (None, {"second": 1, "third": 2}, "was given second, third: "),
    ):
        with pytest.raises(InvalidArguments) as refused:
            bound(function, text, **args)
        assert said in str(refused.value)


def test_each_of_several_values_of_one_parameter_is_converted() -> None:
    def function(*texts: int, **more: date) -> None: ...

    assert bound(function, "5", a="2026-11-23") == {
        "texts": (5,),
        "more": {"a": date(2026, 11, 23)},
    }
    with pytest.raises(InvalidArguments, match="t: b is 'x': must be a date"):
        bound(function, b="x")
    with pytest.raises(InvalidArguments, match=r"^t: texts is 'x': must be an int"):
        bound(function, "x")


def test_the_text_of_a_task_is_converted_too() -> None:
    def function(number: int) -> None: ...

    assert bound(function, "12") == {"number": 12}


def test_what_the_runtime_supplies_is_not_converted() -> None:
    def function(x: int, context: str = "") -> None: ...

    args = bound(function, x="1")
    assert type(args["context"]) is object


Share = float


def test_a_function_may_be_wrapped_in_a_partial_an_object_or_a_decorator() -> None:
    @wraps(annotated_as_text)
    def wrapper(*args: Any, **more: Any) -> None: ...

    class Called:
        def __call__(self, count: int, share: "Share | None") -> None: ...  # noqa: UP037

    assert bound(wrapper, count="3", share="1")["count"] == 3
    assert bound(partial(annotated_as_text, share=1.0), count="3") == {"count": 3}

    def shared(count: int, share: "Share | None") -> None: ...  # noqa: UP037

    for function in (shared, partial(shared), partial(partial(shared), count=3), Called()):
        assert bound(function, count="3", share="1") == {"count": 3, "share": 1.0}


class Model(pydantic.BaseModel):
    number: int
    share: pydantic.PositiveFloat = 1.0


@pydantic.dataclasses.dataclass
class Checked:
    number: pydantic.PositiveInt


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (Model, '{"number": "3"}', Model(number=3)),
        (Model | None, '{"number": "3"}', Model(number=3)),
        (list[Model], '[{"number": 3}]', [Model(number=3)]),
        (Checked, '{"number": "3"}', Checked(3)),
        (Annotated[int, pydantic.Field(gt=2)], "3", 3),
        (pydantic.PositiveInt, "3", 3),
    ],
)
def test_models_and_constraints_of_pydantic_are_kept(
    annotation: Any, text: str, value: Any
) -> None:
    assert converted(annotation, text) == value
    for wrong in ('{"number": "x"}', '[{"share": 1}]', "-1", '{"number": -1, "share": -1}'):
        with pytest.raises(InvalidArguments, match=r"x is .*: must be"):
            converted(annotation, wrong)


class Outer(pydantic.BaseModel):
    inner: Model

    @pydantic.model_validator(mode="after")
    def check(self) -> Outer:
        raise ValueError("never right")


def test_what_pydantic_refuses_is_told_with_its_place_if_it_has_one() -> None:
    for value, problem in (
        ('{"inner": {"number": "x"}}', r"inner\.number: Input should be a valid integer, .*"),
        ('{"inner": {"number": 1}}', "value error, never right"),
        ('{"number": -1}', "inner: Field required"),
    ):
        with pytest.raises(InvalidArguments, match=rf"Outer \({problem}\)$"):
            converted(Outer, value)
    with pytest.raises(InvalidArguments, match=r"Checked \(number: Input should be greater than 0"):
        converted(Checked, '{"number": -1}')


def test_what_pydantic_refuses_is_told_in_a_line() -> None:
    with pytest.raises(InvalidArguments) as refused:
        converted(Model, '{"number": "x", "share": 0}')
    assert str(refused.value).partition(": must be ")[2] == (
        f"{__name__}.Model (number: Input should be a valid integer, unable to parse string as an "
        "integer; share: Input should be greater than 0)"
    )


def test_whatever_the_checks_of_a_class_raise_refuses_the_value() -> None:
    @dataclass
    class Careful:
        number: int

        def __post_init__(self) -> None:
            raise LookupError("not\nfor you")

    with pytest.raises(InvalidArguments, match=r"Careful \(not for you\)"):
        converted(Careful, '{"number": 1}')


def test_texts_alone_need_no_library() -> None:
    code = (
        "import sys\nfrom task_scheduler.tasks.arguments import bind\n"
        "def f(text: str, other='', *, third: 'str'): ...\n"
        "bind('f', f, 'a', {'other': 'b', 'third': 'c'}, {})\n"
        "assert 'msgspec' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.integers() | st.floats(allow_nan=False) | st.booleans())
def test_a_number_that_is_written_as_a_text_comes_back(value: float) -> None:
    if abs(value) < 2**63 or not isinstance(value, int):
        assert converted(type(value), str(value)) == value
        assert by_default(type(value)(1), str(value)) == value


@given(value=st.dates() | st.datetimes() | st.times() | st.uuids() | st.decimals(allow_nan=False))
def test_a_value_that_is_written_as_a_text_comes_back(value: Any) -> None:
    assert converted(type(value), str(value)) == value


@given(value=st.lists(json_values) | st.dictionaries(st.text(), json_values))
def test_lists_and_objects_that_jsonencode_writes_come_back(value: Any) -> None:
    assert converted(type(value), json.dumps(value)) == value
    assert by_default(type(value)(), json.dumps(value)) == value


@given(value=json_values, index=st.integers(0, len(TEXTS) - 1))
def test_any_value_is_converted_or_refused_for_any_annotation(value: Any, index: int) -> None:
    with suppress(InvalidArguments):
        converted(TEXTS[index][0], value)


@given(text=st.text())
def test_a_text_stays_as_it_is_where_a_text_is_asked_for(text: str) -> None:
    for annotation in (str, str | None, int | str, Any):
        assert converted(annotation, text) == text


def test_infinity_and_nan_are_numbers() -> None:
    assert converted(float, "inf") == math.inf
    assert math.isnan(converted(float, "nan"))


@pytest.mark.parametrize("text", ["red", " red ", "RED"])
def test_members_of_an_enum_of_several_kinds_of_values_are_found_by_value_and_by_name(
    text: str,
) -> None:
    assert converted(Mixed, text) is Mixed.RED
    assert converted(Mixed, text.replace("red", "2").replace("RED", "TWO")) is Mixed.TWO


@pytest.mark.parametrize(
    ("annotation", "value", "right"),
    [
        (list[Mixed], '["red", "TWO"]', [Mixed.RED, Mixed.TWO]),
        (tuple[Mixed, ...], ["red"], (Mixed.RED,)),
        (tuple[Mixed, int], ["2", "3"], (Mixed.TWO, 3)),
        (dict[str, Mixed], {"a": "RED"}, {"a": Mixed.RED}),
        (list[Shape], '["LINE"]', [Shape.LINE]),
        (list[date | timedelta], ["2026-01-02", "90"], [date(2026, 1, 2), timedelta(seconds=90)]),
    ],
)
def test_items_of_a_kind_that_msgspec_does_not_know_are_converted(
    annotation: Any, value: Any, right: Any
) -> None:
    assert converted(annotation, value) == right


@pytest.mark.parametrize(
    ("annotation", "value", "problem"),
    [
        (list[Mixed], '["blue"]', r"list\[.*Mixed\] \(one of 'red', 2\)"),
        (list[Mixed], "red", r"list\[.*Mixed\] \(expected `array`\)"),
        (dict[str, Mixed], "red", r"dict\[str, .*Mixed\] \(expected `object`\)"),
        (tuple[Mixed, int], ["red"], r"tuple\[.*\] \(expected `array` of length 2, got 1\)"),
    ],
)
def test_items_of_a_kind_that_msgspec_does_not_know_are_refused(
    annotation: Any, value: Any, problem: str
) -> None:
    with pytest.raises(InvalidArguments, match=rf"must be {problem}$"):
        converted(annotation, value)


def test_one_choice_alone_is_told_without_a_list() -> None:
    with pytest.raises(InvalidArguments, match=r"^t: x is 'x': must be 'only'$"):
        converted(Literal["only"], "x")


def test_a_plain_value_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)

    assert [converted(type(value), value) for value in ("a", 1, 0.5, True)] == ["a", 1, 0.5, True]


class Options(TypedDict, total=False):
    dry_run: bool


@dataclass
class Parcel:
    address: Place
    others: list[Place] = field(default_factory=list)


@dataclass
class Place:
    city: str


@dataclass
class Loose:
    city: Nowhere  # type: ignore[name-defined]  # noqa: F821


class LooseDict(TypedDict):
    city: Nowhere  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Options, {"dry_run": "true", "dryrun": "true"}),
        (Parcel, {"address": {"city": "Bern", "dryrun": 1}}),
        (Parcel, {"address": {"city": "Bern"}, "others": [{"city": "Rome", "dryrun": 1}]}),
        (list[Place], [{"city": "Bern", "dryrun": 1}]),
        (list[Place], [{"city": "Bern"}, {"city": "Rome", "dryrun": 1}]),
        (tuple[Place, ...], [{"city": "Bern"}, {"city": "Rome", "dryrun": 1}]),
        (Loose, {"city": "Bern", "dryrun": 1}),
        (LooseDict, {"city": "Bern", "dryrun": 1}),
        (dict[str, Place], {"a": {"city": "Bern", "dryrun": 1}}),
        (tuple[int, Place], [1, {"city": "Bern", "dryrun": 1}]),
        (Options | None, {"dryrun": "true"}),
    ],
)
def test_a_name_that_is_no_field_is_refused_however_deep_it_stands(
    annotation: Any, value: Any
) -> None:
    with pytest.raises(InvalidArguments, match="no field 'dryrun': known are "):
        converted(annotation, value)
