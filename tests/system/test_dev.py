"""`taskctl dev` in a project of one's own, where there is no terminal."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from tests.system.dev import Dev
from tests.system.stack import wait_for

MAIN = f"""
provider "aws" {{}}

terraform {{
  backend "s3" {{
    bucket = "states"
    key    = "jobs"
    region = "eu-central-1"
  }}
}}

variable "schedules" {{ type = any }}

module "jobs" {{
  source = "{ROOT}"

  prefix        = "jobs"
  task_code_dir = "../shared/tasks"
  layer_dir     = "${{path.module}}/layer"
  timezone      = "UTC"
  notify        = {{ ssm_parameter = "/jobs/chat" }}
  notify_on     = ["success", "failure"]
  schedules     = var.schedules

  secrets = {{ API_TOKEN = "/jobs/token", OTHER = "jobs/other" }}
  policy_statements = [{{ actions = ["s3:PutObject"], resources = ["arn:aws:s3:::my.backups/*"] }}]
}}
"""

TFVARS = """
schedules = {
  hello = { expression = "rate(1 hour)", task = "greet", args = { name = "Ada" }, retries = 0 }
}
"""

TASKS = """
import boto3

from task_scheduler import secret, task


@task("greet")
def greet(name):
    print(f"about to greet {name}")
    boto3.client("s3").put_object(Bucket="my.backups", Key="greeted", Body=secret("API_TOKEN"))
    return f"Hello, {name}!"
"""


FAILS = """
    import boto3
    boto3.client("s3").list_buckets()
    raise ValueError(name)
    print"""


SLEEPS = """
import time
from pathlib import Path

from task_scheduler import task


@task("greet", timeout=55)
def greet(name):
    Path("{}").touch()
    time.sleep(50)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my jobs"
    folder.mkdir()
    (tmp_path / "shared" / "tasks").mkdir(parents=True)
    (folder / "main.tf").write_text(MAIN)
    (folder / "terraform.tfvars").write_text(TFVARS)
    (tmp_path / "shared" / "tasks" / "mine.py").write_text(TASKS)
    return folder


Start = Callable[..., Dev]


@pytest.fixture
def start(project: Path, tmp_path: Path) -> Iterator[Start]:
    started: list[Dev] = []

    def start(**environment: str) -> Dev:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")])
        command = [sys.executable, "-P", "-m", "taskctl"]
        given = {"PYTHONPATH": paths, "API_TOKEN": "t0ken", "OTHER": "secret", **environment}
        started.append(Dev(command, tmp_path, project, given))
        return started[-1]

    yield start
    for dev in started:
        dev.stop()


def descendants(pid: int) -> dict[int, dict[str, str]]:
    """The processes under one, with their environments."""
    found: dict[int, dict[str, str]] = {}
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    todo = [pid]
    while todo:
        children = [child for child, parent in parents.items() if parent == todo[0]]
        todo = [*todo[1:], *children]
        for child in children:
            with suppress(OSError):
                text = Path(f"/proc/{child}/environ").read_text(errors="replace")
                pairs = (pair.partition("=") for pair in text.split("\0"))
                found[child] = {name: value for name, _, value in pairs}
    return found


def check_layers_are_shared(dev: Dev) -> None:
    """Sandboxes have links to what was unpacked once."""
    (emulator,) = dev.temporary.glob("task-scheduler-emulator-*")
    sandboxes = list(emulator.glob("ministack-lambda-*/layer_0"))
    assert len(sandboxes) > 1
    assert all(layer.is_symlink() for layer in sandboxes)
    assert len({layer.resolve() for layer in sandboxes}) == 1


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
def test_edits_are_live_and_mistakes_leave_what_worked(
    start: Start, project: Path, tmp_path: Path
) -> None:
    dev = start()
    tasks, tfvars = tmp_path / "shared" / "tasks" / "mine.py", project / "terraform.tfvars"
    dev.see("made the bucket my.backups: a role may use it, and the root does not make it")
    page = dev.see("page of jobs: http://127.0.0.1:").rpartition(" ")[2]
    dev.see("1  hello  rate(1 hour) UTC, next ")
    dev.see("ready after ", "stack jobs")
    dev.see("its AWS: AWS_ENDPOINT_URL=http://127.0.0.1:")
    with urllib.request.urlopen(page, timeout=30) as answer:
        assert answer.status == 200
    dev.fire("1")
    fired = dev.position
    dev.see("    chat  ✓ hello: succeeded")
    dev.position = fired  # chat may come before the log's lines, or after
    dev.see("hello #1 | about to greet Ada")
    dev.see("hello #1 greet  success, attempt 1", "Hello, Ada!")
    check_layers_are_shared(dev)

    tasks.write_text(TASKS.replace("Hello", "Howdy"))
    dev.see("../shared/tasks/mine.py: live after ")
    dev.fire("hello")
    dev.see("Howdy, Ada!")

    tasks.write_text(f"import no_such_module\n{TASKS}")
    dev.see("mine.py does not import: ModuleNotFoundError", "(mine.py, line 1)")
    dev.see("the last code that imports stays live")
    dev.fire("1")
    dev.see("Howdy, Ada!")

    tasks.write_text(TASKS.replace("    print", FAILS))
    dev.see("../shared/tasks/mine.py: live after ")
    dev.fire("1")
    begun = dev.position
    dev.see("failed", "ValueError: Ada")
    dev.see('File "mine.py", line ', "in greet")
    dev.position = begun
    dev.see("jobs-run-task: AWS would refuse s3:ListAllMyBuckets: no statement of its role")

    second = TFVARS.replace("}\n}", '}\n  bye = { expression = "rate(1 day)", tasks = ["Bo"] }\n}')
    tasks.write_text(TASKS)
    dev.see("../shared/tasks/mine.py: live after ")
    tfvars.write_text(second)
    applied = dev.position
    dev.see("terraform.tfvars: live after ")
    dev.position = applied  # whoever looks at the runs may list the schedules before
    dev.see("1  bye    rate(1 day) UTC")
    dev.fire("bye")
    dev.see("bye #1 (text)  success")

    tfvars.write_text(second.replace("1 day", "1 days ago"))
    dev.see('schedule "bye": expression "rate(1 days ago)": rate(value unit) takes a whole number')
    dev.see("not applied: what was applied before stays")
    dev.fire("1")
    dev.see("bye #1 (text)  success")
    tfvars.write_text(second)
    dev.see("terraform.tfvars: live after ")

    started = descendants(dev.process.pid)
    ports = {int(each["GATEWAY_PORT"]) for each in started.values() if "GATEWAY_PORT" in each}
    assert len(ports) == 1
    assert dev.interrupt() == 0
    assert dev.lines[-1] == "Ended. Nothing is left running."
    wait_for(lambda: not any(is_alive(pid) for pid in started))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports.pop()), timeout=5)
    assert not list(dev.temporary.iterdir())
    left = {path.name for path in project.iterdir()}
    assert left == {"main.tf", "terraform.tfvars", ".taskctl"}
    assert not [path for path in tmp_path.rglob("*") if ".tfstate" in path.name]


def test_it_ends_within_seconds_though_tasks_run(start: Start, tmp_path: Path) -> None:
    (tmp_path / "shared" / "tasks" / "mine.py").write_text(SLEEPS.format(tmp_path / "begun"))
    dev = start()
    dev.see("ready after ")
    dev.fire("1")
    wait_for((tmp_path / "begun").exists)
    began = time.monotonic()
    assert dev.interrupt() == 0
    assert time.monotonic() - began < 20
    assert dev.lines[-1] == "Ended. Nothing is left running."
    assert not list(dev.temporary.iterdir())


def test_a_root_that_cannot_be_applied_is_applied_once_it_is_mended(
    start: Start, project: Path
) -> None:
    (project / "terraform.tfvars").write_text(TFVARS.replace("1 hour", "an hour"))
    own = """
  workers = {
    big = {
      secrets     = { API_TOKEN = "/jobs/big" }
      policy_arns = { theirs = "arn:aws:iam::aws:policy/AmazonAthenaFullAccess" }
    }
  }
"""
    (project / "main.tf").write_text(MAIN.replace("  secrets = ", f"{own}  secrets = "))
    dev = start(OTHER="", API_TOKEN="")
    dev.see("rate(value unit) takes a whole number")
    dev.see("not applied: waiting for an edit")
    (project / "terraform.tfvars").write_text(TFVARS)
    for place in ("/jobs/big", "/jobs/token"):
        dev.see(f"secret API_TOKEN ({place}) has no value here")
    dev.see("secret OTHER (jobs/other) has no value here: start taskctl dev with OTHER in its")
    dev.see("1  hello  rate(1 hour) UTC")
    dev.fire("no such schedule")
    dev.see("no schedule 'no such schedule'")
    assert dev.interrupt() == 0
    assert not list(dev.temporary.iterdir())
