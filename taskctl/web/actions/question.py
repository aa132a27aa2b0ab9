"""Questions and answers of an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from taskctl.web.forms import Form
from taskctl.web.known import Known

LISTED = 10
"""Things that are named where there may be many."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that may be filled in.

    Attributes:
        name: the name of the value.
        label: says what it is.
        hint: says what is right.
        kind: the kind of HTML's input.
        value: the value that it has.
    """

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    value: str = ""


WHY = Entry(name="why", label="Why", hint="Recorded with your name.")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A description of what an action will do.

    Attributes:
        title: names it.
        words: sentences that say what will happen.
        verb: on the button.
        is_final: it cannot be undone.
        entries: the entries that may be filled in.
        values: the values that the form sends as they are.
        is_step: the button leads to the next question.
    """

    title: str
    words: Sequence[str]
    verb: str
    is_final: bool = False
    entries: Sequence[Entry] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_step: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The result of an action.

    Attributes:
        title: in a sentence.
        words: more of it.
        link: an address, and the name of what is there.
    """

    title: str
    words: Sequence[str] = ()
    link: tuple[str, str] | None = None


class Action(NamedTuple):
    """The two halves of an action."""

    ask: Callable[[Known, Form], Question]
    do: Callable[[Known, Form], Answer]
