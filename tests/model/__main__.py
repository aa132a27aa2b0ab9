"""`make chaos`: many seeded runs of the model, and what is wrong in all their books together."""

from __future__ import annotations

import argparse
import random
import sys

from tests.model.chaos import total

WRONG = ("lost", "doubled", "wrongly_dead", "too_few", "too_many")


def main() -> int:
    """Run the model; 1 if a task was lost, or done twice without a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    sums = total(range(options.seed, options.seed + options.runs))
    for name in ("runs", "tasks", "invocations", "deaths", "faults", *WRONG):
        print(f"{name.replace('_', ' '):14}{sums[name]:>9}")
    return int(sums["lost"] + sums["doubled"] > 0)


if __name__ == "__main__":
    sys.exit(main())
