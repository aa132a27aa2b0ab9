"""Tasks that make run_task do all that it can do."""

import time

from task_scheduler import Retry, task, task_source


@task("moody")
def moody(text: str, context) -> str:
    """Succeeds, or at its second attempt, or never."""
    if text == "never" or (text == "once more" and context.attempt == 1):
        raise Retry("not now", after=0)
    return text


@task_source("slow")
def slow(cursor):
    """Takes longer than one invocation of send_task has."""
    for number in range(cursor, 3):
        time.sleep(3.2)
        yield f"task {number}"
