"""`taskctl calendar`: write the public holidays of a country for `skip_on` and `only_on`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from taskctl.errors import TaskctlError
from taskctl.project.calendars import calendar_path
from taskctl.project.holiday_calendar import (
    YEARS,
    holiday_lines,
    is_unchanged,
    with_header,
)
from taskctl.project.task_code import check_task_folder
from taskctl.ui import options
from taskctl.ui.output import counted, print_json, say


def calendar(
    country: Annotated[
        str, typer.Argument(help="A country such as DE or US, or a market such as XNYS.")
    ],
    subdivision: Annotated[
        str | None, typer.Option(help="A state or province of it, such as BY.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="The task folder, task_code_dir.")] = Path("tasks"),
    name: Annotated[
        str | None, typer.Option(help="What schedules call it; the country by default.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that it has not written.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Write the public holidays of a country as a calendar.

    It becomes calendars/NAME.txt of the task folder, a day a line: this year's and those of the
    next three. Schedules name it in skip_on or only_on; `terraform plan` and `taskctl check` warn
    60 days before it ends, and the same command writes it anew. Days may be added or taken out by
    hand: then it is yours, and is overwritten only with --force. The days are those of the holidays
    package, without warranty; those that depend on the moon are estimates.

    \b
    Examples:
      taskctl calendar DE                       for skip_on = ["DE"]
      taskctl calendar DE --subdivision BY      for skip_on = ["DE-BY"]
      taskctl calendar XNYS --name exchange     for skip_on = ["exchange"]
    """
    named = name or (f"{country}-{subdivision}" if subdivision else country)
    check_task_folder(folder)
    path = calendar_path(folder, named)
    year = datetime.now(UTC).year
    days = holiday_lines(country, subdivision, year, year + YEARS)
    asked = f"{country} --subdivision {subdivision}" if subdivision else country
    _write(path, with_header(days, f"taskctl calendar {asked}"), force=force)
    count = days.count("\n")
    first, last = days[:10], days.splitlines()[-1][:10]
    if as_json:
        print_json({"file": str(path), "name": named, "days": count, "from": first, "to": last})
        return
    say(f"{path}: {counted(count, 'day')} from {first} to {last}")
    say(f'Schedules name it: skip_on = ["{named}"]')


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write a calendar, but not over one that somebody else has written or changed."""
    try:
        if path.exists() and not force and not is_unchanged(path.read_text(encoding="utf-8-sig")):
            raise TaskctlError(
                f"{path} was not written by this command, or was changed: confirm with --force"
            )
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise TaskctlError(f"{path}: {error}") from error
