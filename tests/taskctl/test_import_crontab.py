"""`taskctl import crontab`: files that check and Terraform take, and a report of what is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from taskctl.crontab.reading import read_crontab
from taskctl.crontab.task_file import write_tasks
from taskctl.crontab.tfvars import write_tfvars
from taskctl.crontab.translation import translate_crontab
from taskctl.project.tfvars import read_tfvars

from .conftest import Taskctl

CRONTABS = Path(__file__).parent / "crontabs"
HAND_WORK = {
    "data": "22 jobs: 1 ready to run, 19 with 19 functions to rewrite, 2 not imported",
    "homelab": "26 jobs: 1 ready to run, 23 with 23 functions to rewrite, 2 not imported",
    "monitoring": "26 jobs: 15 ready to run, 8 with 8 functions to rewrite, 3 not imported",
    "system": "21 jobs: 1 ready to run, 12 with 12 functions to rewrite, 8 not imported",
    "web": "21 jobs: 5 ready to run, 14 with 14 functions to rewrite, 2 not imported",
}
"""The work that each crontab leaves."""


@pytest.mark.parametrize("name", HAND_WORK)
def test_a_crontab_becomes_what_check_passes_and_terraform_and_ruff_would_not_lay_out_anew(
    name: str, taskctl: Taskctl, tmp_path: Path
) -> None:
    zone = ["--timezone", "Europe/Berlin"]
    done = taskctl("import", "crontab", CRONTABS / name, *zone, "-o", "terraform.tfvars")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == HAND_WORK[name]
    checked = taskctl("check")
    assert (checked.returncode, "no problem" in checked.stdout) == (0, True), checked.stdout
    terraform.run(tmp_path, os.environ, "fmt", "-check", "-diff")
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--diff", "--isolated"]
    formatted = subprocess.run(
        [*ruff, "--line-length=100", tmp_path / "tasks"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout


def test_every_job_is_a_schedule_or_among_those_not_imported(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    taskctl("import", "crontab", CRONTABS / "data", "-o", "terraform.tfvars")
    text = (tmp_path / "terraform.tfvars").read_text()
    jobs = read_crontab((CRONTABS / "data").read_text(), has_users=False).jobs
    assert len(jobs) == 22
    assert [job.line for job in jobs if f"# line {job.line}" not in text] == []


def test_schedules_are_printed_and_the_report_is_not_among_them(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    crontab = tmp_path / "crontab"
    crontab.write_text("# Backup\n30 2 * * 1-5 /usr/local/bin/backup.sh\n@reboot /bin/a\n")
    done = taskctl("import", "crontab", "crontab")
    assert done.returncode == 0
    assert done.stdout == (
        'timezone      = "UTC"\n'
        'task_code_dir = "tasks"\n'
        "\n"
        "schedules = {\n"
        "  # line 2\n"
        "  backup = {\n"
        '    expression  = "cron(30 2 ? * MON-FRI *)"\n'
        '    description = "Backup"\n'
        '    task        = "backup"\n'
        "    retries     = 0\n"
        "  }\n"
        "}\n"
        "\n"
        "# Not imported:\n"
        '# line 3, "@reboot /bin/a": nothing starts up here; what has to run once is '
        "`taskctl run`\n"
    )
    assert done.stderr.startswith("2 jobs: 0 ready to run, 1 with 1 function to rewrite, 1 not")
    assert "this machine's zone, UTC" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["crontab"]


def test_the_system_crontab_is_known_by_its_users(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "cron.d" / "jobs").write_text("0 1 * * * someone /bin/a\n")
    assert 'task       = "a"' in taskctl("import", "crontab", "cron.d/jobs").stdout
    asked = taskctl("import", "crontab", "cron.d/jobs", "--no-users").stdout
    assert 'task       = "someone"' in asked


def test_nothing_is_overwritten_without_being_asked(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "crontab").write_text("0 1 * * * /bin/a\n")
    (tmp_path / "tasks").mkdir()
    mine = tmp_path / "tasks" / "imported.py"
    mine.write_text("mine")
    done = taskctl("import", "crontab", "crontab", "-o", "a.tfvars")
    assert done.returncode == 2
    assert done.stderr == (
        "taskctl: tasks/imported.py would be overwritten: confirm with --force\n"
    )
    assert (mine.read_text(), (tmp_path / "a.tfvars").exists()) == ("mine", False)
    assert taskctl("import", "crontab", "crontab", "-o", "a.tfvars", "--force").returncode == 0
    assert mine.read_text() != "mine"


@pytest.mark.parametrize(
    ("contents", "arguments", "message"),
    [
        (b"# nothing\n", [], "crontab: it has no jobs: lines of five fields and a command"),
        (b"\xff\xfe0\0", [], "crontab: it must be a text in UTF-8"),
        (None, [], "crontab: No such file or directory"),
        (b"* * * * * a", ["--timezone", "Berlin"], '--timezone: timezone "Berlin" is not an IANA'),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    contents: bytes | None, arguments: list[str], message: str, taskctl: Taskctl, tmp_path: Path
) -> None:
    if contents is not None:
        (tmp_path / "crontab").write_bytes(contents)
    done = taskctl("import", "crontab", "crontab", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"taskctl: {message}")
    assert len(done.stderr.splitlines()) == 1


def test_texts_reach_terraform_as_they_were(tmp_path: Path) -> None:
    url = r"https://example.com/a\b?${x}=%{y}&z='ü'"
    comment = 'Say "hi" to ${USER}, 100 %{ \\ \x08'
    quoted = url.replace("'", "'\\''").replace("$", "").replace("%", r"\%")
    crontab = read_crontab(f"# {comment}\n0 1 * * * curl -m 5 '{quoted}'\n", has_users=False)
    done = translate_crontab(crontab, "UTC")
    path = tmp_path / "terraform.tfvars"
    path.write_text(write_tfvars(crontab, done, timezone="UTC"))
    (schedule,) = read_tfvars(path)["schedules"].values()
    assert schedule["args"]["url"] == url.replace("$", "")
    assert schedule["description"] == comment.replace("\x08", "\b")


def run_task(line: str, tmp_path: Path, taskctl: Taskctl) -> dict[str, object]:
    crontab = read_crontab(f"GREETING=Hi\n0 1 * * * {line}\n", has_users=False)
    done = translate_crontab(crontab, "Asia/Tokyo")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "imported.py").write_text(write_tasks(done))
    (name,) = done.commands
    return dict(json.loads(taskctl("try", name, "--json").stdout))


@pytest.mark.parametrize(
    ("line", "outcome", "result"),
    [
        ("echo $GREETING $TZ", "success", "Hi Asia/Tokyo"),
        ("cat%a%b", "success", "a\nb"),
        ("[ -e /nowhere ] && false", "success", None),
        ("[ -e / ] && echo there", "success", "there"),
        (r"echo 100\%", "success", "100%"),
        ("echo oh; exit 3", "failed", "exit code 3: oh"),
        ("/nowhere/a", "failed", "exit code 127: "),
    ],
)
def test_a_function_that_is_not_rewritten_runs_the_command(
    line: str, outcome: str, result: str | None, taskctl: Taskctl, tmp_path: Path
) -> None:
    done = run_task(line, tmp_path, taskctl)
    assert done["outcome"] == outcome
    assert (result or "") in str(done["reason"] or done["result"])
