"""Lambda function keep_runs: every few minutes, see to the runs that nobody else sees to.

It repeats what deaths lost, closes what cannot end, notifies people where that failed, starts what
waits and what follows others, and watches the clock. Doing any of it twice is harmless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, ItemsView
from functools import partial
from typing import TYPE_CHECKING, Any

from task_scheduler import config
from task_scheduler.config import Settings
from task_scheduler.keeping.followers import Follower, Followers
from task_scheduler.keeping.keeper import Keeper
from task_scheduler.keeping.looking import RESERVE_SECONDS, look_safely
from task_scheduler.keeping.starting import start_schedule
from task_scheduler.keeping.watcher import Problem, Watch, Watcher
from task_scheduler.notifications.watch_digest import notify_of_watch
from task_scheduler.observability.log import logger
from task_scheduler.observability.metrics import metrics
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.opened import open_ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: Any, context: LambdaContext) -> dict[str, int]:
    """Look at every run that is due to be looked at, as long as there is time.

    Args:
        event: the event of EventBridge Scheduler; under `watched`, what is expected of schedules,
            and under `followers`, which run after others.
        context: Lambda's.

    Returns:
        How many runs were looked at, by what was done about them.

    Raises:
        LedgerUnavailable: the index of what is due could not be read.
    """
    settings = config.load("keep_runs")
    ledger = open_ledger(settings)

    def seconds() -> float:
        return context.get_remaining_time_in_millis() / 1000

    keeper = Keeper(ledger, settings, closer=context.aws_request_id, seconds=seconds)
    done: Counter[str] = Counter()
    for mark in ledger.table.query_due(ledger.now):
        if seconds() < RESERVE_SECONDS:
            done["left"] += 1
            continue
        run = RunId.of_item(mark["of_pk"], mark["of_sk"])
        what = look_safely(partial(_look, keeper, ledger, mark, run), "run not kept", run=run.key)
        done.update(["failed"] if what is None else what)
    if started := _start_followers(event, ledger, settings, seconds):
        done["started"] += started
    if overdue := _watch(event, ledger, seconds):
        done["overdue"] = overdue
    logger.info("keep", extra=dict(done))
    return dict(done)


def _look(keeper: Keeper, ledger: Ledger, mark: Item, run: RunId) -> list[str]:
    """Look at a run; return what was done about it, in a word, and nothing if it is not due."""
    return [keeper.look(run)] if ledger.table.get_due(mark, ledger.now) else []


def _start_followers(
    event: Any, ledger: Ledger, settings: Settings, seconds: Callable[[], float]
) -> int:
    """Start the schedules whose others have run; return how many."""
    followers = {name: Follower.from_event(each) for name, each in _part(event, "followers")}
    start = partial(start_schedule, settings)
    return len(Followers(ledger, seconds=seconds, start=start).look(followers))


def _part(event: Any, name: str) -> ItemsView[str, Any]:
    """Return what Terraform wrote about schedules, by their names; nothing in an odd event."""
    part = event.get(name) if isinstance(event, dict) else None
    return (part if isinstance(part, dict) else {}).items()


def _watch(event: Any, ledger: Ledger, seconds: Callable[[], float]) -> int:
    """Look at the schedules that are watched; return how many have not run or ended in time."""
    watched = {name: Watch.from_event(each) for name, each in _part(event, "watched")}
    overdue = Watcher(ledger, seconds=seconds, notify=partial(_notify, seconds)).look(watched)
    if overdue:
        record: dict[str, Any] = {"overdue": len(overdue), "schedules": overdue[:100]}
        logger.warning("overdue", extra=record | metrics("overdue"))
    return len(overdue)


def _notify(
    seconds: Callable[[], float],
    name: str,
    watch: Watch,
    problem: Problem | None,
    schedule: ScheduleState,
) -> bool:
    return notify_of_watch(
        name,
        headline="in time again" if problem is None else problem.headline,
        reason=None if problem is None else problem.reason,
        notify_on=watch.notify_on,
        notify_to=watch.notify_to,
        mention=watch.mention,
        streak=schedule.streak,
        seconds=seconds() / 2,
    )
