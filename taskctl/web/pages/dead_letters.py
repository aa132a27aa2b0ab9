"""Dead letters: how many there are, and each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from taskctl.dead_letters.listing import list_dead_letters
from taskctl.dead_letters.redriver import describe_redrive
from taskctl.dead_letters.selection import Selection
from taskctl.web.forms import Form
from taskctl.web.known import Known, peek

_LISTED = 300


def dead_letters(known: Known, form: Form, part: str | None) -> dict[str, Any]:
    """Read the dead letters: about how many, or each."""
    wanted = Selection(schedule=form.text("schedule"), reason=form.text("reason"))
    context: dict[str, Any] = {"schedule": wanted.schedule, "reason": wanted.reason}
    if part != "list":
        return context | {"count": peek(known.dead_letters, [])}
    listing = list_dead_letters(known.stack, _LISTED, wanted)
    known.listed = {dead_letter.id: dead_letter for dead_letter in listing.dead_letters}
    return context | {
        "dead_letters": listing.dead_letters,
        "hidden": listing.hidden,
        "limit": _LISTED,
        "redrive": describe_redrive,
        "read_at": datetime.now(UTC),
    }
