"""Texts of task code in chat: bounded, without mentions or markup that hides others."""

from __future__ import annotations

import re

from task_scheduler.observability.log import escape_surrogates

_ZERO_WIDTH_SPACE = "\u200b"

_BREAK_BEHIND = re.compile(
    r"""
    @(?=everyone|here|(?:channel|all|room|online)\b)  # rings at Discord even within a word
    | (?<!\w)@(?=\S)                                  # a name: @ada, <@123>, @**all**, @ada:server
    | @(?=\S)(?![\w-]+\.\w)                          # what is not an e-mail address
    | <(?=[!@#/]|at>|users/)                          # Slack, Teams, Google Chat
    | \|(?=\|) | ~(?=~) | `(?=`)                      # spoilers, strikes and code hide what follows
    | \](?=\()                                        # a link under another's name
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Control characters, and those that turn the direction of what follows.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_COMMAND = re.compile(
    r"(?:[\w .:/+~#-]|(?<=\w)@(?!everyone|here|channel|all|room|online)){1,200}", re.IGNORECASE
)


def harmless(text: str, limit: int) -> str:
    """Return the beginning of a text, in one line, which pings nobody and hides nothing.

    Args:
        text: the text of a task: its name, its result, the reason why it failed.
        limit: characters of it that are kept.
    """
    beginning = text[: limit * 10]
    line = _visible(" ".join(beginning.split()))
    more = max(0, len(line) - limit) + len(text) - len(beginning)
    return _unlinked(f"{line[:limit]}... ({more} more characters)" if more else line)


def harmless_lines(text: str, limit: int, most: int) -> list[str]:
    """Return the first lines of a text, with the blanks between their columns.

    Args:
        text: the result of a task.
        limit: characters of it that are kept.
        most: lines of it that are kept.
    """
    lines = text.strip("\r\n").rstrip().splitlines()
    shown: list[str] = []
    room = limit
    for line in lines[:most]:
        clean = _unlinked(_visible(line.rstrip()[:limit].expandtabs()))
        room -= len(clean) + 1
        if room < 0:
            break
        shown.append(clean)
    if len(lines) < 2 or not shown:
        return [harmless(text, limit)]
    more = len(lines) - len(shown)
    return [*shown, f"... ({more} more lines)"] if more else shown


def is_harmless_command(text: str) -> bool:
    """Return whether a command may be shown as it is; nothing is put into it, for it is copied."""
    return _COMMAND.fullmatch(text) is not None


def _visible(text: str) -> str:
    return _INVISIBLE.sub("\ufffd", escape_surrogates(text))


def _unlinked(text: str) -> str:
    return _BREAK_BEHIND.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)
