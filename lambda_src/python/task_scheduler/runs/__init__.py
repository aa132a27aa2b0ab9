"""Runs: one time that a schedule is due."""
