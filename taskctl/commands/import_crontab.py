"""`taskctl import crontab`: schedules and tasks from a crontab."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from taskctl.calendar.zones import UnknownZone, find_local_zone, zone
from taskctl.crontab.differences import Difference, find_differences
from taskctl.crontab.reading import find_users, read_crontab
from taskctl.crontab.task_file import FILE, write_tasks
from taskctl.crontab.tfvars import write_tfvars
from taskctl.crontab.translation import Translated, translate_crontab
from taskctl.errors import TaskctlError
from taskctl.ui.output import counted, note, say

_DAYS_SHOWN = 3


def import_crontab(
    file: Annotated[Path, typer.Argument(help="The crontab; - for standard input.")] = Path("-"),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write this file, and tasks/imported.py beside it."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The zone of the crontab's machine; this machine's.")
    ] = None,
    users: Annotated[
        bool | None,
        typer.Option(
            "--users/--no-users",
            help="A user stands before each command, as in /etc/crontab; found out by default.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files.")] = False,
) -> None:
    """Turn a crontab into schedules and tasks.

    The schedules are printed, or with -o written to a file that `taskctl check` passes. `curl` and
    `wget` of one URL become the built-in tasks `ping` and `http`; any other command becomes a
    function that runs it, which is yours to rewrite: Lambda has other programs than the machine
    that it ran on. What AWS cannot say, and days on which schedules run more or less often than in
    cron, are listed by line.

    \b
    Examples:
      crontab -l | taskctl import crontab -
      taskctl import crontab /etc/crontab --timezone Europe/Berlin -o a.tfvars
    """
    text = _read(file)
    local = timezone or find_local_zone()
    _check(local)
    if users is None:
        users = file == Path("/etc/crontab") or file.parent.name == "cron.d" or find_users(text)
    crontab = read_crontab(text, has_users=users)
    done = translate_crontab(crontab, local)
    if not done.imported and not done.left:
        raise TaskctlError(f"{file}: it has no jobs: lines of five fields and a command")
    tfvars = write_tfvars(crontab, done, timezone=local)
    if out is None:
        say(tfvars.removesuffix("\n"))
    else:
        _write(out, tfvars, write_tasks(done), force=force)
    tell = note if out is None else say
    differences = [
        each
        for imported in done.imported
        for each in find_differences(imported, zone(imported.timezone), datetime.now(UTC))
    ]
    _report(done, differences, out, tell)
    if timezone is None:
        tell(f"\nTimes are taken for those of this machine's zone, {local}: else use --timezone.")


def _read(file: Path) -> str:
    if file == Path("-") and sys.stdin.isatty():
        raise TaskctlError("name a crontab, or pipe one: crontab -l | taskctl import crontab -")
    try:
        data = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaskctlError(f"{file}: it must be a text in UTF-8: {error}") from error
    except OSError as error:
        raise TaskctlError(f"{file}: {error.strerror}") from error


def _check(timezone: str) -> None:
    try:
        zone(timezone)
    except UnknownZone as error:
        raise TaskctlError(f"--timezone: {error}") from error


def _write(out: Path, tfvars: str, tasks: str, *, force: bool) -> None:
    files = {out: tfvars} | ({out.parent / "tasks" / FILE: tasks} if tasks else {})
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise TaskctlError(f"{' and '.join(there)} would be overwritten: confirm with --force")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise TaskctlError(f"{path}: {error.strerror}") from error


def _report(
    done: Translated, differences: list[Difference], out: Path | None, tell: Callable[[str], None]
) -> None:
    ready = sum(1 for each in done.imported if each.request)
    jobs = counted(len(done.imported) + len(done.left), "job")
    tell(
        f"{jobs}: {ready} ready to run, {len(done.imported) - ready} with "
        f"{counted(len(done.commands), 'function')} to rewrite, {len(done.left)} not imported"
    )
    where = out.parent / "tasks" / FILE if out else f"tasks/{FILE}, which is written with -o"
    for heading, found in (
        (f"To rewrite, in {where}", _commands(done)),
        ("Not imported", [([left.line], f"{left.text}: {left.reason}") for left in done.left]),
        ("To look at", _by_text(done.notes)),
        ("Differences in the next 12 months", _by_text(_by_line(differences))),
    ):
        if found:
            tell(f"\n{heading}:")
        for lines, text in found:
            tell(_fill(lines, text))


def _commands(done: Translated) -> list[tuple[list[int], str]]:
    return [
        (
            [each.job.line for each in done.imported if each.task == name],
            f"{name}: {command.text}",
        )
        for name, command in done.commands.items()
    ]


def _by_line(differences: list[Difference]) -> Iterator[tuple[int, str]]:
    """Return a sentence for each line and kind of difference."""

    def kind(one: Difference) -> tuple[int, str]:
        return one.line, one.text

    for (line, text), found in groupby(sorted(differences, key=kind), kind):
        days = [f"{each.day}" for each in found]
        more = f" and {counted(len(days) - _DAYS_SHOWN, 'more day')}"
        yield line, f"{', '.join(days[:_DAYS_SHOWN])}{more if days[_DAYS_SHOWN:] else ''}: {text}"


def _by_text(found: Iterable[tuple[int, str]]) -> list[tuple[list[int], str]]:
    """Return each sentence once, with the lines that it is about."""
    lines: dict[str, list[int]] = {}
    for line, text in found:
        lines.setdefault(text, []).append(line)
    return [(numbers, text) for text, numbers in lines.items()]


def _fill(lines: list[int], text: str) -> str:
    width = max(shutil.get_terminal_size().columns, 60)
    numbers = ", ".join(map(str, lines))
    head = f"  line{'s' if len(lines) > 1 else ''} {numbers}: "
    return textwrap.fill(
        text, width, initial_indent=head, subsequent_indent="    ", break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
