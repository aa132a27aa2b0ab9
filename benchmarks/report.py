"""The figures as a table on a terminal, as results.json, and as the rows of docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.figures import Figure
from benchmarks.public import ROWS, Row
from task_scheduler_local.places import ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"

_HEADINGS = ("figure", "ours", "yardstick", "times", "goal")
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def machine() -> dict[str, Any]:
    """Describe the machine; the load is that of the previous minute."""
    requirements = (ROOT / "requirements" / "emulator.txt").read_text()
    emulator = re.search(r"^ministack==(\S+)", requirements, re.MULTILINE)
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "emulator": f"MiniStack {emulator[1]}" if emulator else None,
        "load_average": round(os.getloadavg()[0], 1),
    }


def record(
    figures: Sequence[Figure], facts: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the contents of results.json.

    Args:
        figures: the figures that were measured.
        facts: about the machine.
        earlier: figures of results.json, which keep those that were not measured again.
    """
    date = datetime.now(UTC).date().isoformat()
    load = facts["load_average"]
    measured: dict[str, Mapping[str, Any]] = {
        figure.key: asdict(figure)
        | {"ratio": figure.ratio, "goal": figure.goal, "met": figure.met}
        | {"date": date, "load_average": load}
        for figure in figures
    }
    kept = [measured.pop(figure["key"], figure) for figure in earlier]
    return {
        "machine": {name: fact for name, fact in facts.items() if name != "load_average"},
        "figures": [*kept, *measured.values()],
    }


def read() -> dict[str, Any]:
    """Return the contents of results.json."""
    results: dict[str, Any] = json.loads(RESULTS.read_text())
    return results


def figures_of(results: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the figures of results.json by their keys."""
    names = {field.name for field in fields(Figure)}
    return {
        figure["key"]: Figure(**{name: figure[name] for name in names & figure.keys()})
        for figure in results["figures"]
    }


def write(results: Mapping[str, Any]) -> None:
    """Write the results, and their table into the document."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{markdown(results)}{_END}{after}")


def markdown(results: Mapping[str, Any]) -> str:
    """Return the public rows of the results as a table in Markdown."""
    figures = {figure["key"]: figure for figure in results["figures"]}
    lines = [
        "| | ours | limit | ours / limit | one by one | measured |",
        "|---|---|---|---|---|---|",
        *(_public(row, figures[row.key]) for row in ROWS if row.key in figures),
    ]
    return "\n".join(lines) + "\n"


def _public(row: Row, figure: Mapping[str, Any]) -> str:
    unit = figure["unit"].replace("$ a month", "USD")
    is_derived = figure["note"].startswith("derived")
    ours = median(figure["ours"])
    yardstick = median(figure["yardstick"]) if figure["yardstick"] else 0.0
    limit = row.limit(yardstick)
    cells = [
        row.name,
        f"{_rounded(ours)} {unit}",
        f"{_rounded(limit)} {unit}: {row.why}",
        _rounded(ours / limit),
        f"{_rounded(yardstick)} {unit}" if row.compared else "",
        "derived" if is_derived else f"{figure['date']}, load {figure['load_average']:g}",
    ]
    return f"| {' | '.join(cells)} |"


def table(results: Mapping[str, Any]) -> Table:
    """Return the results as a table for a terminal."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column(_HEADINGS[0], ratio=1)
    for heading in _HEADINGS[1:]:
        shown.add_column(heading, justify="right")
    for figure in results["figures"]:
        name, *cells = _cells(figure)
        note = f"\n[dim]{figure['note']}[/dim]" if figure["note"] else ""
        shown.add_row(name + note, *cells, style="red" if figure["met"] is False else "")
    return shown


def _cells(figure: Mapping[str, Any]) -> list[str]:
    unit, ratio = figure["unit"], figure["ratio"]
    return [
        figure["name"],
        _spread(figure["ours"], unit),
        _spread(figure["yardstick"], unit) if figure["yardstick"] else "",
        "" if ratio is None else _rounded(ratio),
        figure["goal"] + {True: " met", False: " missed", None: ""}[figure["met"]],
    ]


def _spread(values: Sequence[float], unit: str) -> str:
    """Format the median, with the least and the greatest value if there are several."""
    middle = f"{_rounded(median(values))} {unit}".rstrip()
    least, greatest = _rounded(min(values)), _rounded(max(values))
    return middle if least == greatest else f"{middle} ({least}-{greatest})"


def _rounded(value: float) -> str:
    """Format a value with three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
