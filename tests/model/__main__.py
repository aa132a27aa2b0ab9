"""`make chaos`: many seeded runs of the model, and what is wrong in all their books together."""

from __future__ import annotations

import argparse
import random
import sys

from tests.model.chaos import total
from tests.model.rounds import draw_rounds

SHOWN = (
    "runs", "tasks", "deaths", "faults", "events_lost", "closes", "digests", "missing",
    "lost", "doubled", "wrongly_dead", "too_few", "too_many", "problems",
)  # fmt: skip


def main() -> int:
    """Run the model; 1 if anything of a run is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(
        "--rounds", type=int, help="instead: so many rounds of schedules that run after others"
    )
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if options.rounds:
        return _follow(options.rounds, options.seed)
    sums = total(range(options.seed, options.seed + options.runs))
    for name in SHOWN:
        print(f"{name.replace('_', ' '):14}{sums[name]:>9}")
    return int(sums["problems"] > 0)


def _follow(rounds: int, seed: int) -> int:
    """Have schedules run after others; 1 if a round was not followed, or more than once."""
    seen, killed, problems = 0, 0, []
    while seen < rounds:
        hours = draw_rounds(seed)
        seen += sum(len(course.rounds) for course in hours.courses.values())
        killed += hours.faults.counts["killed"] + hours.table.counts["killed"]
        problems += [f"seed {seed}: {problem}" for problem in hours.problems()]
        seed += 1
    print(f"rounds {seen}, deaths {killed}, problems {len(problems)}", *problems, sep="\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
