"""The pictures in docs/pictures: what taskctl and chat show, taken from a real run.

`make pictures` applies a stack on the emulator, lets it run and fail, and draws what each command
prints on a terminal of 80 columns, and digests in the forms of Slack and Discord.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from task_scheduler_local import terraform
from task_scheduler_local.chat import serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT
from tools import digest_pictures

PICTURES = ROOT / "docs" / "pictures"

_WIDTH = 80
_STACK = """
provider "aws" {}

module "jobs" {
  source        = "../.."
  prefix        = "jobs"
  timezone      = "Europe/Berlin"
  task_code_dir = "${path.module}/tasks"

  notify    = { ssm_parameter = "/jobs/chat" }
  notify_on = ["success", "failure", "recovery"]

  schedules = {
    nightly-report = {
      expression = "cron(30 2 ? * MON-FRI *)"
      task       = "report"
      tasks      = ["sales", "stock", "returns"]
    }
    invoices = {
      expression = "cron(0 6 1 * ? *)"
      task       = "invoice"
      tasks      = ["Ada", "Grace"]
      retries    = 0
    }
    heartbeat = {
      expression = "rate(15 minutes)"
      tasks      = ["still here"]
      notify_on  = []
    }
  }
}

output "jobs" {
  value = module.jobs
}
"""
_TASKS = """
from task_scheduler import task

@task("report")
def report(name):
    return {"report": name, "rows": len(name) * 117}

@task("invoice")
def invoice(customer):
    if customer == "Grace":
        raise LookupError("no address of Grace")
    return f"sent to {customer}"
"""
_PICTURES = {
    "next": ["next", "-n", "3"],
    "runs": ["runs", "--since", "1h"],
    "runs-failed": ["runs", "--failed"],
    "failed": ["failed"],
    "show": ["show", "invoices"],
    "logs": ["logs", "invoices"],
    "stats": ["stats"],
    "cost": ["cost"],
    "backfill": ["backfill", "nightly-report", "--from", "2026-11-18", "--dry-run"],
    "try": ["try", "greet", "Ada", "--task-code-dir", str(ROOT / "tasks")],
}


def main() -> None:
    """Draws every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    digest_pictures.main()
    with Emulator() as emulator, serving() as chat, terraform.workspace() as module:
        root = module / "examples" / "pictures"
        (root / "tasks").mkdir(parents=True)
        (root / "main.tf").write_text(_STACK, encoding="utf-8")
        (root / "tasks" / "jobs.py").write_text(_TASKS, encoding="utf-8")
        aws = emulator.environment()
        client("ssm", aws).put_parameter(Name="/jobs/chat", Type="SecureString", Value=chat.url)
        terraform.run(root, aws, "init", "-input=false")
        terraform.run(root, aws, "apply", "-auto-approve", "-input=false")
        for schedule in ("nightly-report", "invoices", "heartbeat"):
            _taskctl(aws, root, "run", schedule, "--yes")
        for name, arguments in _PICTURES.items():
            _draw(name, arguments, _taskctl(aws, root, *arguments))


def _taskctl(aws: dict[str, str], root: Path, *arguments: str) -> str:
    """Run a command and return what it prints on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "taskctl", *arguments, *_stack_option(arguments[0])],
        cwd=root,
        env={
            **os.environ,
            **aws,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")]),
            "COLUMNS": str(_WIDTH),
            "TERM": "xterm-256color",
            "TZ": "Europe/Berlin",
        },
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    )
    os.close(theirs)
    printed = b""
    while True:
        try:
            read = os.read(ours, 65_536)
        except OSError:  # Linux's end of a terminal
            break
        if not read:
            break
        printed += read
    os.close(ours)
    process.wait()
    return printed.decode().replace("\r\n", "\n")


def _stack_option(command: str) -> list[str]:
    return [] if command in ("try", "check") else ["--prefix", "jobs"]


def _draw(name: str, arguments: list[str], printed: str) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_WIDTH, file=nowhere, force_terminal=True)
        shown = [argument.replace(str(ROOT / "tasks"), "tasks") for argument in arguments]
        console.print(Text(f"$ taskctl {' '.join(shown)}\n", style="bold"))
        console.print(Text.from_ansi(printed.rstrip("\n")))
    console.save_svg(str(PICTURES / f"{name}.svg"), title="taskctl", unique_id=name)


if __name__ == "__main__":
    main()
