"""The yardstick: the one-by-one design that this project re-creates, as two Lambda handlers.

One send_message a task, all tasks in one group of a FIFO queue with deduplication by content,
one task an invocation, run in series.
"""
