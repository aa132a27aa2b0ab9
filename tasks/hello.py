"""Tasks to begin with: copy this file, or change it."""

from task_scheduler import task


@task("greet")
def greet(name: str, greeting: str = "Hello") -> str:
    """Return a greeting; what a task returns is its result."""
    return f"{greeting}, {name}!"
