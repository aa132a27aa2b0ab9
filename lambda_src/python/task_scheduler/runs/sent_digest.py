"""The digest of a run as it was sent, for whoever looks at the run afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item
from task_scheduler.time_limit import call_with_timeout

MAX_SECONDS = 2.0
"""Nobody waits longer for it: that people were notified is still to be noted."""

MAX_TITLE_BYTES = 512
MAX_TEXT_BYTES = 3_500
"""Bytes that are kept of a digest: with its key, less than the 4 KiB of four units of writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDigest:
    """A digest that a service took.

    It is an item of its own: one that is read with each run would make every list of runs dearer.

    Attributes:
        event: the value of NotifyEvent that people were notified of.
        title, text: of the message.
        sent: when, seconds since 1970.
    """

    event: str
    title: str
    text: str
    sent: int

    @classmethod
    def from_item(cls, item: Item) -> SentDigest | None:
        """Read an item; None if it is not there, or no digest."""
        texts = [item.get(name) for name in ("event", "title", "text")]
        sent = item.get("sent")
        if not (isinstance(sent, int) and all(isinstance(text, str) for text in texts)):
            return None
        event, title, text = map(str, texts)
        return cls(event=event, title=title, text=text, sent=sent)


def keep_sent(ledger: Ledger, run: RunId, digest: SentDigest, *, expires: int) -> None:
    """Keep a digest in place of the one that was sent before; without the table, it is not kept.

    Args:
        ledger: the ledger that has the run.
        run: the run that it is about.
        digest: the digest that was sent.
        expires: when the run does, seconds since 1970.
    """
    item = {
        "event": digest.event, "title": _fitting(digest.title, MAX_TITLE_BYTES),
        "text": _fitting(digest.text, MAX_TEXT_BYTES), "sent": digest.sent, "expires": expires,
    }  # fmt: skip
    try:
        call_with_timeout(MAX_SECONDS, partial(ledger.table.put, run.digest, item))
    except (LedgerUnavailable, TimeoutError) as error:
        logger.warning("ledger", extra={"run": run.key, "reason": str(error)})


def _fitting(text: str, most: int) -> str:
    """Return as much of a text as fits; halves of characters are replaced or left out."""
    return text.encode(errors="replace")[:most].decode(errors="ignore")
