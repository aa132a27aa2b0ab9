"""Names that an object of a file of values has twice: Terraform takes the last, without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?: \#[^\n]* | //[^\n]* | /\*.*?\*/ )
    | <<-?(?P<heredoc>\w+)\n .*? \n[ \t]*(?P=heredoc)\b
    | (?P<name> "(?:\\.|[^"\\])*" | [^\W\d][\w-]* )
    | (?P<sign> [{}\[\]()=:,\n] )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Frame:
    """An object that is being read, or a list in brackets.

    Attributes:
        path: names of the values that it stands in.
        is_object: whether it has names.
        names: the names that it has so far.
        name: the last one, or what may become one.
        is_value: whether a value is being read, and not a name.
    """

    path: tuple[str, ...] = ()
    is_object: bool = True
    names: set[str] = field(default_factory=set)
    name: str = ""
    is_value: bool = False

    def within(self, sign: str) -> _Frame:
        path = (*self.path, self.name) if self.is_object and self.name else self.path
        return _Frame(path, is_object=sign == "{")


def find_duplicates(text: str) -> Iterator[str]:
    """Yield a sentence for each name that stands twice in one object, but for variables themselves.

    Args:
        text: the text of a .tfvars or .tfvars.json file that Terraform can read.
    """
    stack = [_Frame()]
    for token in _TOKEN.finditer(text):
        frame = stack[-1]
        if name := token["name"]:
            if not frame.is_value:
                frame.name = name.strip('"')
        elif (sign := token["sign"]) in ("{", "[", "("):
            stack.append(frame.within(sign))
        elif sign in ("}", "]", ")") and len(stack) > 1:
            stack.pop()
        elif sign in (",", "\n"):
            frame.is_value = False
        elif sign in ("=", ":") and frame.is_object and not frame.is_value:
            frame.is_value = True
            if frame.name in frame.names and frame.path:
                line = text.count("\n", 0, token.start()) + 1
                twice = ".".join((*frame.path, frame.name))
                yield f"line {line}: {twice} stands there twice, and Terraform takes the last"
            frame.names.add(frame.name)
