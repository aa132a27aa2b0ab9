"""Data sources tell what the real ones tell, and warn where those are to change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .root import Root


def _warnings(root: Root) -> list[str]:
    """What `validate` warns of in the root's configuration; fails the test when it is refused."""
    told = json.loads(root.run("validate", "-json").stdout)
    assert told["valid"], told
    return [f"{d['summary']}: {d['detail']}" for d in told["diagnostics"]]


def _outputs(root: Root) -> dict[str, Any]:
    """What the root tells after `apply`."""
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
