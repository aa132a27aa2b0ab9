"""Secrets reach task code, and nothing that anybody can read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from task_scheduler_local import terraform
from task_scheduler_local.chat import serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from tests.system.examples import run_schedule
from tests.system.stack import Stack, wait_for

TOKEN = "tok-Zx81/Qq+secret-value"
DATABASE = 'postgres://jobs:p4ss"word@db.internal/jobs'
OTHER = "tok-of-the/other+worker"
SECRETS = (TOKEN, DATABASE, json.dumps(DATABASE)[1:-1], OTHER)

PRINTED = ("printed *** ***", "written ***", "cannot log in with *** at ***", "elsewhere ***")
"""Lines of the log that its readers may have to wait for."""

FAILING = 3
"""Ways of giving a secret away in which the task fails, the other worker's among them."""

EVENT = {
    "scheduled_time": "2026-01-01T00:00:00Z",
    "task": "leak",
    "retries": 0,
    "notify_on": ["success", "failure", "recovery"],
}


@dataclass
class Seen:
    """Whatever can be read of the applied stack, by where it stands."""

    texts: dict[str, str]
    asked: list[str]
    """The Authorization headers that the server got."""


@pytest.fixture
def seen(emulator: Emulator, httpserver: HTTPServer) -> Iterator[Seen]:
    aws = emulator.environment()
    asked: list[str] = []

    def echo(request: Request) -> Response:
        asked.append(request.headers["Authorization"])
        return Response(json.dumps(dict(request.headers)))

    httpserver.expect_request("/echo").respond_with_handler(echo)
    ssm, secrets = client("ssm", aws), client("secretsmanager", aws)
    with terraform.workspace() as module, serving() as chat:
        root = module / "tests" / "system" / "roots" / "secrets"
        ssm.put_parameter(Name="/secretive/token", Type="SecureString", Value=TOKEN)
        ssm.put_parameter(Name="/secretive/other", Type="SecureString", Value=OTHER)
        ssm.put_parameter(Name="/secretive/chat", Type="SecureString", Value=chat.url)
        secrets.create_secret(Name="secretive/database", SecretString=DATABASE)
        with terraform.attached(root, aws) as attached:
            texts = _apply(root, attached, httpserver.url_for("/echo"))
        stack = Stack(json.loads(texts["outputs"])["names"]["value"], aws)
        ran = run_schedule("secretive", "asking", aws)
        for name, source in (("leaking", "ways"), ("unmade", "broken")):
            stack.fire(**EVENT, schedule=name, tasks_source=source)
        stack.fire(**EVENT | {"task": "elsewhere", "worker": "other"}, schedule="elsewhere")
        dead = wait_for(lambda: stack.dead_letters("runs_dead_letter_queue"))
        wait_for(lambda: len(stack.dead_letters("tasks_dead_letter_queue")) == FAILING)
        texts |= {
            "runs": json.dumps(ran),
            "dead runs": json.dumps(dead),
            "dead tasks": json.dumps(stack.dead_letters("tasks_dead_letter_queue")),
            "chat": "\n".join(wait_for(lambda: chat.messages)),
            "log": wait_for(lambda: _whole_log(stack)),
            "functions": _settings(stack),
            "ledger": _whole_ledger(stack),
        }
        yield Seen(texts, asked)
        with terraform.attached(root, aws) as attached:
            terraform.run(
                root, attached, "destroy", "-auto-approve", "-input=false", "-var=url=none"
            )
        secrets.delete_secret(SecretId="secretive/database", ForceDeleteWithoutRecovery=True)
        for name in ("token", "other", "chat"):
            ssm.delete_parameter(Name=f"/secretive/{name}")


def _apply(root: Path, aws: dict[str, str], url: str) -> dict[str, str]:
    """Applies a saved plan; returns everything that Terraform says and keeps."""
    terraform.run(root, aws, "init", "-input=false")
    said = terraform.run(root, aws, "plan", "-input=false", "-out=plan", f"-var=url={url}")
    shown = terraform.run(root, aws, "show", "-json", "plan")
    said += terraform.run(root, aws, "apply", "-input=false", "plan")
    return {
        "plan": said + shown,
        "state": (root / "terraform.tfstate").read_text(encoding="utf-8"),
        "outputs": terraform.run(root, aws, "output", "-json"),
    }


def _whole_log(stack: Stack) -> str:
    log = _log(stack)
    return log if all(line in log for line in PRINTED) else ""


def _log(stack: Stack) -> str:
    logs = client("logs", stack.aws)
    groups = [stack.names[function]["log_group"] for function in ("send_task", "run_task")]
    return "\n".join(
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    )


def _whole_ledger(stack: Stack) -> str:
    table = stack.names["ledger"]["name"]
    pages = client("dynamodb", stack.aws).get_paginator("scan").paginate(TableName=table)
    return json.dumps([item for page in pages for item in page["Items"]], default=str)


def _settings(stack: Stack) -> str:
    functions = client("lambda", stack.aws)
    names = [stack.names[function]["name"] for function in ("send_task", "run_task")]
    names.append(stack.names["workers"]["other"]["function"]["name"])
    found = [functions.get_function_configuration(FunctionName=name) for name in names]
    return json.dumps(found, default=str)


def test_a_secret_reaches_task_code_and_appears_nowhere(seen: Seen, emulator: Emulator) -> None:
    texts = seen.texts | {"emulator": emulator._log()}

    assert [where for where, text in texts.items() if any(s in text for s in SECRETS)] == []
    assert seen.asked == [f"Bearer {TOKEN}"]
    assert all(line in texts["log"] for line in PRINTED)
    for where in ("dead tasks", "ledger"):
        assert "cannot log in with *** at ***" in texts[where]
        assert "no entry with ***" in texts[where]
    assert "***" in texts["chat"]
    assert "no page for ***" in texts["dead runs"]
    assert "/secretive/token" in texts["plan"]
