"""Checks orders; the columns of orders.csv are its arguments."""

from task_scheduler import task


@task("check_order")
def check_order(number: int, quantity: int) -> str:
    """Describe an order."""
    return f"order {number}: {quantity} pieces"
