"""Settings of the functions: the environment, read once and typed.

modules/functions sets these variables; tests/module/test_environment.py holds the names to it. The
environment is copied when this module is imported, before any task code is: what a task changes in
os.environ later is its own business.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from task_scheduler.errors import InvalidSettings

STARTED_WITH: Mapping[str, str] = MappingProxyType(dict(os.environ))
"""The environment as it was when the process started."""

LONGEST_OUTCOME_RETENTION = 2 * 14 * 24 * 3600
"""Seconds: SQS keeps a dead letter for 14 days at most, and a message sent again for as long."""

USUAL_LEDGER_RETENTION = 400 * 24 * 3600
"""Seconds: a yearly run still finds the one before it."""

LogLevel = int
"""A level of Python's logging, given by its name."""


def variable(name: str, default: Any, *, is_secret: bool = False) -> Any:
    """Make a field that is read from an environment variable."""
    return field(default=default, repr=not is_secret, metadata={"variable": name})


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """The settings of the functions; what a function has no use for is at its default.

    Attributes:
        queue_url: the URL of the task queue.
        worker_queues: the URLs of the other workers' task queues, by worker.
        runs_dead_letter_url: the URL of the runs' dead-letter queue.
        tasks_dead_letter_url: the URL of the tasks' dead-letter queue.
        max_receive_count: the receive after which SQS itself dead-letters a message.
        message_retention: seconds after which SQS drops a message.
        task_concurrency: tasks of a batch that run at the same time.
        ledger_table: the DynamoDB table of runs.
        ledger_retention: seconds for which a run is kept in it.
        deduplication: whether the outcomes of messages are kept in it, too.
        outcome_retention: seconds for which an outcome is kept.
        send_task_function: the name of the function that starts a run, or goes on with one.
        schedule_group: the name of the group of EventBridge Scheduler that has the schedules.
        notify_ssm_parameter, notify_secret: where the addresses of chat services are kept.
        secrets: where each secret of task code is kept, by its name in os.environ: the name of an
            SSM parameter, which begins with a slash, or the name or ARN of a secret.
        metrics_by_schedule: whether metrics have a dimension for the schedule.
        task_log_group: the name of run_task's log group.
        service_name: in each line of the log, and what metrics are told apart by.
        log_level: the lowest level of Python's logging that task code logs at.
        task_folder: where task code lies.
        function_name: the name of the function itself.
        runtime_api: host and port of the API by which Lambda runs the function.
        region: the AWS region.
        access_key_id, secret_access_key, session_token: the credentials of the function's role.
    """

    queue_url: str = variable("QUEUE_URL", "")
    worker_queues: Mapping[str, str] | None = variable("WORKER_QUEUES", None)
    runs_dead_letter_url: str = variable("RUNS_DEAD_LETTER_URL", "")
    tasks_dead_letter_url: str = variable("TASKS_DEAD_LETTER_URL", "")
    max_receive_count: int = variable("MAX_RECEIVE_COUNT", sys.maxsize)
    message_retention: int = variable("MESSAGE_RETENTION", sys.maxsize)
    task_concurrency: int = variable("TASK_CONCURRENCY", 1)
    ledger_table: str = variable("LEDGER_TABLE", "")
    ledger_retention: int = variable("LEDGER_RETENTION", USUAL_LEDGER_RETENTION)
    deduplication: bool = variable("DEDUPLICATION", False)
    outcome_retention: int = variable("OUTCOME_RETENTION", LONGEST_OUTCOME_RETENTION)
    send_task_function: str = variable("SEND_TASK_FUNCTION", "")
    schedule_group: str = variable("SCHEDULE_GROUP", "")
    notify_ssm_parameter: str | None = variable("NOTIFY_SSM_PARAMETER", None)
    notify_secret: str | None = variable("NOTIFY_SECRET", None)
    secrets: Mapping[str, str] | None = variable("TASK_SECRETS", None)
    metrics_by_schedule: bool = variable("METRICS_BY_SCHEDULE", False)
    task_log_group: str = variable("TASK_LOG_GROUP", "")
    service_name: str = variable("POWERTOOLS_SERVICE_NAME", "service_undefined")
    log_level: LogLevel = variable("LOG_LEVEL", logging.INFO)  # noqa: RUF009  # a number
    task_folder: Path = variable("LAMBDA_TASK_ROOT", Path())  # noqa: RUF009  # it is immutable
    function_name: str = variable("AWS_LAMBDA_FUNCTION_NAME", "")
    runtime_api: str = variable("AWS_LAMBDA_RUNTIME_API", "")
    region: str | None = variable("AWS_REGION", None)
    access_key_id: str | None = variable("AWS_ACCESS_KEY_ID", None, is_secret=True)
    secret_access_key: str | None = variable("AWS_SECRET_ACCESS_KEY", None, is_secret=True)
    session_token: str | None = variable("AWS_SESSION_TOKEN", None, is_secret=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], function: str | None = None) -> Self:
        """Read the settings; variables that are empty count as not set.

        Args:
            environment: names and values of variables.
            function: the function whose settings they are, a key of REQUIRED; None requires
                nothing.

        Raises:
            InvalidSettings: names the variables that are missing, or the one that is malformed.
        """
        required = REQUIRED[function] if function else ()
        if missing := [name for name in required if not environment.get(name)]:
            raise InvalidSettings(f"{', '.join(missing)} must be set in the environment")
        values = {}
        for attribute in fields(cls):
            name = attribute.metadata["variable"]
            if text := environment.get(name):
                values[attribute.name] = _parse(name, text, str(attribute.type))
        return cls(**values)

    @property
    def notifies(self) -> bool:
        """True if there are chat services to notify."""
        return bool(self.notify_ssm_parameter or self.notify_secret)


REQUIRED = {
    "send_task": ("QUEUE_URL", "RUNS_DEAD_LETTER_URL", "LEDGER_TABLE"),
    "run_task": (
        "QUEUE_URL", "TASKS_DEAD_LETTER_URL", "MAX_RECEIVE_COUNT", "MESSAGE_RETENTION",
        "LEDGER_TABLE",
    ),
    "keep_runs": ("LEDGER_TABLE", "SEND_TASK_FUNCTION", "MESSAGE_RETENTION"),
}  # fmt: skip
"""The variables without which a function cannot work."""


@cache
def load(function: str | None = None) -> Settings:
    """Return the settings that the process started with.

    Args:
        function: the function whose settings they are, a key of REQUIRED; None requires nothing.

    Raises:
        InvalidSettings: names the variables that are missing, or the one that is malformed.
    """
    return Settings.from_environment(STARTED_WITH, function)


def task_environment() -> MutableMapping[str, str]:
    """Return the environment as task code finds it, and changes it."""
    return os.environ


def trace_header() -> str:
    """Return the X-Ray header of the invocation, which Lambda's runtime sets anew each time."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def _texts_by_name(text: str) -> Mapping[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ValueError
    return MappingProxyType(found)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "Path": Path,
    "bool": lambda text: {"true": True, "false": False}[text],
    "Mapping[str, str]": _texts_by_name,
    # no error: taskctl reads the settings too, in a shell where the name may be another program's
    "LogLevel": lambda text: logging.getLevelNamesMapping().get(text.upper(), logging.INFO),
}
_LEGAL = {
    "int": "a whole number",
    "bool": "true or false",
    "Mapping[str, str]": "a JSON object of texts",
}


def _parse(name: str, text: str, annotation: str) -> Any:
    kind = annotation.removesuffix(" | None")
    try:
        return _PARSERS[kind](text)
    except (ValueError, KeyError) as error:
        raise InvalidSettings(f"{name} is {text!r}: must be {_LEGAL[kind]}") from error
