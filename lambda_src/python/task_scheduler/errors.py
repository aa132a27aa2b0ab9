"""Everything that this package raises, each with the data that caused it and the cure."""

from __future__ import annotations

from typing import ClassVar


class TaskSchedulerError(Exception):
    """Base class of the errors of this package.

    TaskTimeout alone is none of them, since a task's `except Exception` must not catch it.

    Attributes:
        is_retried: whether another attempt may mend it.
        has_traceback: whether it is logged with one; False where the message says where to look.
    """

    is_retried: ClassVar[bool] = True
    has_traceback: ClassVar[bool] = True


class InvalidSettings(TaskSchedulerError, ValueError):
    """An environment variable of the function is missing or malformed."""


class InvalidRun(TaskSchedulerError, ValueError):
    """The event of a run is not one that a schedule of this module sends."""


class InvalidLine(TaskSchedulerError, ValueError):
    """A line of a task list is not a task; the message says why."""


class IncompleteRun(TaskSchedulerError, RuntimeError):
    """A generator of tasks raised half way, or there was no time for the rest of its tasks.

    Args:
        reason: why, and how far it came.
        goes_on_at: the position that it can go on at; None if only from its beginning.
    """

    def __init__(self, reason: str, *, goes_on_at: int | None = None):
        super().__init__(reason)
        self.goes_on_at = goes_on_at


class NotSent(TaskSchedulerError, RuntimeError):
    """Messages could not be put onto a queue although they were sent again."""


class InvalidMessage(TaskSchedulerError, ValueError):
    """A message's body is neither a text nor an envelope that this version knows."""

    is_retried = False
    has_traceback = False


class NotSerializable(TaskSchedulerError, TypeError):
    """A value cannot travel in a message."""


class UnknownTask(TaskSchedulerError, LookupError):
    """A message names a task that no file of the task folder registers."""

    is_retried = False
    has_traceback = False


class BrokenTaskFile(TaskSchedulerError, ImportError):
    """A message names a task that is not registered, and files of the task folder do not import."""


class DuplicateTask(TaskSchedulerError, LookupError):
    """Two functions of the task folder are registered under the same name."""

    is_retried = False
    has_traceback = False


class InvalidTask(TaskSchedulerError, TypeError):
    """A decorator was given something that cannot be a task, or a source of tasks."""

    is_retried = False
    has_traceback = False


class SecretUnavailable(TaskSchedulerError, LookupError):
    """A secret of task code cannot be read; the message names it and the permission it takes.

    Args:
        problem: in a sentence.
        is_refusal: whether AWS says so, and would say so again.
    """

    has_traceback = False

    def __init__(self, problem: str, *, is_refusal: bool = False) -> None:
        super().__init__(problem)
        self.is_refusal = is_refusal


class UnknownSecret(TaskSchedulerError, LookupError):
    """Task code asks for a secret that the function was not given."""

    is_retried = False
    has_traceback = False


class InvalidArguments(TaskSchedulerError, TypeError):
    """A message's arguments do not fit the signature of its task's function."""

    is_retried = False
    has_traceback = False


class InvalidHeaders(TaskSchedulerError, ValueError):
    """Headers of a request are malformed; the message says which, and never a value."""

    is_retried = False


class RequestRefused(TaskSchedulerError, RuntimeError):
    """A request cannot be made, or is answered in a way that another try would not change."""

    is_retried = False


class NeverStarted(TaskSchedulerError, RuntimeError):
    """A message's task was not started, and would not be received in time to be started later."""

    is_retried = False
    has_traceback = False


class OutOfReceives(TaskSchedulerError, RuntimeError):
    """A message was received as often as the queue allows, and none of its attempts ended."""

    is_retried = False
    has_traceback = False


class OutOfAttempts(TaskSchedulerError, RuntimeError):
    """A task killed its function at each of the attempts that it had."""

    is_retried = False
    has_traceback = False


class FailedBefore(TaskSchedulerError, RuntimeError):
    """A task failed for good at an earlier receive, and its dead letter could not be sent then.

    Args:
        reason: why it failed.
        error: the class of what it raised.
    """

    is_retried = False
    has_traceback = False

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(reason)
        self.error = error


class RunCancelled(TaskSchedulerError, RuntimeError):
    """A task was not started, since its run was cancelled."""

    is_retried = False
    has_traceback = False


class Expired(TaskSchedulerError, RuntimeError):
    """A message was older than its max_age when its task's turn came."""

    is_retried = False
    has_traceback = False


class TooLate(TaskSchedulerError, RuntimeError):
    """The next attempt of a task would come after SQS drops its message (message_retention)."""


class DeadLetterNotSent(TaskSchedulerError, RuntimeError):
    """A dead letter could not be sent; its message stays on the queue."""


class InProgressElsewhere(TaskSchedulerError, RuntimeError):
    """Another delivery of the same message is being run, or was when its function died."""

    has_traceback = False


class NoTargets(TaskSchedulerError, RuntimeError):
    """The services to notify are not known; the message says why."""


class LedgerUnavailable(TaskSchedulerError, RuntimeError):
    """The run ledger did not answer, throttled or refused a request."""


class BatchFailed(TaskSchedulerError, RuntimeError):
    """No task of a batch came to its end; raised so that Lambda's Errors metric moves."""


class TaskExited(TaskSchedulerError, SystemExit):
    """A task ended the interpreter with a status that means failure.

    Args:
        status: what sys.exit() was called with.
    """

    def __init__(self, status: object) -> None:
        super().__init__(f"called sys.exit({status!r})")


class ResultNotRun(TaskSchedulerError, TypeError):
    """A task returned something whose code has not run, such as a generator.

    Args:
        kind: what was returned.
        cure: what to do with it; empty for a generator's.
    """

    is_retried = False
    has_traceback = False

    def __init__(self, kind: str, cure: str = "") -> None:
        cure = cure or "return list(...) of it, or register what makes it with @task_source"
        super().__init__(f"returned {kind}, whose body has not run: {cure}")


class TaskTimeout(BaseException):
    """A task overran its time.

    It interrupts the task's own code, so it is not an Exception: `except Exception` in a task
    must not swallow it.

    Args:
        seconds: the seconds that it was allowed.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"ran for more than {round(seconds, 2):g} s")


MAX_AFTER_SECONDS = 43_200


class Retry(TaskSchedulerError):
    """Raised by a task that wants to be run again.

    Args:
        reason: why, in a sentence; it stands in the log and, should the retries run out, in the
            dead letter.
        after: seconds until the next attempt, 0 to 43,200 (12 hours; SQS takes a little less, so
            it comes after 11 hours and 40 minutes at the latest); None leaves it to the back-off.
    """

    has_traceback = False

    def __init__(
        self, reason: str = "the task asked to be run again", *, after: float | None = None
    ):
        if after is not None and not 0 <= after <= MAX_AFTER_SECONDS:
            raise ValueError(
                f"Retry(after={after!r}): must be 0 to {MAX_AFTER_SECONDS} seconds (12 hours)"
            )
        super().__init__(reason)
        self.after = after


def is_retried(error: BaseException) -> bool:
    """Return True if another attempt may mend an error."""
    return error.is_retried if isinstance(error, TaskSchedulerError) else True


def has_traceback(error: BaseException) -> bool:
    """Return True if an error is logged with a traceback."""
    return error.has_traceback if isinstance(error, TaskSchedulerError) else True
