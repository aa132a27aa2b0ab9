"""Draws chat messages as the people in a channel see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from xml.sax.saxutils import escape

_WIDTH = 820
_CHARACTERS = 92  # that surely fit into a line
_LINE = 22
_GAP = 18
_TEXT_X = 76

_STYLE = """
    text { font-family: "Open Sans", "DejaVu Sans", Arial, sans-serif; }
    text { font-size: 14px; fill: #3f4350; }
    .sender { font-weight: bold; }
    .tag { font-size: 10px; font-weight: bold; fill: #6c7080; }
    .initial { font-size: 18px; font-weight: bold; fill: #ffffff; text-anchor: middle; }
"""


def draw(sender: str, messages: Iterable[str]) -> str:
    """Return an SVG of a channel.

    Args:
        sender: whom the messages are from.
        messages: their texts, in their order.
    """
    drawn = []
    top = _GAP
    for message in messages:
        lines = _lines(message)
        drawn.append(_message(sender, lines, top))
        top += _LINE * (1 + len(lines)) + _GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}">',
            f"  <style>{_STYLE}  </style>",
            f'  <rect width="{_WIDTH}" height="{top}" rx="8" fill="#ffffff" stroke="#d5d7de"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _lines(message: str) -> list[str]:
    """Lines of a text, those that are too long folded."""
    return [part for line in message.splitlines() for part in wrap(line, _CHARACTERS) or [""]]


def _message(sender: str, lines: Sequence[str], top: int) -> str:
    name = escape(sender)
    baseline = top + 14
    drawn = [
        f'  <circle cx="40" cy="{top + 20}" r="20" fill="#1c58d9"/>',
        f'  <text x="40" y="{top + 27}" class="initial">{escape(sender[:1].upper())}</text>',
        f'  <text x="{_TEXT_X}" y="{baseline}"><tspan class="sender">{name}</tspan>'
        '<tspan dx="8" class="tag">BOT</tspan></text>',
    ]
    for number, line in enumerate(lines, start=1):
        y = baseline + _LINE * number
        drawn.append(f'  <text x="{_TEXT_X}" y="{y}">{escape(line)}</text>')
    return "\n".join(drawn)
