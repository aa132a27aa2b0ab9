"""Runs, as the log tells of them."""
