"""What is peculiar to FIFO queues."""

from __future__ import annotations

import hashlib


def is_fifo(queue: str) -> bool:
    """Whether a queue's URL, ARN or name is that of a FIFO queue."""
    return queue.endswith(".fifo")


def deduplication_id(message_id: str) -> str:
    """The id by which SQS knows a message again for five minutes.

    A message's own id has characters, and may have a length, that SQS refuses.
    """
    return hashlib.sha256(message_id.encode()).hexdigest()
