"""Failures are told in one sentence, and nothing that exists is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from task_scheduler_local.emulator import Emulator
from tests.forwarding import Answer, Exchange, forwarding

from .aws import client
from .root import Root, attached_root

_QUEUE = 'resource "aws_sqs_queue" "this" { name = "failures" }'
_LOG_GROUP = """
resource "aws_cloudwatch_log_group" "this" {
  name              = "half"
  retention_in_days = 7
}
"""


class _Failing:
    """The emulator behind a proxy that fails calls of one operation."""

    def __init__(self) -> None:
        self.url = ""
        self.failing = ""

    def answer(self, exchange: Exchange) -> Answer:
        if exchange.operation and exchange.operation == self.failing:
            return Answer(400, [], b'{"__type": "Injected", "message": "injected failure"}')
        return exchange.forward(exchange.body)


@pytest.fixture
def failing(emulator: Emulator) -> Iterator[_Failing]:
    made = _Failing()
    with forwarding(emulator.endpoint_url, made.answer) as made.url:
        yield made


@pytest.fixture
def root(emulator: Emulator, failing: _Failing, tmp_path: Path) -> Iterator[Root]:
    """A root that reaches the emulator through `failing`."""
    aws = emulator.environment() | {"AWS_ENDPOINT_URL": failing.url}
    with attached_root(tmp_path, aws) as root:
        yield root


def test_what_cannot_be_read_after_its_creation_is_not_forgotten(
    root: Root, failing: _Failing
) -> None:
    root.write(_QUEUE)
    failing.failing = "GetQueueAttributes"
    failures = root.failures("apply")
    assert len(failures) == 1
    assert "reading aws_sqs_queue" in failures[0]
    assert "Injected: injected failure" in failures[0]
    assert root.state()["aws_sqs_queue.this"]["id"]

    failing.failing = ""
    assert root.changes("apply") == {"aws_sqs_queue.this": "replace"}
    root.changes("destroy")


def test_what_failed_half_way_is_not_forgotten(
    root: Root, failing: _Failing, emulator: Emulator
) -> None:
    root.write(_LOG_GROUP)
    failing.failing = "PutRetentionPolicy"
    assert "creating aws_cloudwatch_log_group (half): Injected" in root.failures("apply")[0]
    assert root.state()["aws_cloudwatch_log_group.this"]["id"] == "half"

    failing.failing = ""
    root.changes("destroy")
    logs = client(emulator, "logs")
    assert logs.describe_log_groups(logGroupNamePrefix="half")["logGroups"] == []


def test_what_was_never_created_is_not_stored(root: Root) -> None:
    root.write("""
        resource "aws_scheduler_schedule" "this" {
          name                = "over"
          schedule_expression = "at(2020-01-01T00:00:00)"
          flexible_time_window { mode = "OFF" }
          target {
            arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
            role_arn = "arn:aws:iam::000000000000:role/role"
          }
        }
    """)
    failures = root.failures("apply")
    assert len(failures) == 1
    assert "at(2020-01-01T00:00:00): it lies in the past" in failures[0]
    assert root.state() == {}


def test_a_failed_change_is_in_the_state_and_only_a_refresh_shows_it(
    root: Root, failing: _Failing
) -> None:
    root.write(_QUEUE)
    root.changes("apply")
    root.write('resource "aws_sqs_queue" "this" {\nname = "failures"\ndelay_seconds = 1\n}')
    failing.failing = "SetQueueAttributes"
    assert "updating aws_sqs_queue" in root.failures("apply")[0]
    failing.failing = ""
    assert root.state()["aws_sqs_queue.this"]["delay_seconds"] == 1
    assert root.changes("plan", "-refresh=false") == {}
    assert root.changes("apply") == {"aws_sqs_queue.this": "update"}
    root.changes("destroy")


def test_a_queue_that_would_hand_tasks_out_again_too_soon_is_refused(root: Root) -> None:
    (root.folder / "code.py").write_text("")
    root.write("""
        data "archive_file" "code" {
          type        = "zip"
          source_file = "code.py"
          output_path = "code.zip"
        }
        resource "aws_sqs_queue" "this" {
          name                       = "too-soon"
          visibility_timeout_seconds = 29
        }
        resource "aws_lambda_function" "this" {
          function_name = "too-soon"
          role          = "arn:aws:iam::000000000000:role/role"
          filename      = data.archive_file.code.output_path
          handler       = "code.handler"
          runtime       = "python3.13"
          timeout       = 30
        }
        resource "aws_lambda_event_source_mapping" "this" {
          event_source_arn = aws_sqs_queue.this.arn
          function_name    = aws_lambda_function.this.arn
        }
    """)
    failures = root.failures("apply")
    assert len(failures) == 1
    assert "29 seconds is less than Function timeout: 30 seconds" in failures[0]
    assert root.state().keys() == {"aws_sqs_queue.this", "aws_lambda_function.this"}
    root.changes("destroy")


def test_a_name_that_does_not_fit_the_kind_of_queue_is_refused_by_plan(root: Root) -> None:
    root.write("""
        resource "aws_sqs_queue" "blank" { name = "a queue" }
        resource "aws_sqs_queue" "fifo" { name = "a.fifo" }
        resource "aws_sqs_queue" "deduplication" { content_based_deduplication = true }
    """)
    assert sorted(root.failures("plan")) == [
        "content-based deduplication can only be set for FIFO queues",
        "invalid queue name: a queue (must match [0-9A-Za-z_-]{1,80})",
        "invalid queue name: a.fifo (must match [0-9A-Za-z_-]{1,80})",
    ]


@pytest.mark.parametrize(
    "endpoint", [None, "https://sqs.eu-central-1.amazonaws.com", "http://10.0.0.1:4566", "4566"]
)
def test_nothing_but_this_machine_is_ever_called(tmp_path: Path, endpoint: str | None) -> None:
    aws = {"AWS_REGION": "us-east-1"} | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})
    with attached_root(tmp_path, aws) as root:
        root.write('provider "aws" {}\n' + _QUEUE)
        failures = root.failures("plan")
    assert failures == [
        f"AWS_ENDPOINT_URL is {endpoint or 'not set'}: the stand-in for hashicorp/aws works with "
        "an emulator on this machine only, for example http://127.0.0.1:4566"
    ]


def test_a_dead_emulator_is_told_in_one_sentence(tmp_path: Path) -> None:
    aws = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    with attached_root(tmp_path, aws) as root:
        root.write(_QUEUE)
        failures = root.failures("apply")
        assert failures == [
            "creating aws_sqs_queue (failures): Could not connect to the endpoint URL: "
            '"http://127.0.0.1:9/"'
        ]
        assert root.state() == {}
