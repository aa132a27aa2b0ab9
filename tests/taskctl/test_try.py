"""`taskctl try`: a task's function on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.taskctl.conftest import Taskctl

TASKS = """
import time
from task_scheduler import Retry, task

@task("greet")
def greet(name: str, greeting: str = "Hello", times: int = 1) -> str:
    print("about to greet")
    return f"{greeting}, {name}!" * times

@task("fail")
def fail():
    raise RuntimeError("the service said no")

@task("slow", timeout=0.2)
def slow():
    time.sleep(60)

@task("impatient")
def impatient():
    raise Retry("not yet")

@task("seen")
def seen(context):
    return [context.schedule, context.attempt, context.remaining > 5]
"""


@pytest.fixture(autouse=True)
def tasks(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "mine.py").write_text(TASKS)


def test_the_result_and_the_chat_message_are_shown(taskctl: Taskctl) -> None:
    done = taskctl("try", "greet", "Ada", "--args", "greeting=Hi", "--args", "times=2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "about to greet"
    assert lines[1].startswith("greet: success after ")
    assert lines[2] == "result: Hi, Ada!Hi, Ada!"
    assert (lines[-3], lines[-1]) == ("  ✓ greet: succeeded", "  Hi, Ada!Hi, Ada!")


def test_arguments_may_be_a_json_object(taskctl: Taskctl) -> None:
    done = taskctl("try", "greet", "--args", '{"name": "Ada", "times": 3}', "--json")
    assert json.loads(done.stdout.partition("\n")[2])["result"] == "Hello, Ada!" * 3


def test_the_context_is_that_of_a_first_attempt(taskctl: Taskctl) -> None:
    done = taskctl("try", "seen", "--json")
    assert json.loads(done.stdout)["result"] == '["try",1,true]'


def test_a_failure_shows_the_traceback_of_the_tasks_own_code(taskctl: Taskctl) -> None:
    done = taskctl("try", "fail")
    assert done.returncode == 1
    assert 'mine.py", line' in done.stderr
    assert "registry.py" not in done.stderr
    assert "RuntimeError: the service said no" in done.stdout
    assert "  ✗ fail: failed\n" in done.stdout
    assert done.stdout.endswith("\n  RuntimeError: the service said no\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gret",), "UnknownTask: no @task('gret')"),
        (("greet", "Ada", "--args", "x=1"), "got an unexpected keyword argument 'x'"),
        (("greet", "Ada", "--args", "times=often"), "must be an int"),
        (("slow",), "TaskTimeout: ran for more than 0.2 s"),
        (("impatient",), "Retry: not yet"),
    ],
)
def test_errors_explained_by_run_task_have_no_traceback(
    arguments: tuple[str, ...], sentence: str, taskctl: Taskctl
) -> None:
    done = taskctl("try", *arguments)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "registry.py" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--args", "greeting"), "--args greeting: must be name=value, or a JSON object"),
        (("--args", "{greeting"), "--args {greeting: invalid JSON"),
        (("--task-code-dir", "elsewhere"), "elsewhere: no such folder"),
    ],
)
def test_a_wrong_option_is_reported_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, taskctl: Taskctl
) -> None:
    done = taskctl("try", "greet", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"taskctl: {sentence}")


TFVARS = """
run_task_timeout = 10
schedules = {
  greetings = {
    expression = "rate(1 hour)"
    task       = "greet"
    args       = { greeting = "Hi" }
    tasks_file = "people.csv"
  }
  seen   = { expression = "rate(1 hour)", task = "seen" }
  broken = { expression = "rate(1 hour)", tasks_source = "nobody" }
}
"""


@pytest.fixture
def tfvars(tmp_path: Path) -> Path:
    (tmp_path / "tasks" / "people.csv").write_text("name,times\nAda,1\nBo,2\n,\nCy,often\n")
    (tmp_path / "jobs.tfvars").write_text(f'task_code_dir = "tasks"\n{TFVARS}')
    return tmp_path / "jobs.tfvars"


def test_a_real_line_of_a_schedules_list_is_run(taskctl: Taskctl, tfvars: Path) -> None:
    done = taskctl("try", "--schedule", "greetings", "--task", "3", "--tfvars", tfvars)
    assert (done.returncode, done.stderr) == (0, "")
    assert "result: Hi, Bo!Hi, Bo!" in done.stdout.splitlines()


def test_a_schedule_without_a_list_has_one_task_and_tfvars_say_its_time(
    taskctl: Taskctl, tfvars: Path
) -> None:
    done = taskctl("try", "--schedule", "seen", "--tfvars", tfvars, "--json")
    assert json.loads(done.stdout)["result"] == '["seen",1,true]'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--schedule", "greeting"), "no schedule 'greeting' in tfvars; did you mean greetings?"),
        (("--schedule", "greetings", "--task", "9"), "its list has no task #9"),
        (("--schedule", "broken"), "no @task_source('nobody')"),
        (("greet", "--schedule", "greetings"), "what to try must be the name of a task, or"),
        ((), "what to try must be the name of a task, or"),
    ],
)
def test_a_line_that_is_not_there_is_reported_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, taskctl: Taskctl, tfvars: Path
) -> None:
    done = taskctl("try", *arguments, "--tfvars", tfvars)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("taskctl: ")
    assert sentence in done.stderr


def test_packages_that_dev_installed_for_this_machine_come_first(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    """Compiled packages of the layer are for Lambda's processor."""
    for folder, text in (
        ("layer", "raise ImportError('another processor')"),
        (".taskctl/layer", ""),
    ):
        package = tmp_path / folder / "python" / "compiled"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text)
    (tmp_path / "tasks").mkdir(exist_ok=True)
    (tmp_path / "tasks" / "compiled_needed.py").write_text(
        "import compiled\nfrom task_scheduler import task\n\n\n@task('mine')\ndef mine(text): ...\n"
    )
    (tmp_path / "terraform.tfvars").write_text(
        'layer_dir = "layer"\ntask_code_dir = "tasks"\n'
        'schedules = { a = { expression = "rate(1 day)", task = "mine", tasks = ["x"] } }\n'
    )
    assert taskctl("try", "mine", "x").returncode == 0
    done = taskctl("check")
    assert done.returncode == 0, done.stdout + done.stderr
