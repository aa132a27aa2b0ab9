"""Memory of a sandbox from batch to batch."""

from __future__ import annotations

from threading import Thread

from task_scheduler.runs.known_runs import Known


class Sandbox:
    """The memory of a sandbox.

    Attributes:
        given_up: threads of attempts that were given up.
        runs: what it knows of the runs whose tasks it ran.
        failing: runs whose first failure it has recorded.
    """

    def __init__(self) -> None:
        self.given_up: list[Thread] = []
        self.runs: Known = {}
        self.failing: set[str] = set()

    @property
    def is_stuck(self) -> bool:
        """True if attempts that were given up run still."""
        return any(thread.is_alive() for thread in self.given_up)


SANDBOX = Sandbox()
"""This sandbox's."""
