"""Says what it has to work with."""

import os

from task_scheduler import task


@task("measure")
def measure(place: str, context) -> str:
    """Name the memory and the minutes that there are."""
    memory = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    return f"{place}: {memory} MB, {context.remaining / 60:.0f} min"
