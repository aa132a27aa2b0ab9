"""Keeping runs: what keep_runs does about a run that nobody else sees to."""
