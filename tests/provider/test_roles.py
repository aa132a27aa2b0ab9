"""A role and the policies in it, which the real provider deletes without a word in some cases."""

from __future__ import annotations

from task_scheduler_local.emulator import Emulator

from .aws import client
from .root import Root


def _role(name: str, path: str, reference: str) -> str:
    return f"""
        resource "aws_iam_role" "this" {{
          name = "{name}"
          path = "{path}"
          assume_role_policy = jsonencode({{
            Version = "2012-10-17"
            Statement = [{{
              Effect    = "Allow"
              Action    = "sts:AssumeRole"
              Principal = {{ Service = "lambda.amazonaws.com" }}
            }}]
          }})
        }}
        resource "aws_iam_role_policy" "this" {{
          name = "policy"
          role = aws_iam_role.this.{reference}
          policy = jsonencode({{
            Version   = "2012-10-17"
            Statement = [{{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }}]
          }})
        }}
    """


def _policies(emulator: Emulator, role: str) -> list[str]:
    names: list[str] = client(emulator, "iam").list_role_policies(RoleName=role)["PolicyNames"]
    return names


def test_a_replaced_role_loses_the_policy_that_hangs_on_its_name(
    root: Root, emulator: Emulator
) -> None:
    root.write(_role("by-name", "/", "name"))
    root.changes("apply")
    root.write(_role("by-name", "/jobs/", "name"))
    assert root.changes("apply") == {"aws_iam_role.this": "replace"}
    assert _policies(emulator, "by-name") == []
    assert root.changes("apply") == {"aws_iam_role_policy.this": "create"}
    root.changes("destroy")


def test_a_policy_that_hangs_on_the_id_is_replaced_with_its_role(
    root: Root, emulator: Emulator
) -> None:
    root.write(_role("by-id", "/", "id"))
    root.changes("apply")
    root.write(_role("by-id", "/jobs/", "id"))
    assert root.changes("apply") == {
        "aws_iam_role.this": "replace",
        "aws_iam_role_policy.this": "replace",
    }
    assert _policies(emulator, "by-id") == ["policy"]
    assert root.changes("plan") == {}
    root.changes("destroy")


def test_a_role_that_was_never_read_with_its_policy_cannot_be_deleted(
    root: Root, emulator: Emulator
) -> None:
    root.write(_role("unread", "/", "name"))
    root.changes("apply")
    root.write(_role("unread", "/jobs/", "name"))
    (failure,) = root.failures("apply", "-refresh=false")
    assert "DeleteConflict" in failure
    assert _policies(emulator, "unread") == ["policy"]
    root.write(_role("unread", "/", "name"))
    root.changes("destroy")
