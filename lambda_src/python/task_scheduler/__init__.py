"""The runtime of the task scheduler, and the names that task code imports from it.

The stations, in the order in which a task passes them; each imports only from those below it:

    send_task   a fired schedule comes in, its tasks go onto the queue
    sources     where a schedule's tasks come from: an inline list or a file, streamed
    firing      one time that a schedule is due, read from the event
    sending     full batches, sent again until every message is on the queue
    run_task    a batch comes off the queue, each task comes to an outcome
    attempt     one try to run one task
    registry    the functions and classes that task code registered
    letters     dead letters: what could not be run or sent, with its reason
    message     a task on the queue
    values      what may travel in a message
    outcome, backoff, errors, log, aws
"""

from task_scheduler.errors import Retry
from task_scheduler.registry import task, task_source
from task_scheduler.values import exchange

__all__ = ["Retry", "exchange", "task", "task_source"]
