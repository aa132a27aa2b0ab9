"""The view of `taskctl dev`: lines as things happen, and below them the schedules."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.run_table import describe_run
from taskctl.ui.output import harmless

_STYLES = {"problem": "red", "warning": "yellow", "chat": "cyan", "output": "dim"}
_REFRESHES = 4
"""A second."""
_HANGING = 2


@dataclass(frozen=True, kw_only=True)
class ScheduleLine:
    """A schedule, and what became of it.

    Attributes:
        key: the key that starts it; empty where there are more schedules than keys.
        name: with the prefix, where there are several stacks.
        expression: with its time zone, or the schedules that it follows, in words.
        due: when it is due next; None for never, or while it is disabled.
        is_follower: true if it runs after others.
        last: its last run; None before the first.
    """

    key: str
    name: str
    expression: str
    due: datetime | None
    last: RecordedRun | None
    is_follower: bool = False


class View(Protocol):
    """Shows what happens."""

    def line(self, text: str, kind: str = "") -> None:
        """Show something that happened; kind is a key of the styles."""

    def schedules(self, lines: Sequence[ScheduleLine]) -> None:
        """Show the schedules as they are now."""


@contextmanager
def open_view() -> Iterator[View]:
    """Provide the view: live on a terminal, plain lines otherwise."""
    if not sys.stdout.isatty():
        yield PlainView()
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with Live(console=console, refresh_per_second=_REFRESHES, transient=True) as live:
        yield LiveView(live)


class PlainView:
    """Lines, for a pipe or a file: nothing is ever taken back."""

    def __init__(self) -> None:
        self._shown: list[tuple[str, str, str]] = []
        self._lock = Lock()

    def line(self, text: str, kind: str = "") -> None:
        """Print a line."""
        with self._lock:
            sys.stdout.write(f"{harmless(text)}\n")
            sys.stdout.flush()

    def schedules(self, lines: Sequence[ScheduleLine]) -> None:
        """Print the schedules if there are others than before."""
        wanted = [(line.key, line.name, line.expression) for line in lines]
        if wanted == self._shown:
            return
        self._shown = wanted
        width = max((len(line.name) for line in lines), default=0)
        for line in lines:
            due = f", next {_moment(line.due)}" if line.due else ", not due"
            self.line(
                f"  {line.key:2} {line.name:{width}}  {line.expression}"
                f"{'' if line.is_follower else due}"
            )


class LiveView:
    """Lines that scroll by, above the schedules and their last runs."""

    def __init__(self, live: Any) -> None:
        self._live = live

    def line(self, text: str, kind: str = "") -> None:
        """Print a line above the schedules."""
        from rich.text import Text

        console = self._live.console
        for part in _fit(harmless(text), console.width):
            console.print(Text(part, _STYLES.get(kind, "")), soft_wrap=True)

    def schedules(self, lines: Sequence[ScheduleLine]) -> None:
        """Show the schedules with key, next due time and last run."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, expand=True, header_style="bold", pad_edge=False)
        table.add_column("key", no_wrap=True)
        table.add_column("schedule", no_wrap=True, overflow="ellipsis", ratio=2)
        table.add_column("next", no_wrap=True)
        table.add_column("last run", no_wrap=True, overflow="ellipsis", ratio=3)
        most = max(self._live.console.height // 2, 3)
        for line in lines[:most]:
            last = f"{line.last.due.astimezone():%H:%M:%S} " if line.last and line.last.due else ""
            outcome = describe_run(line.last) if line.last else ""
            style = "red" if line.last and line.last.has_failed else ""
            table.add_row(
                Text(line.key, "bold cyan"),
                Text(harmless(line.name)),
                Text(harmless(_next(line))),
                Text(last + outcome, style),
            )
        rule = Text("─" * self._live.console.width, "dim")
        more = f"{len(lines) - most} more schedules. " if len(lines) > most else ""
        help_line = Text(f"{more}A key starts its schedule now; Ctrl-C ends it all.", "dim")
        self._live.update(Group(rule, table, help_line))


def _next(line: ScheduleLine) -> str:
    if line.is_follower:
        return line.expression
    return _moment(line.due) if line.due else "not due"


def _fit(text: str, width: int) -> list[str]:
    """Wrap a line so that what follows stands below its own indent."""
    indent = " " * min(len(text) - len(text.lstrip()) + _HANGING, width // 2)
    wrapped = textwrap.wrap(text, width, subsequent_indent=indent, replace_whitespace=False)
    return wrapped or [""]


def _moment(time: datetime) -> str:
    local = time.astimezone()
    today = local.date() == datetime.now().date()
    if today:
        return f"{local:%H:%M:%S}"
    is_this_year = local.year == datetime.now().year
    return f"{local:%a %m-%d %H:%M}" if is_this_year else f"{local:%Y-%m-%d %H:%M}"
