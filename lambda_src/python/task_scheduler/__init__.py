"""The runtime of the task scheduler, and the names that task code imports from it.

The stations, in the order in which a task passes them; each imports only from those below it:

    send_task        a fired schedule comes in, its tasks go onto the queue
    success_limit    short lists have their successes told, long ones do not
    sources          where a schedule's tasks come from: a list, a file, an object, a generator
    rows             one task of a .csv file
    lines            one task of a .txt or .jsonl file
    s3_object        an object in S3 as a stream
    firing           one time that a schedule is due, read from the event

    run_task         a batch comes off the queue, each task comes to an outcome
    notify           who is told of what, and how often
    chat             which services are told
    chat_service     one of them, told as often as it helps
    muted            silences what would log their secrets
    chat_message     what they are told
    task_line        the line in the log that is a task's record and metric
    short_form       a result in a few words
    deduplication    one effect for a message, however often it is delivered
    runners          one task after the other, or several side by side
    time_guard       whether there is time for one more
    attempt          one try to run one task
    registry         the functions that task code registered, by name
    ready_made       the tasks that are there without being registered
    registered       a registered function or generator
    arguments        a message's arguments on a function's parameters
    task_context     what a function may ask about its own run

    letters          dead letters: what could not be run or sent, with its reason
    sending          full batches, sent again until every message is on the queue
    message          a task on the queue
    attributes       what a message and an event may say
    values           what may travel in a message
    record           a message as Lambda hands it over
    outcome          the words for what came of a task
    backoff          how long a failed attempt waits for the next one
    retry_after      how long a service asks to be left alone
    time_limit       interrupts what takes too long
    embedded_metrics metrics within log lines
    errors           everything that is raised
    log              the structured log
    aws              clients of AWS's services
"""

from task_scheduler.errors import Retry
from task_scheduler.registry import task, task_source
from task_scheduler.values import exchange

__all__ = ["Retry", "exchange", "task", "task_source"]
