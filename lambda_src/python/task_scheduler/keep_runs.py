"""Lambda function keep_runs: every few minutes, see to the runs that nobody else sees to.

It repeats what deaths lost, closes what cannot end, notifies people where that failed, and starts
what waits. Doing any of it twice is harmless.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from task_scheduler import config
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.keeping.keeper import Keeper
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.opened import open_ledger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

RESERVE_SECONDS = 20.0
"""No further run is looked at with less time left: notifying people may take 10 seconds."""


def handler(_event: Any, context: LambdaContext) -> dict[str, int]:
    """Look at every run that is due to be looked at, as long as there is time.

    Args:
        _event: of EventBridge Scheduler; not used.
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
    for item in ledger.table.query_due(ledger.now):
        if seconds() < RESERVE_SECONDS:
            done["left"] += 1
            continue
        run = RunId.of_item(item["pk"], item["sk"])
        try:
            done[keeper.look(run)] += 1
        except LedgerUnavailable as error:
            logger.warning("ledger", extra={"run": run.key, "reason": str(error)})
            done["failed"] += 1
        except Exception as error:  # an odd item must not stand in the way of the others
            extra = {"run": run.key, "reason": f"{type(error).__name__}: {reason_of(error)}"}
            logger.error("run not kept", extra=extra, exc_info=error)
            done["failed"] += 1
    logger.info("keep", extra=dict(done))
    return dict(done)
