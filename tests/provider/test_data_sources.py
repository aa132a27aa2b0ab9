"""Data sources tell what the real ones tell, and warn where those are to change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from task_scheduler_local.provider.aws import AwsProvider

from .core import Core
from .root import Root, errors


def _warnings(root: Root) -> list[str]:
    """Return the warnings of `validate` for the root; fail the test when it is refused."""
    told = json.loads(root.run("validate", "-json").stdout)
    assert told["valid"], told
    return [f"{d['summary']}: {d['detail']}" for d in told["diagnostics"]]


def _outputs(root: Root) -> dict[str, Any]:
    """Return the root's outputs after `apply`."""
    root.changes("apply")
    outputs = json.loads(root.run("output", "-json").stdout)
    return {name: output["value"] for name, output in outputs.items()}


def test_a_service_tells_the_region_without_a_warning(root: Root) -> None:
    root.write("""
        data "aws_service" "sqs" { service_id = "sqs" }
        output "region" { value = data.aws_service.sqs.region }
        output "service" { value = data.aws_service.sqs }
    """)
    assert _warnings(root) == []
    outputs = _outputs(root)
    assert outputs["region"] == "us-east-1"
    assert outputs["service"] == {
        "dns_name": "sqs.us-east-1.amazonaws.com",
        "id": "com.amazonaws.us-east-1.sqs",
        "partition": "aws",
        "region": "us-east-1",
        "reverse_dns_name": "com.amazonaws.us-east-1.sqs",
        "reverse_dns_prefix": "com.amazonaws",
        "service_id": "sqs",
        "supported": True,
    }


def test_a_service_of_another_region_is_named_for_that(root: Root) -> None:
    root.write("""
        data "aws_service" "sqs" {
          region     = "eu-west-1"
          service_id = "sqs"
        }
        output "name" { value = data.aws_service.sqs.dns_name }
    """)
    assert _outputs(root) == {"name": "sqs.eu-west-1.amazonaws.com"}


@pytest.mark.parametrize(
    ("source", "attribute", "value"),
    [
        ("aws_region", "id", "us-east-1"),
        ("aws_region", "name", "us-east-1"),
        ("aws_partition", "id", "aws"),
    ],
)
def test_what_later_versions_deprecate_is_told_with_a_warning(
    root: Root, source: str, attribute: str, value: str
) -> None:
    root.write(f"""
        data "{source}" "this" {{}}
        output "this" {{ value = data.{source}.this.{attribute} }}
    """)
    (warning,) = _warnings(root)
    assert f'The attribute "{attribute}" is deprecated' in warning
    assert _outputs(root) == {"this": value}


@pytest.mark.parametrize(
    ("region", "partition", "dns_suffix", "reverse_dns_prefix"),
    [
        ("eu-central-1", "aws", "amazonaws.com", "com.amazonaws"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "com.amazonaws"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov", "gov.ic.c2s"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "eu.amazonaws"),
        ("eu-north-99", "aws", "amazonaws.com", "com.amazonaws"),
        ("elsewhere", "aws", "amazonaws.com", "com.amazonaws"),
    ],
)
def test_the_partition_is_that_of_the_region(
    monkeypatch: pytest.MonkeyPatch,
    region: str,
    partition: str,
    dns_suffix: str,
    reverse_dns_prefix: str,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    core = Core(AwsProvider(), region=region)
    told = core.read("aws_partition")
    assert told["partition"] == told["id"] == partition
    assert told["dns_suffix"] == dns_suffix
    assert told["reverse_dns_prefix"] == reverse_dns_prefix
    service = core.read("aws_service", service_id="sqs")
    assert service["partition"] == partition
    assert service["region"] == region
    assert service["dns_name"] == f"sqs.{region}.{dns_suffix}"
    assert service["reverse_dns_name"] == f"{reverse_dns_prefix}.{region}.sqs"


def test_a_service_of_another_partition_is_in_that(core: Core) -> None:
    told = core.read("aws_service", region="cn-north-1", service_id="sqs")
    assert told["partition"] == "aws-cn"
    assert told["dns_name"] == "sqs.cn-north-1.amazonaws.com"  # as the real provider has it


def test_a_version_of_a_layer_tells_what_it_was_published_for(root: Root) -> None:
    root.write("""
        data "archive_file" "layer" {
          type        = "zip"
          output_path = "layer.zip"
          source {
            filename = "python/empty.py"
            content  = ""
          }
        }
        resource "aws_lambda_layer_version" "this" {
          layer_name               = "published"
          filename                 = data.archive_file.layer.output_path
          compatible_runtimes      = ["python3.13"]
          compatible_architectures = ["arm64"]
        }
        data "aws_lambda_layer_version" "this" {
          layer_name = aws_lambda_layer_version.this.layer_arn
          version    = aws_lambda_layer_version.this.version
        }
        output "layer" { value = data.aws_lambda_layer_version.this }
        output "size" { value = aws_lambda_layer_version.this.source_code_size }
    """)
    outputs = _outputs(root)
    layer = outputs["layer"]
    assert layer["arn"] == layer["id"] == f"{layer['layer_arn']}:1"
    assert layer["compatible_architectures"] == ["arm64"]
    assert layer["compatible_runtimes"] == ["python3.13"]
    assert layer["source_code_size"] == outputs["size"] > 0


def test_a_version_of_a_layer_that_is_not_there_is_an_error_that_names_it(root: Root) -> None:
    root.write("""
        data "aws_lambda_layer_version" "this" {
          layer_name = "nowhere"
          version    = 7
        }
    """)
    (error,) = errors(root.run("plan", "-json"))
    assert "reading Lambda Layer (nowhere) Version (7): " in error
