"""What the design is worth, measured against the one-by-one design: `python -m benchmarks`."""
