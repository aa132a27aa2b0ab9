"""Files of values are read by Terraform itself, and what is wrong with them is done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from taskctl.errors import TaskctlError
from taskctl.project.duplicates import find_duplicates
from taskctl.project.tfvars import read_tfvars, tfvars_schedules


def write(folder: Path, text: str, name: str = "a.tfvars") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_values_left_out_have_the_modules_defaults(tmp_path: Path) -> None:
    values = read_tfvars(write(tmp_path, "batch_size = 5\n"))
    assert values["batch_size"] == 5
    assert values["run_task_timeout"] == 60
    assert values["task_code_dir"] is None
    (hello,) = tfvars_schedules(values, tmp_path)
    assert (hello.name, hello.expression, hello.timezone) == (
        "hello",
        "at(2037-12-31T23:59:59)",
        "Asia/Taipei",
    )


def test_all_of_terraforms_syntax_is_understood(tmp_path: Path) -> None:
    text = r"""
      # a comment
      timezone = "UTC" // another
      schedules = { a = {
        expression = "rate(1 day)", args = { "x y" : "\u00e9 $${x} \"q\"" }, task = "t",
        retries = 1e1
        tasks = [<<-EOT
          two
          lines
        EOT
        , "b"] } }
    """
    (schedule,) = tfvars_schedules(read_tfvars(write(tmp_path, text)), tmp_path)
    assert schedule.input == {
        "version": 1,
        "schedule": "a",
        "task": "t",
        "args": {"x y": 'é ${x} "q"'},
        "tasks": ["two\nlines\n", "b"],
        "retries": 10,
        "timezone": "UTC",
    }


def test_json_files_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, '{"prefix": "jobs"}', "a.tfvars.json")
    assert read_tfvars(path)["prefix"] == "jobs"


def test_variables_of_the_environment_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_prefix", "other")
    assert read_tfvars(write(tmp_path, ""))["prefix"] == "cdklab"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "\nbatch_size = 0",
            "line 2: batch_size is 0: it must be a whole number of tasks from 1",
        ),
        ('schedules = { a = { expression = "x"', "line 1: "),
        ("schedules = 5", "line 1: schedules: "),
        ('schedules = { a = { retries = "many" } }', "line 1: schedules: a number is required."),
        ("prefix = nothing", "line 1: "),
        (
            'kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/mine"',
            'line 1: kms_key_arn is "arn:aws:kms:eu-central-1:123456789012:alias/mine": it must '
            "be the ARN of a key (not of an alias), arn:aws:kms:REGION:ACCOUNT:key/ID.",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(TaskctlError) as raised:
        read_tfvars(path)
    assert str(raised.value).startswith(f"{path}, {sentence}")
    assert "\n" not in str(raised.value)


def test_values_that_only_aws_can_judge_are_accepted(tmp_path: Path) -> None:
    """The region of a key must be that of the deployment, which only AWS knows."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    assert read_tfvars(write(tmp_path, f'kms_key_arn = "{key}"'))["kms_key_arn"] == key


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskctlError, match=r"none\.tfvars: no such file$"):
        read_tfvars(tmp_path / "none.tfvars")


def test_unknown_names_are_reported_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = 'expression = "rate(1 day)", task = "x", retires = 1'
    text = f"schedulles = {{}}\nschedules = {{ a = {{ {fields} }} }}"
    path = write(tmp_path, f'{text}\nnotify = {{ secret = "chat", kms_key = "x" }}')
    read_tfvars(path)
    assert capsys.readouterr().err.splitlines() == [
        f"taskctl: {path}: the module has no variable schedulles; did you mean schedules?",
        f"taskctl: {path}: notify has no kms_key; did you mean kms_key_arn?",
        f'taskctl: {path}: schedule "a": a schedule has no retires; did you mean retries?',
    ]


TWICE = """
schedules = {
  a = { expression = "rate(1 hour)", task = "x", args = { n = "1", "n" = "2" } } # a = 1
  /* a = { */
  b = {
    expression = "rate(1 hour)" // b = 1
    tasks      = ["a = 1, a = 2", "{ b = \\"2\\", b = 3"]
    task       = "x"
    description = <<-EOT
      a = 1
      a = 2
    EOT
    task = "y"
  }
  "a" = { expression = "rate(2 hours)", task = "x" }
}
"""


def test_of_names_that_stand_twice_each_is_reported_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terraform takes the last of them without a word, and a schedule is gone."""
    path = write(tmp_path, TWICE)
    read_tfvars(path)
    assert capsys.readouterr().err.splitlines() == [
        f"taskctl: {path}, line {line}: {name} stands there twice, and Terraform takes the last"
        for line, name in [(3, "schedules.a.args.n"), (13, "schedules.b.task"), (15, "schedules.a")]
    ]


def test_names_that_stand_twice_in_json_are_reported_too() -> None:
    text = '{"schedules": {"a": {"tasks": ["x:", "{"]},\n"b": {}, "a": {"task": "a"}}}'
    assert list(find_duplicates(text)) == [
        "line 2: schedules.a stands there twice, and Terraform takes the last"
    ]


def test_the_input_of_a_schedule_equals_that_of_the_module(tmp_path: Path) -> None:
    """Every field of a schedule is either Scheduler's or in the input."""
    inputs = (ROOT / "modules" / "scheduler" / "inputs.tf").read_text(encoding="utf-8")
    sent = set(re.findall(r"^ +(\w+) += .*\bschedule\.", inputs, re.MULTILINE))
    values = read_tfvars(write(tmp_path, ""))
    values["schedules"] = {"a": dict.fromkeys(values["schedules"]["hello"], "x")}
    values["schedules"]["a"] |= {
        "start_date": None, "end_date": None, "skip_on": ["2027-12-24"], "only_on": ["2027-12-27"]
    }  # fmt: skip
    (schedule,) = tfvars_schedules(values, tmp_path)
    of_followers = {"after", "any_outcome", "enabled"}  # no run of send_task's reads them
    assert set(schedule.input) - {"version", "schedule"} == sent - of_followers
