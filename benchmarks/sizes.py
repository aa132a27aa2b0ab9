"""The sizes of the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Tasks and rounds of each benchmark.

    Attributes:
        rounds: turns that each side takes.
        starts: the same, of process starts.
        sent: tasks a run where sending is measured.
        sent_by_yardstick: tasks that the yardstick sends in its turn; its time is multiplied up to
            `sent`, since one request follows the other.
        run: tasks that do nothing.
        waiting: tasks that wait 0.2 s, end to end.
        waiting_in_yardstick: how many of them the yardstick runs in its turn, multiplied up.
        ledger_rounds: turns with and without the ledger.
        billed: tasks that wait 0.1 s, in batches of ten.
        long_list: lines of the S3 object.
        schedules: the schedules of the module, one number after the other.
    """

    rounds: int = 3
    starts: int = 5
    sent: int = 10_000
    sent_by_yardstick: int = 500
    run: int = 1_000
    waiting: int = 200
    waiting_in_yardstick: int = 50
    billed: int = 30
    ledger_rounds: int = 15
    long_list: int = 1_000_000
    schedules: tuple[int, ...] = (1, 100, 1_000)


FULL = Sizes()
TINY = Sizes(
    rounds=1, starts=1, sent=100, sent_by_yardstick=10, run=20, waiting=20,
    waiting_in_yardstick=2, billed=10, ledger_rounds=1, long_list=1_000,
    schedules=(1, 3),
)  # fmt: skip
