"""task_scheduler.testing: users' tests see of an attempt what Lambda would make of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from task_scheduler import task, testing
from task_scheduler.errors import InvalidLine, OutOfAttempts
from task_scheduler.queue.message import Message
from task_scheduler.tasks.registry import registered_tasks
from task_scheduler.testing import ParentRun, make_context, run_task
from task_scheduler_local.places import ROOT
from tests.unit.conftest import Write

PARTIAL = partial(print, "a")

TASKS = """
    import time
    from task_scheduler import Retry, task

    @task("greet")
    def greet(name, greeting="Hello", times=1):
        print(f"greeting {name}")
        return f"{greeting}, {name}!" * times

    @task("log")
    def log(context):
        context.logger.info("in the log of attempt %s", context.attempt)
        return [context.schedule, context.scheduled_time]

    @task("busy")
    def busy():
        raise Retry("the service is busy", after=90)

    @task("broken", never_retry=(KeyError,))
    def broken(kind="ValueError"):
        raise {"ValueError": ValueError, "KeyError": KeyError}[kind]("no luck")

    @task("slow", timeout=0.1)
    def slow():
        time.sleep(30)

    @task("async")
    async def waits(name):
        return name

    @task("sum up")
    def sum_up(context):
        return ", ".join(f"{run.schedule} {run.state}: {run.results[1]}" for run in context.parents)

    @task("left")
    def left(context):
        return round(context.remaining)

    @task("labels")
    def labels(context):
        return [context.log_fields[name] for name in ("id", "task", "attempt")]

    class Call:
        def __call__(self):
            return "called"

    task("call")(Call())
"""


@pytest.fixture
def folder(write_tasks: Write) -> Path:
    return write_tasks(mine=TASKS)


def test_texts_become_what_the_parameters_are(folder: Path) -> None:
    ran = run_task("greet", "Ada", args={"times": "2"}, folder=folder)
    assert (ran.outcome, ran.result) == ("success", "Hello, Ada!Hello, Ada!")
    assert (ran.error, ran.would_retry_in) == (None, None)


def test_what_it_printed_and_logged_is_returned_and_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_task("greet", "Ada", folder=folder).output == "greeting Ada\n"
    logged = run_task("log", attempt=2, schedule="nightly", scheduled_time="now", folder=folder)
    assert logged.output == "INFO in the log of attempt 2\n"
    assert logged.result == '["nightly","now"]'
    assert capsys.readouterr().out == "greeting Ada\nINFO in the log of attempt 2\n"


@pytest.mark.parametrize(("attempt", "outcome"), [(1, "retry"), (2, "retry"), (3, "failed")])
def test_an_attempt_that_fails_is_retried_as_often_as_the_schedule_says(
    attempt: int, outcome: str, folder: Path
) -> None:
    ran = run_task("broken", attempt=attempt, retries=2, folder=folder)
    assert ran.outcome == outcome
    assert isinstance(ran.error, ValueError)
    assert (ran.would_retry_in is not None) == (outcome == "retry")


def test_an_exception_of_never_retry_fails_at_once(folder: Path) -> None:
    assert run_task("broken", args={"kind": "KeyError"}, folder=folder).outcome == "failed"


def test_a_task_says_when_it_is_to_be_retried(folder: Path) -> None:
    assert run_task("busy", folder=folder).would_retry_in == 90


def test_the_time_is_limited(folder: Path) -> None:
    ran = run_task("slow", retries=0, folder=folder)
    assert ran.outcome == "failed"
    assert "ran for more than 0.1 s" in str(ran.error)
    assert 0.1 <= ran.seconds < 30


@pytest.mark.parametrize(("timeout", "left"), [(60, "55"), (600, "595")])
def test_run_task_keeps_a_part_of_its_time(timeout: float, left: str, folder: Path) -> None:
    assert run_task("left", timeout=timeout, folder=folder).result == left
    (function,) = [task.function for task in registered_tasks() if task.name == "left"]
    assert run_task(function, timeout=timeout, folder=folder).result == left


def test_an_async_task_is_awaited(folder: Path) -> None:
    assert run_task("async", "Ada", folder=folder).result == "Ada"


@pytest.mark.parametrize(
    ("task", "args", "sentence"),
    [
        ("gret", {}, "no @task('gret') in a file at the top of the task folder"),
        ("greet", {"name": "Ada", "times": "often"}, "times"),
        ("greet", {"name": "Ada", "volume": "1"}, "volume"),
    ],
)
def test_what_cannot_be_called_fails_as_on_lambda(
    task: str, args: dict[str, str], sentence: str, folder: Path
) -> None:
    ran = run_task(task, args=args, folder=folder)
    assert ran.outcome == "failed"
    assert sentence in str(ran.error)


def test_the_function_itself_will_do(folder: Path) -> None:
    run_task("greet", "Ada", folder=folder)
    (function,) = [task.function for task in registered_tasks() if task.name == "greet"]
    assert run_task(function, "Bo", folder=folder).result == "Hello, Bo!"


def test_a_function_that_no_file_of_the_folder_registers_is_called_itself(folder: Path) -> None:
    @task("greet")
    def greet(name: str) -> str:
        return f"Hi, {name}."

    assert run_task(greet, "Bo", folder=folder).result == "Hi, Bo."


def test_a_file_that_a_test_imported_is_not_imported_twice(folder: Path) -> None:
    path = f"{folder.parent}{os.pathsep}{folder}"
    program = f"""if True:
        import sys
        sys.path[:0] = {path.split(os.pathsep)!r}
        import importlib
        mine = importlib.import_module({folder.name!r} + ".mine")
        from task_scheduler.testing import run_task
        print(run_task("greet", "Ada", folder={str(folder)!r}).result)
        print(run_task(mine.greet, "Ada", folder={str(folder)!r}).result)
        """
    environment = {"PYTHONPATH": str(ROOT / "lambda_src" / "python"), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "greeting Ada\nHello, Ada!\n" * 2


def test_what_send_task_would_refuse_is_an_error_of_the_test(folder: Path) -> None:
    with pytest.raises(InvalidLine, match="240 KiB"):
        run_task("greet", "x" * 300_000, folder=folder)


def test_mistakes_of_a_test_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"attempt=4: must be from 1 to 3 with retries=2"):
        run_task("greet", attempt=4, folder=folder)
    with pytest.raises(FileNotFoundError, match="must be that of task_code_dir"):
        run_task("greet", folder=tmp_path / "elsewhere")


def plain() -> None:
    """Is not decorated."""


@pytest.mark.parametrize(("function", "name"), [(plain, "plain"), (PARTIAL, repr(PARTIAL))])
def test_a_function_that_is_not_a_task_is_named(
    function: Callable[..., Any], name: str, folder: Path
) -> None:
    with pytest.raises(LookupError) as caught:
        run_task(function, folder=folder)
    assert (
        str(caught.value) == f"{name} is not a task: must be decorated with @task(...), outermost"
    )


def test_a_function_can_be_called_with_a_context() -> None:
    context = make_context(attempt=3, timeout=10, schedule="nightly")
    assert (context.attempt, context.schedule, context.cancelled) == (3, "nightly", False)
    assert 9 < context.remaining <= 10
    assert make_context().attempt == 1


def test_a_context_is_of_the_time_that_a_test_says_or_of_now() -> None:
    assert make_context(scheduled_time="2026-11-23T02:00:00Z").scheduled_time == (
        "2026-11-23T02:00:00Z"
    )
    now = datetime.fromisoformat(make_context().scheduled_time or "")
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_task_is_given_the_runs_that_its_own_follows(folder: Path) -> None:
    orders = ParentRun(key="orders@1", schedule="orders", state="succeeded", results={1: "42"})
    ran = run_task("sum up", parents=[orders], folder=folder)
    assert ran.result == "orders succeeded: 42"
    assert run_task("sum up", folder=folder).result == ""
    assert make_context(parents=[orders]).parents == (orders,)
    assert make_context().parents == ()


def test_a_name_means_the_function_of_the_folder_that_a_test_has_imported(folder: Path) -> None:
    run_task("greet", "Ada", folder=folder)
    assert is_registered("greet", folder)
    assert not is_registered("gret", folder)
    assert not is_registered("greet", folder.parent / "elsewhere")


def is_registered(name: str, folder: Path) -> bool:
    found = testing._registered(name, folder)
    return found is not None and found.name == name


def test_an_object_that_can_be_called_is_found_by_its_name(folder: Path) -> None:
    assert run_task("call", folder=folder).result == "called"
    assert run_task("call", folder=folder).result == "called"


def test_lines_of_the_log_would_name_the_task_however_it_was_given(folder: Path) -> None:
    by_name = run_task("labels", schedule="nightly", attempt=2, folder=folder)
    assert by_name.result == '["nightly@test#1","labels",2]'
    (function,) = [task.function for task in registered_tasks() if task.name == "labels"]
    assert run_task(function, schedule="nightly", attempt=2, folder=folder).result == by_name.result


def test_files_of_the_folder_tasks_import_each_other_as_on_lambda(
    write_tasks: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tasks()
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "one_more.py").write_text("GREETING = 'Hi'")
    (tmp_path / "tasks" / "greetings.py").write_text(
        "from task_scheduler import task\n"
        "@task('hi')\n"
        "def hi():\n"
        "    import one_more\n"
        "    return one_more.GREETING\n"
    )
    for _ in range(2):
        assert run_task("hi").result == "Hi"
    assert sys.path[0] == str(tmp_path / "tasks")
    assert str(tmp_path / "tasks") not in sys.path[1:]


@pytest.mark.parametrize(("task", "outcome"), [("greet", "success"), ("gret", "failed")])
def test_an_attempt_is_the_first_one_of_its_message(task: str, outcome: str, folder: Path) -> None:
    message = Message(id="nightly@1#2", schedule="nightly", task=task, text="Ada")
    ended = testing.attempt_task(message, folder)
    assert (ended.result.outcome, ended.result.attempt) == (outcome, 1)
    assert (ended.delivery.message, ended.delivery.number) == (message, 1)


def test_an_attempt_after_the_last_one_is_not_made(folder: Path) -> None:
    message = Message(id="nightly@1#2", schedule="nightly", task="greet", text="Ada", retries=2)
    result = testing.attempt_task(message, folder, attempt=4).result
    assert result.outcome == "failed"
    assert isinstance(result.error, OutOfAttempts)


def test_no_handler_imports_it() -> None:
    program = (
        "import sys, task_scheduler.send_task, task_scheduler.run_task; "
        "sys.exit('task_scheduler.testing' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT / "lambda_src" / "python"), "PATH": os.defpath}
    variables = ("QUEUE_URL", "RUNS_DEAD_LETTER_URL", "TASKS_DEAD_LETTER_URL")
    environment |= dict.fromkeys(variables, "q") | {"MAX_RECEIVE_COUNT": "3"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == 0
