"""The figures as a table on a terminal, as results.json, and as the table of docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.figures import Figure
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


def record(figures: Sequence[Figure], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contents of results.json."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": dict(facts),
        "figures": [
            asdict(figure) | {"ratio": figure.ratio, "goal": figure.goal, "met": figure.met}
            for figure in figures
        ],
    }


def write(results: Mapping[str, Any]) -> None:
    """Write the results, and their table into the document."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    before, _, rest = DOCUMENT.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{markdown(results)}{_END}{after}")


def markdown(results: Mapping[str, Any]) -> str:
    """Return the results as a table in Markdown."""
    facts = results["machine"]
    lines = [
        f"Measured on {results['date']}: {facts['cores']} cores ({facts['architecture']}, "
        f"{facts['system']}), Python {facts['python']}, {facts['emulator']}; load average when it "
        f"began: {facts['load_average']}.",
        "",
        "| " + " | ".join(_HEADINGS) + " |",
        "|---|---|---|---|---|",
    ]
    for figure in results["figures"]:
        name, *cells = _cells(figure)
        note = f"<br>*{figure['note']}*" if figure["note"] else ""
        lines.append(f"| {' | '.join([name + note, *cells])} |")
    return "\n".join(lines) + "\n"


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
