"""Texts of task code in chat: one line, bounded, without mentions or markup that hides others."""

from __future__ import annotations

import re

from task_scheduler.observability.log import escape_surrogates

_ZERO_WIDTH_SPACE = "\u200b"

_BREAK_BEHIND = re.compile(
    r"""
    @(?=everyone|here|(?:channel|all|room|online)\b)  # rings at Discord even within a word
    | (?<!\w)@(?=\S)                                  # a name: @ada, <@123>, @**all**, @ada:server
    | @(?=\S)(?![\w-]+\.\w)                          # what is no e-mail address
    | <(?=[!@#/]|at>|users/)                          # Slack, Teams, Google Chat
    | \|(?=\|) | ~(?=~) | `(?=`)                      # spoilers, strikes and code hide what follows
    | \](?=\()                                        # a link under another's name
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Control characters, and those that turn the direction of what follows.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str, limit: int) -> str:
    """Return the beginning of a text, in one line, which pings nobody and hides nothing.

    Args:
        text: of a task: its name, its result, the reason why it failed.
        limit: characters of it that are kept.
    """
    beginning = text[: limit * 10]
    line = _INVISIBLE.sub("\ufffd", escape_surrogates(" ".join(beginning.split())))
    more = max(0, len(line) - limit) + len(text) - len(beginning)
    shown = f"{line[:limit]}... ({more} more characters)" if more else line
    return _BREAK_BEHIND.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, shown)
