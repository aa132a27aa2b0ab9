"""The end of a run's list: what the ledger is told, and what if it does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.run import Run
from task_scheduler.sending import ending
from task_scheduler.sending.ending import note_failure
from task_scheduler.sending.start import facts
from tests.unit.conftest import Log

RUN = Run(key="s@t", schedule="s", task="t", tasks_file="list.jsonl", notify_on=["failure"])


@dataclass
class Claims:
    """Takes why a list could not be sent."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    error: Exception | None = None

    def failed(self, *given: Any) -> None:
        if self.error:
            raise self.error
        self.told.append(given)


def test_why_a_list_was_not_sent_is_kept_with_what_its_run_began_with() -> None:
    claims = Claims()

    note_failure(RUN, cast("Any", claims), "no such file", 1)

    assert claims.told == [(RUN.id, "no such file", facts(RUN))]


@pytest.mark.parametrize("given", [{"number": 1}, {"overlap": "skip"}, {"parents": ["a@b"]}])
def test_a_run_that_the_ledger_must_know_already_is_not_begun_by_its_failure(
    given: dict[str, Any],
) -> None:
    claims = Claims()

    note_failure(replace(RUN, **given), cast("Any", claims), "no such file", 1)

    assert claims.told == [(RUN.id, "no such file", None)]


@pytest.mark.parametrize("error", [LedgerUnavailable("throttled"), TimeoutError("throttled")])
def test_a_ledger_that_does_not_take_the_failure_is_in_the_log(
    error: Exception, log_lines: Log
) -> None:
    note_failure(RUN, cast("Any", Claims(error=error)), "no such file", 1)

    (line,) = [line for line in log_lines() if line["message"] == "ledger"]
    assert (line["run"], line["reason"]) == ("s@t", "throttled")


def test_the_failure_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(ending, "call_with_timeout", lambda seconds, _: asked.append(seconds))

    note_failure(RUN, cast("Any", Claims()), "no such file", 7)

    assert asked == [7]


def test_half_of_the_time_left_is_for_the_end_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(ending, "call_with_timeout", lambda seconds, _: asked.append(seconds))
    recorded = SimpleNamespace(complete={}, corrected=[], failing=set())
    recorder = cast("Any", SimpleNamespace(recorded=recorded))

    closed: list[Any] = ending.end_list(
        RUN, cast("Any", None), recorder, total=2, closer="send_task", seconds=lambda: 8
    )

    assert (asked, closed, recorded.complete) == ([4], [], {})


def test_a_list_whose_tasks_have_ended_closes_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []
    settled: list[Any] = []
    counts = object()

    def end_sending(*given: Any, **known: Any) -> object:
        told.append((*given, known))
        return counts

    def seconds() -> float:
        return 8

    def settle(*given: Any, **known: Any) -> list[str]:
        settled.append((*given, known))
        return ["closed"]

    monkeypatch.setattr(ending, "settle", settle)
    ledger = cast("Any", SimpleNamespace(end_sending=end_sending))
    recorder = cast("Any", SimpleNamespace(recorded=SimpleNamespace(complete={})))

    closed: list[Any] = ending.end_list(
        RUN, ledger, recorder, total=2, incomplete="no rows", closer="send_task", seconds=seconds
    )

    assert closed == ["closed"]
    assert told == [(RUN.id, 2, {"facts": facts(RUN), "incomplete": "no rows"})]
    assert recorder.recorded.complete == {RUN.id: counts}
    known = {"closer": "send_task", "seconds": seconds, "failing": set()}
    assert settled == [(ledger, recorder.recorded, known)]
