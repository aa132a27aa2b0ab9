"""Measure this design against the one-by-one design: `python -m benchmarks`."""
