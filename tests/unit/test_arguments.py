"""Arguments of a task: texts become what a parameter is annotated with, or it is said which not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

import pytest

from task_scheduler.errors import InvalidArguments
from task_scheduler.tasks.arguments import bind

if TYPE_CHECKING:
    from decimal import Decimal as NotImported

ALSO_OPTIONAL = Optional[int]  # noqa: UP045


def bound(function: Callable[..., Any], text: str | None = None, **args: Any) -> dict[str, Any]:
    return dict(bind("t", function, text, args, {"context": object()}).arguments)


def annotated_as_text(count: int, share: float, name: str, urgent: bool) -> None: ...


# Annotations that are types, as in a file without `from __future__ import annotations`.
def annotated(count, share, name, urgent):  # type: ignore[no-untyped-def]
    ...


annotated.__annotations__ = {"count": int, "share": float, "name": str, "urgent": bool}


@pytest.mark.parametrize("function", [annotated, annotated_as_text])
def test_texts_become_the_plain_types_of_the_annotations(function: Callable[..., Any]) -> None:
    assert bound(function, count="3", share="0.5", name="7", urgent="true") == {
        "count": 3,
        "share": 0.5,
        "name": "7",
        "urgent": True,
    }


@pytest.mark.parametrize("function", [annotated, annotated_as_text])
def test_values_of_the_right_type_stay(function: Callable[..., Any]) -> None:
    values: dict[str, Any] = {"count": 3, "share": 0.5, "name": "a", "urgent": False}

    assert bound(function, **values) == values


def test_the_text_of_a_task_is_converted_too() -> None:
    assert bound(of_int, "12") == {"number": 12}


def of_int(number: int) -> None: ...


def test_a_whole_number_will_do_for_a_float() -> None:
    def function(share: float) -> None: ...

    [share] = bound(function, share=1).values()
    assert (share, type(share)) == (1.0, float)


@pytest.mark.parametrize(
    "annotation",
    [
        "int | None",
        "None | int",
        "Optional[int]",
        "typing.Optional[int]",
        int | None,
        ALSO_OPTIONAL,
    ],
)
def test_an_optional_type_takes_null_and_converts_the_rest(annotation: Any) -> None:
    def function(count=None):  # type: ignore[no-untyped-def]
        ...

    function.__annotations__ = {"count": annotation}

    assert bound(function, count=None) == {"count": None}
    assert bound(function, count="5") == {"count": 5}
    with pytest.raises(InvalidArguments, match="count is 'x': must be an int"):
        bound(function, count="x")


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"count": "abc"}, r"t: count is 'abc': must be an int \(a whole number\)"),
        ({"count": "1.5"}, "count is '1.5': must be an int"),
        ({"count": 1.5}, "count is 1.5: must be an int"),
        ({"count": True}, "count is True: must be an int"),
        ({"count": None}, "count is None: must be an int"),
        ({"count": [1]}, r"count is \[1\]: must be an int"),
        ({"share": "a half"}, r"share is 'a half': must be a float \(a number\)"),
        ({"name": 7}, r"name is 7: must be a str \(a text\)"),
        ({"urgent": "yes"}, r"urgent is 'yes': must be a bool \(true or false\)"),
        ({"count": "x" * 500}, r"count is 'x{79}\.\.\. \(422 more characters\): must be an int"),
    ],
)
def test_an_argument_of_another_type_is_named_with_its_value_and_what_it_must_be(
    args: dict[str, Any], problem: str
) -> None:
    right = {"count": 1, "share": 0.5, "name": "a", "urgent": True}

    with pytest.raises(InvalidArguments, match=problem):
        bound(annotated_as_text, **{**right, **args})


def test_other_annotations_are_the_functions_own_business() -> None:
    def function(
        days: list[int], when: NotImported, *rest: int, context: Any, **more: int
    ) -> None: ...

    args = bound(function, days="1,2", when="now", other="x")

    assert (args["days"], args["when"], args["more"]) == ("1,2", "now", {"other": "x"})
