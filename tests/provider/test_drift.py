"""Changes and deletions made without Terraform: the next plan shows them, apply repairs them."""

from __future__ import annotations

from task_scheduler_local.emulator import Emulator

from .aws import client
from .root import Root

_CONFIGURATION = """
resource "aws_sqs_queue" "changed" {
  name                       = "drift-changed"
  visibility_timeout_seconds = 60
}

resource "aws_sqs_queue" "deleted" {
  name = "drift-deleted"
}

resource "aws_sqs_queue" "policed" {
  name = "drift-policed"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = ["sqs:SendMessage", "sqs:ReceiveMessage"]
      Resource  = ["*"]
    }]
  })
}

resource "aws_cloudwatch_log_group" "tagged" {
  name = "drift-tagged"
  tags = { purpose = "test" }
}

resource "aws_scheduler_schedule_group" "deleted" {
  name = "drift-deleted"
}
"""

# The policy above in other words.
_SAME_POLICY = (
    '{"Statement":{"Action":["sqs:ReceiveMessage","sqs:SendMessage"],"Resource":"*",'
    '"Principal":"*","Effect":"Deny"},"Version":"2012-10-17"}'
)


def test_drift_is_seen_and_mended(root: Root, emulator: Emulator) -> None:
    root.write(_CONFIGURATION)
    root.changes("apply")
    state = root.state()

    sqs, logs = client(emulator, "sqs"), client(emulator, "logs")
    changed, deleted, policed = (
        state[f"aws_sqs_queue.{name}"]["url"] for name in ("changed", "deleted", "policed")
    )
    sqs.set_queue_attributes(QueueUrl=changed, Attributes={"VisibilityTimeout": "90"})
    sqs.delete_queue(QueueUrl=deleted)
    sqs.set_queue_attributes(QueueUrl=policed, Attributes={"Policy": _SAME_POLICY})
    group = state["aws_cloudwatch_log_group.tagged"]["arn"]
    logs.tag_resource(resourceArn=group, tags={"purpose": "other"})
    client(emulator, "scheduler").delete_schedule_group(Name="drift-deleted")

    assert root.changes("apply") == {
        "aws_sqs_queue.changed": "update",
        "aws_sqs_queue.deleted": "create",
        "aws_cloudwatch_log_group.tagged": "update",
        "aws_scheduler_schedule_group.deleted": "create",
    }
    answer = sqs.get_queue_attributes(QueueUrl=changed, AttributeNames=["All"])
    assert answer["Attributes"]["VisibilityTimeout"] == "60"
    assert logs.list_tags_for_resource(resourceArn=group)["tags"] == {"purpose": "test"}
    assert root.changes("plan") == {}
    root.changes("destroy")


def test_what_is_gone_already_is_no_hindrance_to_destroy(root: Root, emulator: Emulator) -> None:
    root.write('resource "aws_sqs_queue" "this" { name = "drift-gone" }')
    root.changes("apply")
    url = root.state()["aws_sqs_queue.this"]["url"]
    client(emulator, "sqs").delete_queue(QueueUrl=url)
    root.changes("destroy", "-refresh=false")
    assert root.state() == {}


def test_a_resource_stays_in_the_region_of_its_own(root: Root, emulator: Emulator) -> None:
    root.write('resource "aws_sqs_queue" "abroad" {\nname = "abroad"\nregion = "eu-west-1"\n}')
    root.changes("apply")
    queue = root.state()["aws_sqs_queue.abroad"]
    assert queue["region"] == "eu-west-1"
    assert queue["arn"].startswith("arn:aws:sqs:eu-west-1:")
    assert root.changes("plan") == {}
    root.write('resource "aws_sqs_queue" "abroad" {\nname = "abroad"\nregion = "us-east-1"\n}')
    assert root.changes("apply") == {"aws_sqs_queue.abroad": "replace"}
    root.changes("destroy")
    assert client(emulator, "sqs").list_queues(QueueNamePrefix="abroad").get("QueueUrls", []) == []
