"""Find what a changed `fifo` or `prefix` deletes: AWS deletes a queue with all that is on it."""

from __future__ import annotations

from task_scheduler.queue.fifo import is_fifo
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.stack.stack import Stack
from taskctl.ui.output import counted

_DEAD_LETTERS = (
    "`taskctl failed --export FILE` keeps them, `taskctl redrive --from FILE` sends them"
)
_TASKS = "let them run out first"


def find_losses(stack: Stack, *, prefix: str, fifo: bool) -> list[str]:
    """Return a sentence for each queue that the next apply deletes with messages on it.

    Args:
        stack: what is deployed.
        prefix: the module's `prefix` in the next apply.
        fifo: the module's `fifo` in the next apply.

    Raises:
        TaskctlError: there is no such stack, or no access to it.
    """
    stack.check_exists()
    urls: tuple[str, ...] = (stack.tasks_dead_letter_url, stack.queue_url)
    was_fifo = is_fifo(stack.queue_url)
    if prefix != stack.prefix:
        reason = f'prefix changes from "{stack.prefix}" to "{prefix}"'
        urls = (stack.runs_dead_letter_url, *urls)
    elif fifo != was_fifo:
        reason = f"fifo changes from {str(was_fifo).lower()} to {str(fifo).lower()}"
    else:
        return []
    losses = []
    for url in urls:
        is_tasks = url == stack.queue_url
        if count := DeadLetterQueue(url).count():
            held = counted(count, "task" if is_tasks else "dead letter")
            losses.append(
                f"{url.rpartition('/')[2]}, with about {held}, will be deleted, because {reason}: "
                f"{_TASKS if is_tasks else _DEAD_LETTERS}"
            )
    return losses
