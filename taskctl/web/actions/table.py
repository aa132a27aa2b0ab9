"""The actions by name."""

from __future__ import annotations

from taskctl.web.actions.backfill import BACKFILL
from taskctl.web.actions.dead_letters import DISCARD, REDRIVE, RETRY
from taskctl.web.actions.pause import PAUSE, RESUME
from taskctl.web.actions.run import CANCEL, RUN

ACTIONS = {
    "run": RUN,
    "retry": RETRY,
    "redrive": REDRIVE,
    "discard": DISCARD,
    "pause": PAUSE,
    "resume": RESUME,
    "cancel": CANCEL,
    "backfill": BACKFILL,
}
