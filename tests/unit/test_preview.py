"""The preview of a result: short, harmless, and cheap whatever the result is."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from task_scheduler.errors import TaskTimeout
from task_scheduler.execution.preview import preview


class Report:
    def __repr__(self) -> str:
        return "Report(rows=3)"


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError

    def __getstate__(self) -> object:
        raise KeyError("no state")


class Exits:
    def __repr__(self) -> str:
        raise SystemExit


class OwnList(list[Any]):
    def __len__(self) -> int:
        raise RuntimeError

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError


class OwnText(str):
    def __len__(self) -> int:
        raise RuntimeError

    def __getitem__(self, _: object) -> str:
        raise RuntimeError


@dataclass
class Order:
    number: int
    items: list[Any]
    secret: str = field(default="s3cr3t", repr=False)


@dataclass
class Terse:
    number: int

    def __repr__(self) -> str:
        return f"#{self.number}"


class Long:
    def __repr__(self) -> str:
        return "r" * 2_500


class Misnamed(tuple[int, ...]):
    _fields = ("x",)


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ("done", "done"),
        ("", ""),
        ({"rows": 3, "names": ["a", "ü"]}, '{"rows":3,"names":["a","ü"]}'),
        ((1, None, True, 0.5), "[1,null,true,0.5]"),
        ([], "[]"),
        ({}, "{}"),
        (0, "0"),
        (Report(), "Report(rows=3) (repr)"),
        (float("nan"), "nan (repr)"),
        ({1, 2}, "{1, 2} (repr)"),
        ({1: "a", "b": b"c"}, "{1: 'a', 'b': b'c'} (repr)"),
        ([(1,), (1, 2), {3}], "[(1,), (1, 2), {3}] (repr)"),
        ([frozenset([1])], "[frozenset({1})] (repr)"),
        ([set(), frozenset()], "[set(), frozenset()] (repr)"),
        (deque([1, "x"]), "deque([1, 'x']) (repr)"),
        (Counter("aab"), "Counter({'a': 2, 'b': 1}) (repr)"),
        (OrderedDict(a=1), "OrderedDict({'a': 1}) (repr)"),
        (defaultdict(list, a=[1]), "defaultdict({'a': [1]}) (repr)"),
        (Order(1, [Point(1, "y")]), "Order(number=1, items=[Point(x=1, y='y')]) (repr)"),
        (Terse(7), "#7 (repr)"),
        (Unspeakable(), "<Unspeakable, whose repr raises RuntimeError> (repr)"),
        ([Exits()], "<list, whose repr raises SystemExit> (repr)"),
        ([10**5000], "<list, whose repr raises ValueError> (repr)"),
        ("x" * 1000, "x" * 300 + "... (700 more characters)"),
        ([Report()] * 99, str([Report()] * 99)[:300] + "... (1284 more characters) (repr)"),
        (["x" * 1_996], '["' + "x" * 298 + "... (1700 more characters)"),
        (["x" * 1_997], '["' + "x" * 298 + "... (more than 1700 more characters)"),
        ([b"x" * 9_999], "[b'" + "x" * 297 + "... (more than 1700 more characters) (repr)"),
        (Long(), "r" * 300 + "... (more than 1700 more characters) (repr)"),
        (Misnamed([1, 2]), "Misnamed(x=1) (repr)"),
        ("cut \ud83d", "cut \\ud83d"),
        ({"\ud83d": ["\udc00"]}, '{"\\ud83d":["\\udc00"]}'),
    ],
)  # fmt: skip
def test_a_result_is_its_text_its_json_or_its_repr(value: Any, shown: str | None) -> None:
    assert preview(value) == shown


def test_a_subclass_of_a_builtin_is_shown_without_its_own_methods() -> None:
    assert preview(OwnText("own")) == "own"
    assert preview(OwnList([1])) == "OwnList([1]) (repr)"


def endless() -> Iterator[int]:
    while True:
        yield 1


def nested(times: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(times):
        made = [made]
    return made


def looped() -> list[Any]:
    made: list[Any] = [1]
    made.append(made)
    return made


ROWS: list[Any] = [{"n": n} for n in range(300_000)]


@pytest.mark.parametrize(
    "value",
    [
        ROWS, tuple(ROWS), deque(ROWS), dict(enumerate(ROWS)), {"rows": ROWS},
        {str(n): row for n, row in enumerate(ROWS)}, set(range(300_000)), Order(1, ROWS),
        Point(1, ROWS), [Report(), ROWS], [[]] * 10**6, [None] * 10**6, [""] * 10**6,
        "x" * 10**7, b"x" * 10**7, ["x" * 10**7], {"x" * 10**7: 1}, [b"x" * 10**7],
        ['"' * 2 * 10**7],
        endless(), iter(ROWS), map(str, ROWS), range(10**12), nested(100_000), looped(),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_whatever_its_size_a_preview_is_short_and_takes_no_time(value: Any) -> None:
    def seconds() -> float:
        begun = time.process_time()
        preview(value)
        return time.process_time() - begun

    shown = preview(value)

    assert shown is not None
    assert len(shown) < 400
    assert min(seconds() for _ in range(5)) < 0.05  # a collection of garbage may fall into one


Wrapped = namedtuple("Wrapped", "x")


@pytest.mark.parametrize(
    ("wrap", "begin", "end"),
    [
        (lambda inner: [inner], "[", "]"),
        (lambda inner: {"": inner}, '{"":', "}"),
    ],
)
def test_json_is_shown_to_a_depth_of_fifty(
    wrap: Callable[[Any], Any], begin: str, end: str
) -> None:
    value: Any = 1
    for _ in range(60):
        value = wrap(value)

    assert preview(value) == f"{begin * 51}...{end * 51}"


@pytest.mark.parametrize(
    ("wrap", "begin", "deepest", "end"),
    [
        (lambda inner: [inner], "[", "...", "]"),
        (lambda inner: {1: inner}, "{1: ", "{...: ...}", "}"),
        (lambda inner: Wrapped(inner), "Wrapped(x=", "...", ")"),
    ],
)
def test_a_repr_is_shown_to_a_depth_of_fifty(
    wrap: Callable[[Any], Any], begin: str, deepest: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value: Any = 1
    for _ in range(60):
        value = wrap(value)
    monkeypatch.setattr("task_scheduler.execution.preview.truncate", str)
    levels = 50 if deepest == "..." else 49

    shown = f"{begin * levels}{deepest}{end * levels}"
    assert preview((Report(), value)) == f"(Report(rows=3), {shown}) (repr)"


def test_a_key_is_shown_to_a_depth_of_fifty() -> None:
    key: Any = 1
    for _ in range(60):
        key = (key,)

    assert preview({key: 1}) == f"{{{'(' * 50}...{',)' * 50}: 1}} (repr)"


def test_a_generator_is_not_run() -> None:
    ran = []

    def task() -> Iterator[int]:
        ran.append(1)
        yield 1

    shown = preview(task())

    assert shown is not None
    assert shown.startswith("<generator object ")
    assert ran == []


@pytest.mark.parametrize("error", [TaskTimeout(1), KeyboardInterrupt()])
def test_a_time_limit_gets_through_the_results_own_code(error: BaseException) -> None:
    class Slow:
        def __repr__(self) -> str:
            raise error

    with pytest.raises(type(error)):
        preview(Slow())
