"""Templates: what they are made into, and how values are written in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.run_table import (
    describe_progress,
    describe_run,
    short_arn,
    task_detail,
    task_name,
)
from taskctl.ui.output import counted, harmless
from taskctl.ui.times import format_seconds
from taskctl.web.charts import kind_of

_TEMPLATES = Path(__file__).with_name("templates")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def render(name: str, context: Mapping[str, Any]) -> str:
    """Return a page, or a part of one."""
    return _ENVIRONMENT.get_template(name).render(context)


def address(path: str, **values: object) -> str:
    """Return the address of a page, with the values that are not None as its query."""
    query = urlencode({name: str(value) for name, value in values.items() if value is not None})
    return f"{path}?{query}" if query else path


def _plain(value: object) -> object:
    """Write what could pass for something else as an escape; Jinja escapes markup after that."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _moment(time: datetime | int | float | None, zone: tzinfo | None = None) -> Markup:
    """Write a time in a zone; None for this machine's."""
    if time is None:
        return Markup("&ndash;")
    if not isinstance(time, datetime):
        time = datetime.fromtimestamp(time, UTC)
    local = time.astimezone(zone)
    return Markup('<time datetime="{}" title="{}">{} {}</time>').format(
        f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"{local:%a %Y-%m-%d %H:%M}",
        local.tzname() or "",
    )


def _distance(time: datetime | int | float) -> str:
    """Write how long ago a time was, or how far ahead it is."""
    seconds = (time.timestamp() if isinstance(time, datetime) else time) - _now()
    span = abs(seconds)
    if span < _MINUTE:
        return "now"
    if span < _HOUR:
        text = f"{span / _MINUTE:.0f} min"
    elif span < 2 * _DAY:
        text = f"{span / _HOUR:.0f} h"
    else:
        text = f"{span / _DAY:.0f} d"
    return f"in {text}" if seconds > 0 else f"{text} ago"


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _detail(run: RecordedRun) -> str:
    """Describe a run without its state, which a badge shows."""
    return describe_run(run).removeprefix(run.state).lstrip(",: ")


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 0.005 else "< $0.01"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_plain,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "moment": _moment,
    "distance": _distance,
    "took": format_seconds,
    "dollars": _dollars,
    "counted": counted,
    "short_arn": short_arn,
    "kind": kind_of,
    "describe_run": describe_run,
    "detail": _detail,
    "progress": describe_progress,
    "task_name": task_name,
    "task_detail": task_detail,
}
_ENVIRONMENT.globals["address"] = address
