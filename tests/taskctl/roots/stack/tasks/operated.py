"""The task code of the schedules of these tests."""

from pathlib import Path

from task_scheduler import Retry, task, task_source


@task("greet")
def greet(text: str, greeting: str = "Hi") -> str:
    return f"{greeting}, {text}"


@task("need")
def need(name: str, folder: str) -> str:
    """Fails until somebody has made a file of that name."""
    if not (Path(folder) / name).exists():
        raise FileNotFoundError(f"there is no {name}")
    return f"found {name}"


@task("waver")
def waver(context) -> str:
    """Succeeds at its second attempt."""
    if context.attempt == 1:
        raise Retry("not yet", after=1)
    return "now"


@task("sum_up")
def sum_up(context) -> str:
    """Say which runs it follows, and what they returned."""
    found = [f"{one.key}: {one.state}, {one.results[1]}" for one in context.parents]
    return "; ".join(found) or "after nobody"


@task_source("half")
def half(cursor):
    """Breaks off after two tasks, and goes on with a third."""
    yield from ["first", "second"][cursor:]
    if cursor < 2:
        raise RuntimeError("the rest is not known yet")
    yield "third"
