"""Notifications: what is said of results, to whom, and its delivery."""
