"""Tasks that take too long are interrupted, or no longer waited for."""

from __future__ import annotations

import importlib
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread, current_thread
from traceback import extract_tb
from types import SimpleNamespace

import pytest

from task_scheduler import time_limit as time_limits
from task_scheduler.errors import TaskTimeout
from task_scheduler.time_limit import call_with_timeout, grace_of, time_limit


@pytest.fixture
def over() -> Iterator[Event]:
    """Set when the test has ended."""
    event = Event()
    yield event
    event.set()


def test_what_overruns_is_interrupted_and_told_after_how_long(over: Event) -> None:
    with pytest.raises(TaskTimeout, match=r"^ran for more than 0\.05 s$"):
        with time_limit(0.05):
            over.wait(5)


def test_after_it_nothing_is_interrupted_and_the_alarm_is_whose_it_was() -> None:
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        with time_limit(30):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 20
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert rung == [1]


def test_what_swallows_the_interrupt_is_interrupted_again_after_its_limit_was_extended() -> None:
    begun = time.monotonic()
    with pytest.raises(TaskTimeout):
        with time_limit(0.05) as limit:
            limit.extend(0.05)
            with suppress(TaskTimeout):
                time.sleep(5)
            time.sleep(5)
    assert 0.1 <= time.monotonic() - begun < 5


def test_in_another_thread_there_is_no_limit() -> None:
    ended = []

    def run() -> None:
        with time_limit(0.01):
            time.sleep(0.05)
        ended.append(True)

    thread = Thread(target=run)
    thread.start()
    thread.join()

    assert ended == [True]


def test_what_returns_or_raises_in_time_is_had_as_if_called() -> None:
    error = KeyError("none")

    def fail() -> None:
        raise error

    assert call_with_timeout(30, lambda: "value") == "value"
    assert call_with_timeout(30, lambda: None) is None
    with pytest.raises(KeyError) as raised:
        call_with_timeout(30, fail)
    assert raised.value is error


def test_what_does_not_return_is_not_waited_for_and_keeps_no_process_from_ending(
    over: Event,
) -> None:
    daemons = []

    def hang() -> None:
        daemons.append(current_thread().daemon)
        over.wait(5)

    with pytest.raises(TimeoutError, match=r"^no answer within 0\.1 s$"):
        call_with_timeout(0.08, hang)
    assert daemons == [True]


def test_an_import_is_not_interrupted_half_way_but_has_overrun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slowly_imported.py").write_text("import time; time.sleep(0.2); DONE = True")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(TaskTimeout):
        with time_limit(0.05):
            importlib.import_module("slowly_imported")

    assert sys.modules.pop("slowly_imported").DONE


def test_an_import_that_hangs_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "never_imported.py").write_text("import time; time.sleep(30)")
    monkeypatch.syspath_prepend(tmp_path)
    begun = time.monotonic()

    with pytest.raises(TaskTimeout):
        with time_limit(0.05):
            importlib.import_module("never_imported")

    assert time.monotonic() - begun < 5


def test_what_overran_is_no_success_even_if_it_swallowed_the_interrupt() -> None:
    with pytest.raises(TaskTimeout):
        with time_limit(0.05):
            with suppress(TaskTimeout):
                time.sleep(5)


@pytest.mark.parametrize("how", ["disarmed", "handled", "ignored", "blocked"])
def test_what_overran_is_no_success_whatever_it_does_with_the_alarm(how: str) -> None:
    with pytest.raises(TaskTimeout):
        with time_limit(0.05):
            _take_alarm(how)
            time.sleep(0.3)
    with time_limit(5):  # the next one's limit is its own
        time.sleep(0.01)
    with pytest.raises(TaskTimeout):
        with time_limit(0.05):
            time.sleep(5)


def _take_alarm(how: str) -> None:
    match how:
        case "disarmed":
            signal.setitimer(signal.ITIMER_REAL, 0)
        case "handled":
            signal.signal(signal.SIGALRM, lambda *_: None)
        case "ignored":
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
        case "blocked":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})


def test_another_error_of_what_overran_is_the_cause() -> None:
    error = KeyError("cleaning up")
    with pytest.raises(TaskTimeout) as raised:
        with time_limit(0.05):
            try:
                time.sleep(5)
            finally:
                raise error

    assert raised.value.__cause__ is error


def test_a_trace_function_that_was_there_before_is_there_again() -> None:
    def trace(*_: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(TaskTimeout):
            with time_limit(0.05):
                until = time.monotonic() + 5
                while time.monotonic() < until:
                    with suppress(TaskTimeout):
                        time.sleep(5)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


@pytest.mark.parametrize(
    ("seconds", "grace"), [(0.1, 0.02), (0.2, 0.02), (2.0, 0.2), (5.0, 0.5), (60.0, 0.5)]
)
def test_a_tenth_of_the_limit_is_for_cleaning_up(seconds: float, grace: float) -> None:
    assert grace_of(seconds) == pytest.approx(grace)


def test_an_import_that_may_take_no_longer_is_interrupted_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cut_short.py").write_text("import time; time.sleep(0.5); DONE = True")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(TaskTimeout):
        with time_limit(0.05, import_seconds=0):
            importlib.import_module("cut_short")

    assert "cut_short" not in sys.modules


def test_what_catches_every_interrupt_is_interrupted_between_two_of_its_lines() -> None:
    begun = time.monotonic()
    caught = []

    def catch_all() -> None:
        while time.monotonic() < begun + 10:
            try:
                time.sleep(10)
            except TaskTimeout:
                caught.append(True)

    with pytest.raises(TaskTimeout, match=r"^ran for more than 0\.05 s$") as raised:
        with time_limit(0.05):
            catch_all()
    assert caught
    assert raised.value.__cause__ is None
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("file", [time_limits.__file__, "<frozen importlib._bootstrap>"])
def test_an_interrupt_where_an_exception_would_do_harm_is_raised_at_the_end(file: str) -> None:
    ended: list[bool] = []
    code = compile("ring(SIGALRM); ended.append(True)", file, "exec")
    names = {"ring": signal.raise_signal, "SIGALRM": signal.SIGALRM, "ended": ended}

    with pytest.raises(TaskTimeout):
        with time_limit(30, import_seconds=0):
            exec(code, names)

    assert ended == [True]


def test_an_import_is_left_alone_for_as_many_grace_periods_as_it_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = SimpleNamespace(numbers=[])
    monkeypatch.setitem(sys.modules, "noted", noted)
    (tmp_path / "overrunning.py").write_text(
        "import noted, signal\n"
        "for number in range(1, 6):\n"
        "    noted.numbers.append(number)\n"
        "    signal.raise_signal(signal.SIGALRM)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(TaskTimeout):
        with time_limit(30, import_seconds=2 * grace_of(30)):
            importlib.import_module("overrunning")

    assert noted.numbers == [1, 2, 3]


def test_each_interrupt_comes_again_a_line_later_than_the_one_before() -> None:
    with pytest.raises(TaskTimeout):
        with time_limit(30):
            places = [_place_of_interrupt() for _ in range(7)]
    assert places == [None, 3, 4, 5, 6, 7, 8]


def _place_of_interrupt() -> int | None:
    """Return the line of `catch` in which it is interrupted again."""

    def ring() -> None:
        signal.raise_signal(signal.SIGALRM)

    def catch() -> None:
        try:
            ring()
        except TaskTimeout:
            time.sleep(0)
            time.sleep(0)
            time.sleep(0)
            time.sleep(0)
            time.sleep(0)

    try:
        catch()
    except TaskTimeout as again:
        found = extract_tb(again.__traceback__)[1].lineno
        assert found
        return found - catch.__code__.co_firstlineno
    return None


@pytest.mark.parametrize("swallowed", range(1, 8))
def test_a_block_that_ends_just_before_it_is_interrupted_again_leaves_no_alarm(
    swallowed: int,
) -> None:
    before = signal.getsignal(signal.SIGALRM)

    with pytest.raises(TaskTimeout, match=r"^ran for more than 30 s$"):
        with time_limit(30):
            for _ in range(swallowed):
                try:  # noqa: SIM105 (the lines of `suppress` would be counted)
                    signal.raise_signal(signal.SIGALRM)
                except TaskTimeout:
                    pass

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before


def test_a_limit_that_was_extended_ends_so_much_later() -> None:
    with pytest.raises(TaskTimeout):
        with time_limit(0.05) as limit:
            limit.extend(-0.04)
            _take_alarm("disarmed")
            time.sleep(0.045)
    with time_limit(0.01) as limit:
        limit.extend(30)
        _take_alarm("disarmed")
        time.sleep(0.05)
