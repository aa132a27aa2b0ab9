"""Draws chat messages as the people in a channel see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

_WIDTH = 820
_CHARACTERS = 92  # that surely fit into a line
_LINE = 22
_GAP = 18
_TEXT_X = 76
_BAR_WIDTH = 4
_INDENT = 16

_MARKUP = re.compile(r"`(?P<code>[^`]*)`|\[(?P<link>[^\]]*)\]\(<[^>]*>\)")


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a service."""

    background: str = "#ffffff"
    frame: str = "#d5d7de"
    text: str = "#3f4350"
    faint: str = "#6c7080"
    code: str = "#a3305a"
    block: str = "#f4f4f6"
    link: str = "#1c58d9"
    avatar: str = "#1c58d9"


LIGHT = Theme()
DARK = Theme(
    background="#313338", frame="#232428", text="#dbdee1", faint="#949ba4", code="#dbdee1",
    block="#2b2d31", link="#00a8fc", avatar="#5865f2",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message.

    Attributes:
        text: its lines, as Markdown.
        title: a bold line above them.
        color: the color of the bar beside it.
        above: a line above all of it.
    """

    text: str
    title: str | None = None
    color: str | None = None
    above: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Line:
    text: str
    kind: str = ""
    """The class of the whole line: bold, block or above."""


def draw(sender: str, messages: Iterable[Message], theme: Theme = LIGHT) -> str:
    """Return an SVG of a channel.

    Args:
        sender: whom the messages are from.
        messages: in their order.
        theme: the service's.
    """
    drawn: list[str] = []
    top = _GAP
    for message in messages:
        lines = list(_lines(message))
        drawn += _message(sender, message, lines, top)
        top += _LINE * (1 + len(lines)) + _GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}">',
            f"  <style>{_style(theme)}  </style>",
            f'  <rect width="{_WIDTH}" height="{top}" rx="8" class="channel"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _style(theme: Theme) -> str:
    mono = '"DejaVu Sans Mono", Menlo, Consolas, monospace'
    return f"""
    text {{ font-family: "Open Sans", "DejaVu Sans", Arial, sans-serif; }}
    text {{ font-size: 14px; fill: {theme.text}; }}
    .channel {{ fill: {theme.background}; stroke: {theme.frame}; }}
    .avatar {{ fill: {theme.avatar}; }}
    .sender, .bold {{ font-weight: bold; }}
    .tag {{ font-size: 10px; font-weight: bold; fill: {theme.faint}; }}
    .initial {{ font-size: 18px; font-weight: bold; fill: #ffffff; text-anchor: middle; }}
    .link, .above {{ fill: {theme.link}; }}
    .code, .block {{ font-family: {mono}; font-size: 12.5px; white-space: pre; }}
    .code {{ fill: {theme.code}; }}
    .behind {{ fill: {theme.block}; }}
"""


def _lines(message: Message) -> Iterator[_Line]:
    """Lines of a message, those that are too long folded."""
    if message.above:
        yield _Line(text=message.above, kind="above")
    if message.title:
        yield _Line(text=message.title, kind="bold")
    is_block = False
    for line in message.text.splitlines():
        if line == "```":
            is_block = not is_block
        elif is_block:
            yield _Line(text=line, kind="block")
        else:
            for part in _fold(line):
                yield _Line(text=part)


def _fold(line: str) -> list[str]:
    # a link is drawn without its address
    short = _MARKUP.sub(lambda found: f"[{found['link']}](<>)" if found["link"] else found[0], line)
    return wrap(short, _CHARACTERS) or [""]


def _message(sender: str, message: Message, lines: Sequence[_Line], top: int) -> Iterator[str]:
    baseline = top + 14
    yield f'  <circle cx="40" cy="{top + 20}" r="20" class="avatar"/>'
    yield f'  <text x="40" y="{top + 27}" class="initial">{escape(sender[:1].upper())}</text>'
    yield (
        f'  <text x="{_TEXT_X}" y="{baseline}"><tspan class="sender">{escape(sender)}</tspan>'
        '<tspan dx="8" class="tag">BOT</tspan></text>'
    )
    left = _TEXT_X + (_INDENT if message.color else 0)
    if message.color:
        beside = [number for number, line in enumerate(lines, 1) if line.kind != "above"]
        yield (
            f'  <rect x="{_TEXT_X}" y="{baseline + _LINE * beside[0] - 16}" width="{_BAR_WIDTH}" '
            f'height="{_LINE * len(beside)}" rx="2" fill="{message.color}"/>'
        )
    for number, line in enumerate(lines, 1):
        y = baseline + _LINE * number
        if line.kind == "block":
            width = _WIDTH - left - _GAP
            yield (
                f'  <rect x="{left}" y="{y - 16}" width="{width}" height="{_LINE}" class="behind"/>'
            )
        x = _TEXT_X if line.kind == "above" else left + (8 if line.kind == "block" else 0)
        kind = f' class="{line.kind}"' if line.kind else ""
        text = escape(line.text) if line.kind == "block" else _marked_up(line.text)
        yield f'  <text x="{x}" y="{y}"{kind} xml:space="preserve">{text}</text>'


def _marked_up(text: str) -> str:
    drawn, end = "", 0
    for found in _MARKUP.finditer(text):
        kind = "link" if found["code"] is None else "code"
        drawn += escape(text[end : found.start()])
        drawn += f'<tspan class="{kind}">{escape(found[kind])}</tspan>'
        end = found.end()
    return drawn + escape(text[end:])
