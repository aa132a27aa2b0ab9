"""Settings of task code: those that cannot work are refused by name, excessive ones warned of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
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
    {"sid": "OfTables", "actions": ["dynamodb:*"], "resources": ["arn:aws:dynamodb:*:*:table/*"]},
    {"sid": "Patterns", "actions": ["s3:?*"], "resources": ["arn:aws:s3:::*", "arn:*:*:*:*:*"]},
]

ADMINISTRATOR = {"all": "arn:aws:iam::aws:policy/AdministratorAccess"}


# Workers that cannot work, and what is said about them.
WORKERS: dict[str, tuple[dict[str, Any], str]] = {
    "Big": ({}, "its name must be 1 to 20 small letters, digits and hyphens, the first a letter"),
    "dead-letter": ({}, "its name must be 1 to 20 small letters, digits and hyphens, the first a"),
    "slow": (
        {"timeout": 901},
        "timeout is 901: it must be a whole number from 1 to 900 (seconds, up to 15 minutes, which",
    ),
    "small": ({"memory": 127.5}, "memory is 127.5: it must be a whole number from 128 to 10240 (M"),
    "hoarder": (
        {"storage": 10241},
        "storage is 10241: it must be a whole number from 512 to 10240 (MB of /tmp, up to 10 GB)",
    ),
    "crowded": ({"batch_size": 11}, "batch_size is 11: it must be a whole number from 1 to 10"),
    "lonely": (
        {"maximum_concurrency": 1},
        "maximum_concurrency is 1: it must be a whole number from 2 to 1000",
    ),
    "hasty": (
        {"timeout": 900, "visibility_timeout": 600},
        "visibility_timeout is 600, less than timeout (900): tasks would be handed out again",
    ),
    "ordered": (
        {"fifo": True, "batch_window": 5},
        "batch_window is 5, but its queue is FIFO: Lambda waits for batches of standard queues",
    ),
    "layered": (
        {"layers": ["arn:aws:lambda:eu-west-9:000000000000:layer:pandas:1"]},
        'layers has "arn:aws:lambda:eu-west-9:000000000000:layer:pandas:1": it must be the ARN of',
    ),
    "secretive": ({"environment": {"PATH": "/"}}, "environment has PATH: Lambda, Python or the m"),
    "tenth": ({}, ""),
}


def messages(planned: Planned) -> list[str]:
    """The warnings of a plan."""
    return [
        problem["message"]
        for check in planned["checks"]
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
    ]


@pytest.fixture(scope="module")
def refused_workers(refusal: Callable[[Variables], str]) -> str:
    return refusal({"workers": {name: row[0] for name, row in WORKERS.items()}})


@pytest.mark.parametrize("name", [name for name, row in WORKERS.items() if row[1]])
def test_a_worker_that_cannot_work_is_refused_by_name(refused_workers: str, name: str) -> None:
    about_it = refused_workers.partition(f'worker "{name}": ')[2].partition(' worker "')[0]
    assert WORKERS[name][1] in about_it


def test_more_workers_than_sqs_lets_share_a_dead_letter_queue_are_refused(
    refused_workers: str,
) -> None:
    assert "workers has 12: besides the default one there may be 9" in refused_workers


def test_a_schedule_of_a_worker_that_is_not_there_is_refused_by_name(
    refusal: Callable[[Variables], str],
) -> None:
    lost = {"expression": "rate(1 day)", "task": "work", "worker": "huge"}
    said = refusal({"workers": {"big": {}}, "schedules": {"lost": lost}})
    assert 'schedule "lost": worker "huge" is not there: it must be one of big, default' in said


LISTS = {
    "a.jsonl": [
        '{"worker": "big", "args": {"worker": "nested"}}',
        '{"args": {"worker": "big"}, "worker": "huge"}',
        '{"worker": "default"}', '"the \\"worker\\": \\"huge\\""', '{"worker": "hu-ge"}',
    ],
    "b.csv": [
        "\ufeffname,worker,size", "Ada,big,1", "Grace,,2", "Mary,enormous,3", '"a,b",big,4', "",
    ],
    "c.csv": ["worker", "default", "large"],
    "d.csv": ["name,workers", "Ada,huge"],
    "e.txt": ['{"worker": "huge"}'],
    "f.jsonl": ['{"worker": "w"}'] * 13,
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_that_name_a_worker_that_is_not_there_are_warned_of_by_number(
    plan: Callable[[Variables], Planned], tmp_path: Path, end: str
) -> None:
    for name, lines in LISTS.items():
        (tmp_path / name).write_text(end.join(lines), encoding="utf-8", newline="")
    planned = plan(
        {
            "task_code_dir": str(tmp_path),
            "workers": {"big": {}},
            "schedules": {
                name: {"expression": "rate(1 day)", "task": "work", "tasks_file": name}
                for name in LISTS
            },
        }
    )
    (said,) = (text for text in messages(planned) if text.startswith("Lines of task files"))
    right = "is not there: it must be one of big, default"
    assert said.splitlines()[1:] == [
        f'  a.jsonl, line 2: worker "huge" {right}',
        f'  a.jsonl, line 5: worker "hu-ge" {right}',
        f'  b.csv, line 4: worker "enormous" {right}',
        f'  c.csv, line 3: worker "large" {right}',
        *(f'  f.jsonl, line {number}: worker "w" {right}' for number in range(1, 11)),
        "  f.jsonl: and 3 more",
    ]


def test_the_default_worker_is_not_described_twice(refusal: Callable[[Variables], str]) -> None:
    assert 'workers has "default": the default worker is described by the other variables' in (
        refusal({"workers": {"default": {"memory": 1024}}})
    )


def test_what_a_worker_would_permit_generators_in_vain_is_refused(
    refusal: Callable[[Variables], str],
) -> None:
    mine = {"policy_statements": [STATEMENT | {"generators": True}]}
    said = refusal({"workers": {"big": mine, "small": {"policy_statements": [STATEMENT]}}})
    assert 'a policy statement with generators = true, of "big": generators run in' in said


def test_a_function_whose_name_would_be_too_long_is_refused(
    refusal: Callable[[Variables], str],
) -> None:
    said = refusal({"prefix": "p" * 50, "workers": {"twelve-chars": {}}})
    assert f"the name of its function, {'p' * 50}-run-task-twelve-chars, has 72 characters" in said


@pytest.fixture(scope="module")
def refused(refusal: Callable[[Variables], str]) -> str:
    return refusal(GIVEN)


@pytest.mark.parametrize("sentence", SAID)
def test_what_cannot_work_is_refused_by_name(refused: str, sentence: str) -> None:
    assert sentence in refused


def test_all_of_it_is_said_in_one_go_and_nothing_else(refused: str) -> None:
    assert refused.count("Workers that cannot work:") == 1
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
    planned = plan({"policy_statements": WIDE, "policy_arns": ADMINISTRATOR})
    (said,) = (
        text
        for text in messages(planned)
        if text.startswith("policy_statements and policy_arns that allow")
    )
    assert said.splitlines()[1:] == [
        "  number 2: * on *",
        "  Wide: s3:* on *",
        "  Patterns: s3:?* on arn:aws:s3:::*, arn:*:*:*:*:*",
        "  policy_arns, all: arn:aws:iam::aws:policy/AdministratorAccess",
    ]
