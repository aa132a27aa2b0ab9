"""JSON lines: each a string, or an object of task, args, message_group and worker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list.listed import Listed, Refused, read_value
from task_scheduler.task_list.text_lines import Line, text_of


def read_tasks(lines: Iterable[Line]) -> Iterator[Listed]:
    """Read a task from each line that is not blank."""
    for line in lines:
        if line.data.strip():
            try:
                yield read_value(_parse(line), line.number, line.offset, line.data)
            except InvalidLine as refused:
                yield Refused(line.number, str(refused), line.data, line.offset)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; of a key that it has twice, one value would vanish."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidLine(f"{twice[:200]!r} stands in one object twice")
    return made


def _parse(line: Line) -> Any:
    try:
        return json.loads(text_of(line), object_pairs_hook=_object)
    except InvalidLine:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidLine(f"invalid JSON: {error}") from error
