"""FIFO queues: how they are recognized, and by what they tell one message from another."""

from __future__ import annotations

import hashlib

SUFFIX = ".fifo"


def is_fifo(queue_url: str) -> bool:
    """Return whether a queue is FIFO: SQS demands the suffix of those, and forbids it to others."""
    return queue_url.endswith(SUFFIX)


def deduplication_id(message_id: str, body: str) -> str:
    """Return what a repetition of a message has in common with it: the same id and content.

    The id alone is not enough. A list that changes between two attempts to send it, such as a
    generator that yields in another order, puts another task under an id that was sent before;
    that task would be swallowed as a duplicate.

    Args:
        message_id: the message's id, or SQS's for a text typed by hand.
        body: as it lies on the queue.

    Returns:
        64 characters that SQS accepts, which a message's id may not be (at most 128, ASCII).
    """
    # an id typed by hand may hold half a character (JSON can write one)
    content = f"{len(message_id)}#{message_id}{body}".encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()
