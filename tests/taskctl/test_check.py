"""Checking schedules, task files and task code before anything is deployed."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_what_is_right_is_counted_and_what_is_not_read_as_well(
    project: Path, taskctl: Taskctl
) -> None:
    told = taskctl("check")
    assert told.returncode == 0, told.stderr
    assert told.stdout == ("4 schedules, 5 tasks, 1 list not read (S3, generators): no problem.\n")


def test_each_line_that_cannot_run_is_named_with_its_reason(
    project: Path, taskctl: Taskctl
) -> None:
    names = ["name,times", "Ada,1", "Grace", "Mary,often", "Joan,3"]
    (project / "code" / "names.csv").write_text("\n".join(names))
    told = taskctl("check", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout) == {
        "schedules": 4,
        "tasks": 7,
        "lists_not_read": 1,
        "problems": [
            'schedule "file": names.csv, line 3: 1 fields, where the header has 2',
            "schedule \"file\": names.csv, line 4: greet: times is 'often': "
            "must be an int (a whole number)",
        ],
    }


def test_of_a_file_that_is_wrong_throughout_the_first_lines_are_told(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "code" / "names.csv").write_text("nam\n" + "Ada\n" * 1_000)
    told = taskctl("check")
    assert len(told.stdout.splitlines()) == 22
    assert 'schedule "file": and 980 more' in told.stdout


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
def test_what_a_schedule_names_has_to_be_there(
    before: str, after: str, problem: str, project: Path, taskctl: Taskctl
) -> None:
    (project / "terraform.tfvars").write_text(TFVARS.replace(before, after, 1))
    told = taskctl("check")
    assert told.returncode == 1
    assert told.stdout.count(problem) == 1


def test_packages_are_those_of_the_layer_that_the_file_names(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "mine" / "python").mkdir(parents=True)
    (project / "mine" / "python" / "my_package.py").touch()
    (project / "code" / "other.py").write_text("import my_package")
    (project / "terraform.tfvars").write_text(f'layer_dir = "mine"\n{TFVARS}')
    told = taskctl("check")
    assert told.returncode == 0, told.stdout


def test_a_file_that_does_not_import_is_named_also_if_no_schedule_needs_it(
    project: Path, taskctl: Taskctl
) -> None:
    (project / "code" / "other.py").write_text("import nowhere_to_be_found")
    told = taskctl("check")
    assert told.returncode == 1
    assert "other.py does not import: ModuleNotFoundError" in told.stdout


def test_two_tasks_of_one_name_are_told_with_their_files(project: Path, taskctl: Taskctl) -> None:
    (project / "code" / "other.py").write_text(TASKS)
    told = taskctl("check")
    assert told.returncode == 1
    assert "@task('greet') stands in mine.py and other.py: rename one of them" in told.stdout


def test_a_file_of_values_that_is_not_there_is_told(tmp_path: Path, taskctl: Taskctl) -> None:
    told = taskctl("check")
    assert (told.returncode, told.stderr) == (1, "taskctl: terraform.tfvars: no such file\n")
