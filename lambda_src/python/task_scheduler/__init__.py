"""The runtime of the task scheduler, and the names that task code imports from it.

A task passes these rooms, and each imports only from those below it (`.importlinter`):

    send_task, run_task,
    keep_runs             the handlers of the Lambda functions
    keeping               open runs, schedules that run after others, silence
    notifications         what is said of runs, to whom, and its delivery
    execution             one batch of messages: attempts and what comes of them
    sending               one list of tasks on its way to the queues
    task_list             the tasks of a run: inline, file, S3 object, generator
    runs                  the ledger: runs, counts, closes, what a schedule remembers
    tasks                 task code: registry, arguments, context, built-in tasks
    queue                 messages, sending, dead letters
    observability         log, records, metrics
"""

from task_scheduler.errors import Retry
from task_scheduler.queue.serialization import serializable
from task_scheduler.tasks.decorators import task, task_source
from task_scheduler.tasks.secrets import secret

__all__ = ["Retry", "secret", "serializable", "task", "task_source"]
