"""Check schedules, task files and task code before anything is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.taskctl.conftest import Taskctl

TASKS = """
from task_scheduler import task, task_source

@task("greet")
def greet(name: str, times: int = 1) -> str:
    return name * times

@task_source("customers")
def customers():
    raise RuntimeError("a check must not run this")
"""
TFVARS = """
task_code_dir = "code"
schedules = {
  inline  = { expression = "rate(1 day)", task = "greet", tasks = ["Ada", "Grace"] }
  file    = { expression = "rate(1 day)", task = "greet", tasks_file = "names.csv" }
  source  = { expression = "rate(1 day)", task = "greet", tasks_source = "customers" }
  printed = { expression = "rate(1 day)", tasks = ["just a text"] }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mine.py").write_text(TASKS)
    (tmp_path / "code" / "names.csv").write_text("name,times\nAda,1\nGrace,2\n")
    (tmp_path / "terraform.tfvars").write_text(TFVARS)
    return tmp_path


def test_a_correct_project_has_no_problems_and_its_tasks_are_counted(
    project: Path, taskctl: Taskctl
) -> None:
    done = taskctl("check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("4 schedules, 5 tasks, 1 list not read (S3, generators): no problem.\n")


def test_each_line_that_cannot_run_is_named_with_its_reason(
    project: Path, taskctl: Taskctl
) -> None:
    names = ["name,times", "Ada,1", "Grace", "Mary,often", "Joan,3"]
    (project / "code" / "names.csv").write_text("\n".join(names))
    done = taskctl("check", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "schedules": 4,
        "tasks": 7,
        "lists_not_read": 1,
        "after": {},
        "problems": [
            'schedule "file": names.csv, line 3: 1 fields, where the header has 2',
            "schedule \"file\": names.csv, line 4: greet: times is 'often': "
            "must be an int (a whole number)",
        ],
        "warnings": [],
    }


WORKERS = """
secrets = { API_TOKEN = "/jobs/token" }
workers = { big = {}, other = { secrets = { KEY = "/jobs/key" } } }
"""


def test_a_line_that_names_a_worker_that_is_not_there_is_a_problem(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "terraform.tfvars").write_text(WORKERS + TFVARS)
    (project / "code" / "names.csv").write_text(
        "name;worker\nAda;big\nGrace;huge\nMary;\nJoan;default\n"
    )
    done = taskctl("check")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == (
        "schedule \"file\": names.csv, line 3: worker 'huge': must be one of big, default, other"
    )
    assert "1 problem" in done.stdout


def test_headers_that_name_a_secret_that_their_worker_does_not_have_are_a_problem(
    project: Path, taskctl: Taskctl
) -> None:
    rows = {
        "right": ("default", "A: {secret:API_TOKEN}"),
        "inherited": ("big", "A: {secret:API_TOKEN}"),
        "wrong": ("default", "A: {secret:TOKEN}"),
        "elsewhere": ("other", "A: {secret:API_TOKEN}"),
        "malformed": ("default", "A"),
    }
    schedules = {
        name: {
            "expression": "rate(1 day)",
            "task": "http",
            "worker": worker,
            "args": {"url": "https://a.example", "headers": headers},
        }
        for name, (worker, headers) in rows.items()
    }
    (project / "terraform.tfvars").write_text(
        f'task_code_dir = "code"\n{WORKERS}schedules = {json.dumps(schedules)}'
    )
    done = taskctl("check")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:-1] == [
        "schedule \"elsewhere\": its task: headers name the secret 'API_TOKEN': secrets of the "
        "worker other has KEY",
        'schedule "malformed": its task: headers, line 1: must be a name, a colon and a value',
        "schedule \"wrong\": its task: headers name the secret 'TOKEN': secrets has API_TOKEN",
    ]


def test_only_the_first_problems_of_a_schedule_are_listed(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "names.csv").write_text("nam\n" + "Ada\n" * 1_000)
    done = taskctl("check")
    assert len(done.stdout.splitlines()) == 22
    assert 'schedule "file": and 980 more' in done.stdout


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('task = "greet", tasks =', 'task = "gret", tasks =', "no @task('gret')"),
        ('task = "greet", tasks_source', 'task = "gret", tasks_source', "no @task('gret')"),
        (
            'task = "greet", tasks_source = "customers"',
            'task = "gret", tasks_s3_uri = "s3://bucket/list.txt"',
            "no @task('gret')",
        ),
        ('"customers"', '"custom"', "no @task_source('custom')"),
        ("rate(1 day)", "rate(1 dya)", 'expression "rate(1 dya)": rate(value unit) takes'),
        ("names.csv", "nomes.csv", 'tasks_file "nomes.csv" is not there'),
    ],
)
def test_unknown_names_in_a_schedule_are_problems(
    before: str, after: str, problem: str, project: Path, taskctl: Taskctl
) -> None:
    (project / "terraform.tfvars").write_text(TFVARS.replace(before, after, 1))
    done = taskctl("check")
    assert done.returncode == 1
    assert done.stdout.count(problem) == 1


def test_task_code_may_use_the_packages_of_layer_dir(project: Path, taskctl: Taskctl) -> None:
    (project / "mine" / "python").mkdir(parents=True)
    (project / "mine" / "python" / "my_package.py").touch()
    (project / "code" / "other.py").write_text("import my_package")
    (project / "terraform.tfvars").write_text(f'layer_dir = "mine"\n{TFVARS}')
    done = taskctl("check")
    assert done.returncode == 0, done.stdout


def test_task_code_may_use_the_packages_of_layer_zip(project: Path, taskctl: Taskctl) -> None:
    with ZipFile(project / "mine.zip", "w") as archive:
        archive.writestr("python/my_package.py", "")
    (project / "code" / "other.py").write_text("import my_package")
    (project / "terraform.tfvars").write_text(f'layer_zip = "mine.zip"\n{TFVARS}')
    done = taskctl("check")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "mine.zip: no such file"), (b"text", "mine.zip must be a zip file")],
)
def test_a_layer_zip_that_is_none_is_named(
    project: Path, taskctl: Taskctl, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (project / "mine.zip").write_bytes(content)
    (project / "terraform.tfvars").write_text(f'layer_zip = "mine.zip"\n{TFVARS}')
    done = taskctl("check")
    assert done.returncode == 2
    assert reason in done.stderr


def test_with_layers_a_warning_says_that_their_packages_are_missing(
    project: Path, taskctl: Taskctl
) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:mine:1"
    (project / "terraform.tfvars").write_text(f'layers = ["{arn}"]\n{TFVARS}')
    done = taskctl("check")
    assert done.returncode == 0, done.stdout
    assert "warning: layers are not read: task code was imported without the pack" in done.stdout


def test_an_unused_file_that_does_not_import_is_a_problem(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "other.py").write_text("import nowhere_to_be_found")
    done = taskctl("check")
    assert done.returncode == 1
    assert "other.py does not import: ModuleNotFoundError" in done.stdout


def test_two_tasks_of_one_name_are_reported_with_their_files(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "code" / "other.py").write_text(TASKS)
    done = taskctl("check")
    assert done.returncode == 1
    assert "@task('greet') stands in mine.py and other.py: rename one of them" in done.stdout


def test_a_missing_file_of_values_is_an_error(tmp_path: Path, taskctl: Taskctl) -> None:
    done = taskctl("check")
    assert (done.returncode, done.stderr) == (2, "taskctl: terraform.tfvars: no such file\n")


def test_unknown_fields_are_problems_that_offer_the_nearest_name(
    project: Path, taskctl: Taskctl
) -> None:
    text = TFVARS.replace('tasks = ["just', 'retires = 3, tasks = ["just')
    (project / "terraform.tfvars").write_text(f"{text}batch_sizes = 3")
    done = taskctl("check")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:2] == [
        "terraform.tfvars: the module has no variable batch_sizes; did you mean batch_size or "
        "batch_window?",
        'terraform.tfvars: schedule "printed": a schedule has no retires; did you mean retries?',
    ]


def test_a_list_without_tasks_is_a_warning(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "names.csv").write_text("name,times\n")
    done = taskctl("check")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        'warning: schedule "file": its list has no tasks',
        "4 schedules, 3 tasks, 1 list not read (S3, generators): no problem, 1 warning.",
    ]


def test_a_file_that_hangs_at_import_is_named_with_its_line(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "code" / "slow.py").write_text("import time\n\ntime.sleep(3600)")
    done = taskctl("check", "--import-timeout", "2")
    assert done.returncode == 1
    assert "slow.py, line 3: does not finish importing within 2 s" in done.stdout


def test_task_code_that_ends_the_process_is_a_problem(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "ends.py").write_text("import os\nos._exit(3)")
    done = taskctl("check")
    assert done.returncode == 1
    assert "ends.py ended its process at import (exit code 3)" in done.stdout


def test_what_task_code_prints_is_not_part_of_the_result(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "loud.py").write_text("print('hello')")
    done = taskctl("check", "--json")
    assert json.loads(done.stdout)["problems"] == []
    assert "hello" in done.stderr
