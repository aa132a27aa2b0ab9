"""Sending a run: its start, its list onto the queue, and the rest for another invocation."""
