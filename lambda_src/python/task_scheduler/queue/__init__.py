"""Messages: what a task is on the queue, how batches are sent, dead letters."""
