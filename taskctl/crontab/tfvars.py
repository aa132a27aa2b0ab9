"""Schedules as HCL, laid out as `terraform fmt` does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from taskctl.crontab.reading import Crontab
from taskctl.crontab.translation import Imported, Translated

_DESCRIPTION_BYTES = 512
"""AWS takes no more."""


def write_tfvars(crontab: Crontab, done: Translated, *, timezone: str) -> str:
    """Return the file of values.

    Args:
        crontab: what was imported.
        done: what it has become.
        timezone: that of the machine.
    """
    lines = [f'timezone      = "{timezone}"', 'task_code_dir = "tasks"']
    if mailto := [f"{number}" for number, value in crontab.variables.get("MAILTO", []) if value]:
        lines += [
            "",
            f"# MAILTO, line {', '.join(mailto)}: put a URL of appriseit.com, such as",
            "# mailto://user:password@host, into a parameter and name it here.",
            '# notify = { ssm_parameter = "/jobs/chat" }',
        ]
    lines += ["", "schedules = {"]
    for imported in done.imported:
        lines.append(f"  # line {imported.job.line}")
        for name, expression in imported.schedules.items():
            lines += _schedule(name, _attributes(imported, expression, timezone))
    lines.append("}")
    if done.left:
        lines += ["", "# Not imported:"]
        lines += [f"# line {left.line}, {_quote(left.text)}: {left.reason}" for left in done.left]
    return "\n".join(lines) + "\n"


def _schedule(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    key = name if re.fullmatch("[a-z_][a-z0-9_-]*", name) else _quote(name)
    yield f"  {key} = {{"
    width = max(map(len, attributes))
    for attribute, value in attributes.items():
        yield f"    {attribute:{width}} = {value}"
    yield "  }"


def _attributes(imported: Imported, expression: str, timezone: str) -> dict[str, str]:
    """Return the attributes of a schedule as HCL."""
    given = {"expression": _quote(expression)}
    if imported.timezone != timezone:
        given["timezone"] = _quote(imported.timezone)
    if imported.job.comment:
        given["description"] = _quote(_cut(imported.job.comment))
    given["task"] = _quote(imported.task)
    request = imported.request
    if request is None:
        given["retries"] = "0"  # cron tries once
        return given
    pairs = ", ".join(f"{key} = {_quote(value)}" for key, value in request.args.items())
    given["args"] = f"{{ {pairs} }}"
    if request.retries is not None:
        given["retries"] = str(min(request.retries, 100))
    elif "method" in request.args:
        given["retries"] = "0"
    return given


def _cut(text: str) -> str:
    return text.encode()[:_DESCRIPTION_BYTES].decode(errors="ignore")


def _quote(text: str) -> str:
    """Return a string as HCL has it: JSON's, without templates and short control characters."""
    quoted = json.dumps(text, ensure_ascii=False)
    quoted = re.sub(
        r"(?<!\\)((?:\\\\)*)\\([bf])", lambda found: f"{found[1]}\\u00{_HEX[found[2]]}", quoted
    )
    return re.sub(r"([$%])\{", r"\1\1{", quoted)


_HEX = {"b": "08", "f": "0c"}
