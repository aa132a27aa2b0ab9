"""Reports to customers."""

from task_scheduler import task


@task("report")
def report(customer: str, context) -> str:
    """Return the report that the customer would get."""
    return f"report for {customer}, due {context.scheduled_time}"
