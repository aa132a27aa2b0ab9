"""Books amounts on accounts."""

from task_scheduler import task


@task("book")
def book(account: str, amount: int) -> str:
    """Return the booking."""
    return f"{account}: {amount:+}"
