"""Commands that are imported when they are called: most need what others do not.

The pattern is that of click's documentation ("Lazily Loading Subcommands"); neither click nor
typer has a class for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import CompletionItem, TyperGroup  # type: ignore[attr-defined]


class Command(NamedTuple):
    """A command: its module in taskctl.commands and its function, and its line in the help."""

    function: str
    help: str

    def load(self) -> Any:
        """Import the function."""
        module, _, function = self.function.partition(":")
        return getattr(import_module(f"taskctl.commands.{module}"), function)


def lazy_group(table: Mapping[str, Command]) -> type[TyperGroup]:
    """Return the class of a group of commands, for `typer.Typer(cls=...)`.

    Args:
        table: the commands by name, in the order of the help; two words are a command within a
            group, such as "import crontab".
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            names = dict.fromkeys(name.partition(" ")[0] for name in table)
            super().__init__(**{**settings, "commands": names})

        def list_commands(self, ctx: Any) -> list[str]:
            return list(self.commands)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name in table:
                return _load(cmd_name, table[cmd_name])
            within = {
                name.partition(" ")[2]: command
                for name, command in table.items()
                if name.startswith(f"{cmd_name} ")
            }
            return _group(cmd_name, within) if within else None

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, command.help) for name, command in table.items()])

        def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
            found = [name for name in self.commands if name.startswith(incomplete)]
            options = super(TyperGroup, self).shell_complete(ctx, incomplete)
            return [CompletionItem(name, help=_help(name, table)) for name in found] + options

    return LazyGroup


def _help(name: str, table: Mapping[str, Command]) -> str | None:
    return table[name].help if name in table else None


def _load(name: str, command: Command) -> Any:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name)(command.load())
    return typer.main.get_command(app)


def _group(name: str, table: Mapping[str, Command]) -> Any:
    app = typer.Typer(
        cls=lazy_group(table), name=name, no_args_is_help=True, rich_markup_mode=None,
        add_completion=False,
    )  # fmt: skip
    app.callback()(lambda: None)
    return typer.main.get_command(app)
