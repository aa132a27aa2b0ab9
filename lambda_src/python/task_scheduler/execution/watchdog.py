"""The end of the process where nothing else helps.

A call into C code that holds the interpreter (a catastrophic regular expression) can neither be
interrupted nor given up. Lambda would end the function at its timeout, and with it what the
sandbox has not yet said; here the process ends before, and a traceback in the log says where.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STDERR = 2


@contextmanager
def process_ends_after(seconds: float) -> Iterator[None]:
    """End the process, with the tracebacks of all threads, if the block takes longer.

    Args:
        seconds: real time, counted by a thread of C's, which needs no interpreter.
    """
    faulthandler.dump_traceback_later(max(0.01, seconds), exit=True, file=STDERR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def end_process() -> None:
    """End the process at once, threads that hang and all.

    Lambda counts the invocation as failed and starts another process for the next one. It leaves
    messages alone then, so what became of them must have been said to SQS before.
    """
    with suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(1)
