"""A user's own roles, keys and networks, and the module's outputs, in one configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import REGION, Emulator

from .conftest import SMALL_LAYER, Planned, resources

# Stand-ins for what is made in the same apply, a key, a topic, subnets: what they are called is not
# known before.
ROOT = """
provider "aws" {}

variable "layer_dir" {
  type = string
}

resource "terraform_data" "key" {
  input = jsonencode(module.task_scheduler.kms_key_policy_statements)
}

resource "terraform_data" "topic" {}

resource "terraform_data" "other" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "locked"
  layer_dir     = var.layer_dir
  deduplication = true
  kms_key_arn   = "arn:aws:kms:us-east-1:000000000000:key/${terraform_data.key.id}"
  roles = {
    path                 = "/jobs/"
    permissions_boundary = terraform_data.other.id
  }
  vpc = {
    subnet_ids         = [terraform_data.other.id]
    security_group_ids = [terraform_data.other.id]
  }
  notify = {
    secret      = terraform_data.other.id
    kms_key_arn = terraform_data.other.id
  }
  schedules = {
    listed = { expression = "rate(1 day)", tasks_s3_uri = "s3://${terraform_data.other.id}/a.csv" }
  }
  tags = { made-by = terraform_data.other.id }
  monitoring = {
    topic = { arn = "arn:aws:sns:us-east-1:000000000000:${terraform_data.topic.id}" }
  }
}
"""


@pytest.fixture(scope="module")
def planned(root: Path, emulator: Emulator) -> Planned:
    folder = root / "examples" / "locked"
    folder.mkdir()
    (folder / "main.tf").write_text(ROOT, encoding="utf-8")
    layer = f"-var=layer_dir={root / SMALL_LAYER['layer_dir']}"
    with terraform.attached(folder, emulator.environment()) as aws:
        terraform.run(folder, aws, "init")
        terraform.run(folder, aws, "plan", "-out=plan", layer)
        shown: Planned = json.loads(terraform.run(folder, aws, "show", "-json", "plan"))
    return shown


def statements(planned: Planned) -> dict[str, dict[str, Any]]:
    (key,) = (
        values
        for address, values in resources(planned, "terraform_data").items()
        if address.endswith("key")
    )
    return {statement["Sid"]: statement for statement in json.loads(key["input"])}


def test_a_key_takes_its_policy_from_the_module_that_uses_it(planned: Planned) -> None:
    assert statements(planned).keys() == {"Logs", "Roles", "Schedules"}


def test_the_key_policy_names_the_logs_and_the_roles_of_this_instance(planned: Planned) -> None:
    policy = statements(planned)
    assert policy["Logs"]["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    groups = {group["name"] for group in resources(planned, "aws_cloudwatch_log_group").values()}
    assert policy["Logs"]["Condition"]["ArnEquals"] == {
        "kms:EncryptionContext:aws:logs:arn": [
            f"arn:aws:logs:{REGION}:000000000000:log-group:{name}"
            for name in sorted(groups, reverse=True)
        ]
    }
    roles = {
        f"arn:aws:iam::000000000000:role{role['path']}{role['name']}"
        for role in resources(planned, "aws_iam_role").values()
    }
    assert set(policy["Roles"]["Condition"]["ArnEquals"]["aws:PrincipalArn"]) == roles
    assert policy["Roles"]["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}


def test_a_topic_that_is_not_there_yet_is_used_instead_of_ours(planned: Planned) -> None:
    assert resources(planned, "aws_sns_topic") == {}
    assert resources(planned, "aws_cloudwatch_metric_alarm")


def test_what_is_not_known_yet_is_not_refused(planned: Planned) -> None:
    functions = resources(planned, "aws_lambda_function").values()
    assert all(function["vpc_config"] for function in functions)
    assert resources(planned, "aws_scheduler_schedule")
