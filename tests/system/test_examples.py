"""Every example: applied, one of its schedules run to the end, and destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_httpserver import HTTPServer

from task_scheduler_local import terraform
from task_scheduler_local.chat import serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT
from tests.system.examples import EXAMPLES, Example, keep_runs, run_schedule, succeeded
from tests.system.stack import wait_for


def test_every_example_is_applied_here() -> None:
    folders = {folder.name for folder in (ROOT / "examples").iterdir() if folder.is_dir()}
    assert folders == {*EXAMPLES, "backup", "chat-report", "report-after", "token"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schedule_of_the_example_runs_to_its_end(name: str, emulator: Emulator) -> None:
    with applied(name, EXAMPLES[name], emulator) as aws:
        EXAMPLES[name].assert_runs(aws)


def test_the_report_of_the_example_arrives_in_chat(
    emulator: Emulator, httpserver: HTTPServer
) -> None:
    rates = {"rates": {"USD": 1.1, "CHF": 0.95, "JPY": 160}}
    httpserver.expect_request("/latest").respond_with_json(rates)
    ssm = client("ssm", emulator.environment())
    with serving() as chat:
        ssm.put_parameter(Name="/chat-report/chat", Type="SecureString", Value=chat.url)
        try:
            report = Example(
                "chat-report", "rates", [], {"rates_url": httpserver.url_for("/latest")}
            )
            with applied("chat-report", report, emulator) as aws:
                run_schedule(report.prefix, report.schedule, aws)
                (message,) = wait_for(lambda: chat.messages)
        finally:
            ssm.delete_parameter(Name="/chat-report/chat")
    title, _, line, *_ = message.splitlines()
    assert title == "✓ rates: succeeded"
    assert line == "USD 1.1000, CHF 0.9500, JPY 160.0000"


def test_the_token_of_the_example_reaches_the_api_and_no_result(
    emulator: Emulator, httpserver: HTTPServer
) -> None:
    headers = {"Authorization": "Bearer tok-0123456789"}
    httpserver.expect_request("/orders", headers=headers).respond_with_json([1, 2, 3])
    ssm = client("ssm", emulator.environment())
    ssm.put_parameter(Name="/token/api", Type="SecureString", Value="tok-0123456789")
    example = Example("token", "orders", ["3 orders"], {"url": httpserver.url_for("/orders")})
    try:
        with applied("token", example, emulator) as aws:
            example.assert_runs(aws)
            run_schedule("token", "refresh", aws)
    finally:
        ssm.delete_parameter(Name="/token/api")


def test_the_backup_of_the_example_lies_in_the_bucket(
    emulator: Emulator, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/export").respond_with_data("all of it")
    s3 = client("s3", emulator.environment())
    s3.create_bucket(Bucket="backups-of-the-example")
    variables = {"bucket": "backups-of-the-example", "url": httpserver.url_for("/export")}
    result = "9 bytes in backups/2026-01-01.json"
    example = Example("backup", "nightly", [result], variables)
    with applied("backup", example, emulator) as aws:
        example.assert_runs(aws)
    stored = s3.get_object(Bucket="backups-of-the-example", Key="backups/2026-01-01.json")
    assert stored["Body"].read() == b"all of it"


def test_the_report_of_the_example_follows_the_run_that_it_sums_up(emulator: Emulator) -> None:
    with applied("report-after", Example("report-after", "report", []), emulator) as aws:
        keep_runs("report-after", aws)  # takes note that nothing has run yet
        counted = run_schedule("report-after", "count", aws)
        assert [task["result"] for task in counted["tasks"]] == ["oslo: 4", "rome: 4", "paris: 5"]
        keep_runs("report-after", aws)
        (report,) = wait_for(lambda: succeeded("report-after", "report", aws))
        keep_runs("report-after", aws)
        assert succeeded("report-after", "report", aws) == [report]
    assert report["parents"] == [counted["run"]]
    assert [task["result"] for task in report["tasks"]] == ["2026-01-01: 13 in 3 shops"]


@contextmanager
def applied(name: str, example: Example, emulator: Emulator) -> Iterator[dict[str, str]]:
    """Applies an example, yields what reaches AWS, and destroys it."""
    with terraform.workspace() as module:
        root = module / "examples" / name
        example.prepare(root, emulator)
        with terraform.attached(root, emulator.environment()) as aws:
            given = ["-auto-approve", "-input=false", *example.arguments()]
            terraform.run(root, aws, "init", "-input=false")
            terraform.run(root, aws, "apply", *given)
            try:
                yield emulator.environment()
            finally:
                terraform.run(root, aws, "destroy", *given)
