"""Benchmarks of the design against the one-by-one design: `python -m benchmarks`."""
