"""Everything that this package raises, each with the data that caused it and the cure."""

from __future__ import annotations


class InvalidRun(ValueError):
    """The event of a run is not one that a schedule of this module sends."""


class InvalidLine(ValueError):
    """A line of a task list is no task; its message says why."""


class IncompleteRun(RuntimeError):
    """A generator of tasks raised half way, or there was no time for the rest of its tasks.

    Args:
        reason: why, and how far it came.
        goes_on_at: the position that it can go on at; None if only from its beginning.
    """

    def __init__(self, reason: str, *, goes_on_at: int | None = None):
        super().__init__(reason)
        self.goes_on_at = goes_on_at


class NotSent(RuntimeError):
    """Messages could not be put onto a queue although they were sent again."""


class InvalidMessage(ValueError):
    """A message's body is neither a text nor an envelope that this version knows."""


class NotSerializable(TypeError):
    """A value cannot travel in a message."""


class UnknownTask(LookupError):
    """A message names a task that no file of the task folder registers."""


class BrokenTaskFile(ImportError):
    """A message names a task that is not registered, and files of the task folder do not import."""


class DuplicateTask(LookupError):
    """Two functions of the task folder are registered under the same name."""


class InvalidTask(TypeError):
    """What a decorator was given cannot be run as a task, or as a source of tasks."""


class InvalidArguments(TypeError):
    """A message's arguments do not fit the signature of its task's function."""


class NeverStarted(RuntimeError):
    """A message's task could not be started, and it would not be received once more: there was no
    time, it was in progress elsewhere, or the table of outcomes did not answer."""


class Expired(RuntimeError):
    """A message was older than its max_age when its task's turn came."""


class TooLate(RuntimeError):
    """The next attempt of a task would come after SQS drops its message (message_retention)."""


class DeadLetterNotSent(RuntimeError):
    """A dead letter could not be sent; its message stays on the queue."""


class InProgressElsewhere(RuntimeError):
    """Another delivery of the same message is being run, or was when its function died."""


class NoTargets(RuntimeError):
    """The services to tell of results are not known; says why."""


class BatchFailed(RuntimeError):
    """No task of a batch came to its end; raised so that Lambda's Errors metric moves."""


class TaskTimeout(BaseException):
    """A task overran its time.

    It interrupts the task's own code, so it is not an Exception: `except Exception` in a task
    must not swallow it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"ran for more than {round(seconds, 2):g} s")


MAX_AFTER_SECONDS = 43_200


class Retry(Exception):
    """Raised by a task that wants to be run again.

    Args:
        reason: why, in a sentence; it stands in the log and, should the retries run out, in the
            dead letter.
        after: seconds until the next attempt, 0 to 43,200 (12 hours; SQS takes a little less, so
            it comes after 11 hours and 40 minutes at the latest); None leaves it to the back-off.
    """

    def __init__(
        self, reason: str = "the task asked to be run again", *, after: float | None = None
    ):
        if after is not None and not 0 <= after <= MAX_AFTER_SECONDS:
            raise ValueError(
                f"Retry(after={after!r}): must be 0 to {MAX_AFTER_SECONDS} seconds (12 hours)"
            )
        super().__init__(reason)
        self.after = after


NEVER_RETRY = (InvalidArguments, DuplicateTask, InvalidTask, NeverStarted, UnknownTask)
"""What another attempt cannot mend."""

EXPLAINED = (*NEVER_RETRY, BrokenTaskFile, Expired, InProgressElsewhere, Retry, InvalidMessage)
"""What needs no traceback: the message says where to look."""
