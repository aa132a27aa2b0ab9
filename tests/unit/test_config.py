"""The settings: read once, typed, and nothing that a task does to the environment changes them."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import pytest

import task_scheduler
from task_scheduler.config import Settings, trace_header, variable
from task_scheduler.errors import InvalidSettings

RUN_TASK = {
    "QUEUE_URL": "https://sqs/tasks",
    "TASKS_DEAD_LETTER_URL": "https://sqs/dead",
    "MAX_RECEIVE_COUNT": "13",
    "MESSAGE_RETENTION": "345600",
    "LEDGER_TABLE": "runs",
}


def test_settings_are_typed_and_cannot_be_changed() -> None:
    settings = Settings.from_environment(
        {**RUN_TASK, "LAMBDA_TASK_ROOT": "/var/task", "METRICS_BY_SCHEDULE": "true"}, "run_task"
    )

    assert settings.max_receive_count == 13
    assert settings.task_folder == Path("/var/task")
    assert settings.metrics_by_schedule
    assert (settings.task_concurrency, settings.deduplication) == (1, False)
    assert settings.log_level == logging.INFO
    with pytest.raises(FrozenInstanceError):
        settings.queue_url = "another"  # type: ignore[misc]


def test_variables_that_are_missing_are_all_named() -> None:
    with pytest.raises(
        InvalidSettings, match=r"^QUEUE_URL, RUNS_DEAD_LETTER_URL, LEDGER_TABLE must"
    ):
        Settings.from_environment({"QUEUE_URL": ""}, "send_task")


@pytest.mark.parametrize(
    ("name", "text", "legal"),
    [("MAX_RECEIVE_COUNT", "ten", "a whole number"), ("METRICS_BY_SCHEDULE", "1", "true or false")],
)
def test_a_malformed_variable_is_named_with_its_value_and_what_is_legal(
    name: str, text: str, legal: str
) -> None:
    with pytest.raises(InvalidSettings, match=rf"^{name} is '{text}': must be {legal}$"):
        Settings.from_environment({**RUN_TASK, name: text})


@pytest.mark.parametrize(
    ("text", "level"),
    [("ERROR", logging.ERROR), ("debug", logging.DEBUG), ("another program's", logging.INFO)],
)
def test_a_log_level_is_given_by_name_and_one_that_is_unknown_is_info(
    text: str, level: int
) -> None:
    assert Settings.from_environment({"LOG_LEVEL": text}).log_level == level


def test_credentials_are_not_shown() -> None:
    settings = Settings.from_environment(
        {"AWS_SECRET_ACCESS_KEY": "hidden-1", "AWS_SESSION_TOKEN": "hidden-2"}
    )

    assert "hidden" not in repr(settings)
    assert settings.secret_access_key == "hidden-1"


def test_a_variable_has_a_default_and_is_shown_unless_it_is_a_secret() -> None:
    @dataclass(frozen=True, kw_only=True, eq=False)
    class More(Settings):
        limit: int = variable("LIMIT", 7)
        token: str | None = variable("TOKEN", None, is_secret=True)

    assert (More.from_environment({}).limit, More.from_environment({}).token) == (7, None)
    settings = More.from_environment({"LIMIT": "8", "TOKEN": "hidden"})
    assert (settings.limit, settings.token) == (8, "hidden")
    assert "limit=8" in repr(settings)
    assert "token" not in repr(settings)


def test_an_invocation_that_is_not_traced_has_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5e")
    assert trace_header() == "Root=1-5e"
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    assert trace_header() == ""


def test_what_task_code_does_to_the_environment_changes_no_setting() -> None:
    program = """
import os
from task_scheduler import config
os.environ["QUEUE_URL"] = "https://elsewhere"
del os.environ["TASKS_DEAD_LETTER_URL"]
settings = config.load("run_task")
print(settings.queue_url, settings.tasks_dead_letter_url)
"""
    environment = {**os.environ, **RUN_TASK, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == [RUN_TASK["QUEUE_URL"], RUN_TASK["TASKS_DEAD_LETTER_URL"]]


def test_the_environment_is_read_in_one_file_alone() -> None:
    folder = Path(task_scheduler.__file__).parent
    reads = re.compile(r"\bos\.(environ|getenv)\b")

    found = [path.name for path in folder.rglob("*.py") if reads.search(path.read_text())]

    assert found == ["config.py"]


def test_texts_by_name_are_a_json_object() -> None:
    environment = {"WORKER_QUEUES": '{"big": "https://queue"}', "TASK_SECRETS": "{}"}
    settings = Settings.from_environment(environment)
    assert settings.worker_queues == {"big": "https://queue"}
    assert settings.secrets == {}


@pytest.mark.parametrize("text", ["[]", '{"a": 1}', "{", '"a"'])
def test_what_is_no_object_of_texts_is_named(text: str) -> None:
    sentence = f"WORKER_QUEUES is {text!r}: must be a JSON object of texts"
    with pytest.raises(InvalidSettings, match=f"^{re.escape(sentence)}$"):
        Settings.from_environment({"WORKER_QUEUES": text})
