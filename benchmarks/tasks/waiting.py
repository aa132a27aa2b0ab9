"""The tasks of the benchmarks: they do nothing, or wait."""

import time

from task_scheduler import task


@task("nothing")
def nothing(text: str) -> None:
    """Do nothing."""


@task("wait")
def wait(text: str, seconds: float) -> None:
    """Wait, as a task does for an answer."""
    time.sleep(seconds)
