"""Two task functions: one that works, and one whose service is down."""

from urllib.request import urlopen

from task_scheduler import task


@task("greet")
def greet(name: str, greeting: str) -> str:
    """Greet whom the task's text names; the greeting comes from the schedule's args."""
    return f"{greeting}, {name}!"


@task("fetch")
def fetch(url: str) -> int:
    """Return how many bytes are at the address."""
    with urlopen(url, timeout=2) as response:
        return len(response.read())
