"""Checks orders; the columns of orders.csv are its arguments."""

from task_scheduler import task


@task("check_order")
def check_order(number: int, quantity: int) -> str:
    """Returns what there is to say of an order."""
    return f"order {number}: {quantity} pieces"
