"""A simulated clock, and processes that take turns on it: one runs, the others wait."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

EPOCH = 1_800_000_000.0
"""The clock's first second, since 1970."""

STUCK_SECONDS = 60.0
"""Real seconds after which a process that never waits is a fault of the test."""


class Killed(BaseException):
    """The process that waits is dead: whatever it still does must have no effect."""


Entry = tuple[float, int, bool, Callable[[], None]]
"""A moment, a number that orders those of one moment, whether it is routine, and what is run."""


class Process:
    """A function that runs in a thread of its own while it is its turn.

    Attributes:
        is_dead: whether it was killed; from then on `Simulation.sleep` raises Killed in it.
        is_over: whether its function has returned or raised.
        ended: what came to its end in it, for the books.
    """

    def __init__(self, simulation: Simulation, function: Callable[[], None]) -> None:
        self.is_dead = False
        self.is_over = False
        self.ended: list[int] = []
        self.turn = threading.Event()
        self._simulation = simulation
        self._function = function
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin; called by the simulation when it is the process's first turn."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._function()
        except Killed:
            pass
        except BaseException as error:
            self._simulation.errors.append(error)
        finally:
            self.is_over = True
            self._simulation.turn_is_over.set()


class Simulation:
    """Runs processes in the order of simulated time.

    Attributes:
        now: simulated seconds since 1970.
        errors: what processes raised.
        current: the process whose turn it is.
    """

    def __init__(self) -> None:
        self.now = EPOCH
        self.errors: list[BaseException] = []
        self.current: Process | None = None
        self.turn_is_over = threading.Event()
        self._order = count()
        self._agenda: list[Entry] = []
        self._until = 0.0

    def at(self, moment: float, action: Callable[[], None], *, is_routine: bool = False) -> None:
        """Run an action at a moment; actions of one moment run in the order of their calls.

        Args:
            moment: in seconds since 1970.
            action: what is run.
            is_routine: whether it does nothing unless something else has happened.
        """
        entry = max(moment, self.now), next(self._order), is_routine, action
        heapq.heappush(self._agenda, entry)

    @property
    def has_only_routine(self) -> bool:
        """True if no process is under way, and nothing but routine is to come."""
        return all(is_routine for _, _, is_routine, _ in self._agenda)

    def skip_to(self, moment: float) -> None:
        """Go on at a moment without what was to come until then."""
        self._agenda.clear()
        self.now = moment

    def start(self, function: Callable[[], None], *, delay: float = 0.0) -> Process:
        """Run a function as a process, after a delay in seconds."""
        process = Process(self, function)
        self.at(self.now + delay, lambda: self._give_turn(process, process.start))
        return process

    def sleep(self, seconds: float) -> None:
        """Let the others run for so many simulated seconds.

        Raises:
            Killed: the process was killed before or meanwhile.
        """
        process = self.current
        if process is None:
            raise RuntimeError("only a process of the simulation can wait")
        if process.is_dead:
            raise Killed
        moment = self.now + seconds
        if moment <= self._until and not (self._agenda and self._agenda[0][0] <= moment):
            self.now = moment  # nobody else has a turn until then
            return
        process.turn.clear()
        self.at(moment, lambda: self._give_turn(process, process.turn.set))
        self.turn_is_over.set()
        process.turn.wait()
        if process.is_dead:
            raise Killed

    def kill(self, process: Process) -> None:
        """End a process: it gets one more turn, in which nothing of the model answers."""
        process.is_dead = True
        self._give_turn(process, process.turn.set)

    def run(self, *, until: float) -> None:
        """Run everything that is due up to a moment.

        Raises:
            BaseException: the first error of a process.
        """
        self._until = until
        while self._agenda and self._agenda[0][0] <= until and not self.errors:
            self.now, _, _, action = heapq.heappop(self._agenda)
            action()
        if self.errors:
            raise self.errors[0]
        self.now = max(self.now, until)

    def _give_turn(self, process: Process, go_on: Callable[[], None]) -> None:
        if process.is_over:
            return
        self.current = process
        self.turn_is_over.clear()
        go_on()
        if not self.turn_is_over.wait(STUCK_SECONDS):
            raise RuntimeError(f"a process ran for {STUCK_SECONDS:g} s without waiting")
        self.current = None
