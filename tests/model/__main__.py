"""`make chaos`: many seeded runs of the model, and what is wrong in all their books together."""

from __future__ import annotations

import argparse
import random
import sys

from tests.model.chaos import total

SHOWN = (
    "runs", "tasks", "deaths", "faults", "events_lost", "closes", "digests", "missing",
    "lost", "doubled", "wrongly_dead", "too_few", "too_many", "problems",
)  # fmt: skip


def main() -> int:
    """Run the model; 1 if anything of a run is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    sums = total(range(options.seed, options.seed + options.runs))
    for name in SHOWN:
        print(f"{name.replace('_', ' '):14}{sums[name]:>9}")
    return int(sums["problems"] > 0)


if __name__ == "__main__":
    sys.exit(main())
