"""What task code is given and cannot work is refused by name; too much is warned of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler_local.emulator import REGION

from .conftest import Planned, Variables

POLICY = "arn:aws:iam::000000000000:policy"
STATEMENT = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::reports/*"]}

# Values that cannot work, each a variable of the root, and what is said about them.
GIVEN: Variables = {
    "environment": {
        "X": "", "1ST": "", "TWO WORDS": "", "_HIDDEN": "", "Fine_2": "", "MY_PATH": "",
        "AWS_REGION": "", "LAMBDA_TASK_ROOT": "", "PYTHONPATH": "", "PATH": "", "QUEUE_URL": "",
        "TASK_SECRETS": "", "BOTH": "", "TZ": "UTC", "NOTHING": None,
    },
    "secrets": {
        "API-TOKEN": "/jobs/token",
        "AWS_SECRET_ACCESS_KEY": "/jobs/key",
        "LOG_LEVEL": "/jobs/level",
        "BOTH": "/jobs/both",
        "ONE": "the secret itself!",
        "TWO": "/",
        "FINE": "jobs/token",
        "SSM": "arn:aws:ssm:eu-west-9:000000000000:parameter/a",
        "CHINA": "arn:aws-cn:secretsmanager:us-east-1:000000000000:secret:a-AbCdEf",
        "FINE_TOO": "arn:aws:ssm:us-east-1:000000000000:parameter/a",
    },
    "secrets_kms_key_arns": ["alias/key", "arn:aws:kms:eu-west-9:000000000000:key/0123"],
    "policy_statements": [
        STATEMENT,
        {"actions": [], "resources": []},
        {"sid": "Calls", "actions": ["s3:Get*", "*", "GetObject", "s3:Get Object"],
         "resources": ["*", "reports", "arn:aws:s3:::reports"]},
        STATEMENT | {"sid": "two words"},
        STATEMENT | {"sid": "Same"},
        STATEMENT | {"sid": "Same"},
    ],
    "policy_arns": {
        "mail": "arn:aws:iam::000000000000:role/mail",
        "theirs": "arn:aws:iam::111122223333:policy/a",
        "china": "arn:aws-cn:iam::aws:policy/a",
        "aws": "arn:aws:iam::aws:policy/a",
    } | {f"fine-{number}": f"{POLICY}/a{number}" for number in range(17)},
}  # fmt: skip

SAID = [
    *(
        f'environment has "{name}": a name must be a letter and 1 or more letters, digits and und'
        for name in ("X", "1ST", "TWO WORDS", "_HIDDEN")
    ),
    *(
        f"environment has {name}: Lambda, Python or the module uses this name itself; choose"
        for name in (
            "AWS_REGION", "LAMBDA_TASK_ROOT", "PYTHONPATH", "PATH", "QUEUE_URL", "TASK_SECRETS",
        )
    ),
    'secrets has "API-TOKEN": a name must be a letter and 1 or more letters, digits and',
    "secrets has AWS_SECRET_ACCESS_KEY: Lambda, Python or the module uses this name itself",
    "secrets has LOG_LEVEL: Lambda, Python or the module uses this name itself; choose another",
    "environment has no value for NOTHING: leave the name out, or give it a text",
    "environment and secrets both have BOTH: it must be in one of them",
    *(
        f"secrets has no name or ARN for {name}: it must be the name of an SSM parameter, which "
        "begins with a slash, such as /jobs/token, the name of a secret, such as jobs/token, or"
        for name in ("ONE", "TWO")
    ),
    "another region or partition for SSM: it must begin with arn:aws:ssm:us-east-1",
    "another region or partition for CHINA: it must begin with arn:aws:secretsmanager:us-east-1",
    *(
        f'secrets_kms_key_arns has "{arn}": it must be the ARN of a key (not of an alias) of this '
        "region, arn:aws:kms:us-east-1:000000000000:key/ID"
        for arn in ("alias/key", "arn:aws:kms:eu-west-9:000000000000:key/0123")
    ),
    "policy_statements, number 2: it has no actions",
    "policy_statements, number 2: it has no resources",
    'policy_statements, Calls: action "GetObject" must be a service and a call of it, such as s3:G',
    'policy_statements, Calls: action "s3:Get Object" must be',
    'policy_statements, Calls: resource "reports" must be an ARN, such as arn:aws:s3:::BUCKET/*',
    "policy_statements, two words: a sid must be made of letters and digits",
    "policy_statements, Same: several have this sid, which IAM takes once",
    *(
        f'policy_arns, {key}: "{arn}" must be the ARN of a policy, arn:aws:iam::000000000000:'
        for key, arn in (
            ("mail", "arn:aws:iam::000000000000:role/mail"),
            ("theirs", "arn:aws:iam::111122223333:policy/a"),
            ("china", "arn:aws-cn:iam::aws:policy/a"),
        )
    ),
    "policy_arns has 21 policies: IAM attaches 20 to a role at most",
]  # fmt: skip

MISFITS: list[tuple[Variables, str]] = [
    (
        {"secrets_kms_key_arns": ["arn:aws:kms:us-east-1:000000000000:key/0123"]},
        "secrets_kms_key_arns are given but no secrets: they are the keys of what secrets names",
    ),
    (
        {"environment": {"LARGE": "x" * 2_000, "LARGER": "y" * 2_000}},
        "The environment of cdklab-run-task has ",
    ),
    (
        {"policy_statements": [STATEMENT | {"resources": [f"arn:aws:s3:::{'b' * 11_000}"]}]},
        f"The policy of the role cdklab-{REGION}-run-task has ",
    ),
]

WIDE = [
    STATEMENT,
    {"actions": ["*"], "resources": ["arn:aws:s3:::a", "*"]},
    {"sid": "Wide", "actions": ["s3:Get*", "s3:*", "ses:SendEmail"], "resources": ["*"]},
    {"sid": "Needed", "actions": ["ses:SendEmail", "ce:Get*"], "resources": ["*"]},
    {"sid": "OfOne", "actions": ["s3:*"], "resources": ["arn:aws:s3:::reports/*"]},
]


@pytest.fixture(scope="module")
def refused(refusal: Callable[[Variables], str]) -> str:
    return refusal(GIVEN)


@pytest.mark.parametrize("sentence", SAID)
def test_what_cannot_work_is_refused_by_name(refused: str, sentence: str) -> None:
    assert sentence in refused


def test_all_of_it_is_said_in_one_go_and_nothing_else(refused: str) -> None:
    assert refused.count("What task code is given cannot work:") == 1
    for fine in ("Fine_2", "MY_PATH", "TZ:", "FINE", "fine-", "aws:", "number 1:"):
        assert f"{fine} " not in refused


def test_what_may_be_a_secret_is_not_repeated(refused: str) -> None:
    assert "the secret itself!" not in refused


@pytest.mark.parametrize(("variables", "sentence"), MISFITS)
def test_what_does_not_fit_is_refused(
    refusal: Callable[[Variables], str], variables: Variables, sentence: str
) -> None:
    assert sentence in refusal(variables)


def test_a_statement_that_allows_everything_is_warned_of_by_name(
    plan: Callable[[Variables], Planned],
) -> None:
    messages: list[Any] = [
        problem["message"]
        for check in plan({"policy_statements": WIDE})["checks"]
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
    ]
    (said,) = (text for text in messages if text.startswith("policy_statements that allow"))
    assert said.splitlines()[1:] == ["  number 2: * on *", "  Wide: s3:* on *"]
