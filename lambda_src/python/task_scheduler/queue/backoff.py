"""The wait between a failed attempt and the next one."""

from __future__ import annotations

import random

BASE_SECONDS = 10.0
CAP_SECONDS = 900.0

MAX_WAIT_SECONDS = 42_000.0
"""SQS refuses a wait that ends more than twelve hours after the message was received. These are
twelve hours less the longest batching window (5 minutes) and invocation (15 minutes)."""


OUTAGE_CAP_SECONDS = 3_600.0
"""The longest wait for the ledger. Each wait takes one of the receives that a queue permits, which
are to last for hours of an outage."""


def compute_backoff(
    attempt: int,
    *,
    base: float = BASE_SECONDS,
    cap: float = CAP_SECONDS,
    jitter: float | None = None,
) -> float:
    """Compute the wait before the next attempt: exponential, capped, its upper half random.

    Without jitter the series is 10, 20, 40, 80, 160, 320, 640, 900, 900, ... seconds; each wait
    lies between half of its term and the whole ("equal jitter", AWS Architecture Blog,
    "Exponential Backoff And Jitter").

    Args:
        attempt: the attempt that failed, from 1.
        base: the first term of the series, in seconds.
        cap: the largest term, in seconds.
        jitter: 0.0 to 1.0, how much of the upper half is added; random when None.

    Returns:
        Seconds, at least base / 2 and at most cap.
    """
    term = cap if attempt > 64 else min(cap, base * 2 ** (attempt - 1))
    share = random.random() if jitter is None else jitter
    return term / 2 + term / 2 * share
