"""The log, the records of tasks in it, and metrics."""
