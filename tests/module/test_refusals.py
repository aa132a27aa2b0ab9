"""Bad input fails the plan, with a sentence that names what, where, and what would be right."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local.emulator import REGION

from .conftest import Planned, Variables, resources

TOPIC = f"arn:aws:sns:{REGION}:000000000000"

RUNS = {"expression": "rate(1 hour)", "task": "work"}


def _chain(length: int, *, first: dict[str, Any]) -> dict[str, Any]:
    """Return schedules s1, s2, ..., each after the one before it."""
    others = {f"s{n}": {"after": [f"s{n - 1}"], "task": "work"} for n in range(2, length + 1)}
    return {"s1": {"task": "work"} | first} | others


# Schedules that follow others and cannot, and what is said about them.
FOLLOWERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "beside-an-expression": (
        {"a": RUNS, "b": RUNS | {"after": ["a"]}},
        ['schedule "b": expression and after are given: it runs at its own times, or after others'],
    ),
    "nobody": (
        {"b": {"after": [], "task": "work"}},
        ['schedule "b": after is an empty list: it must name the schedules that it follows'],
    ),
    "empty": (
        {"a": RUNS, "b": {"after": ["a", " "], "task": "work"}},
        ['schedule "b": after: number 2 is empty; each must be the name of a schedule'],
    ),
    "unknown": (
        {"a": RUNS, "b": {"after": ["a", "c"], "task": "work"}},
        ['schedule "b": after has "c", which is not there: it must be a list of names of'],
    ),
    "twice": (
        {"a": RUNS, "b": {"after": ["a", "a"], "task": "work"}},
        ['schedule "b": after has "a" more than once: it must be a list of different names'],
    ),
    "itself": (
        {"b": {"after": ["b"], "task": "work"}},
        ['schedule "b": after has its own name: it would wait for itself'],
    ),
    "a-circle": (
        _chain(3, first={"after": ["s3"]}) | {"b": {"after": ["s2"], "task": "work"}},
        [
            f'schedule "s{n}": after makes a circle: s1, s2, s3 wait for each other'
            for n in (1, 2, 3)
        ],
    ),
    "a-large-circle": (
        _chain(16, first={"after": ["s16"]}),
        ['schedule "s7": after makes a circle: s1, s10, s11, s12, s13, s14, s15, s16, s2, s3, s4'],
    ),
    "a-chain-of-nine": (
        _chain(9, first=RUNS),
        [
            'schedule "s9": after makes a chain of more than 8 schedules: it follows '
            "s1, s2, s3, s4, s5, s6, s7, s8",
        ],
    ),
    "any-outcome-alone": (
        {"a": RUNS | {"after_any_outcome": True}},
        ['schedule "a": after_any_outcome is given, but no after: it must name the schedules'],
    ),
    "times": (
        {
            "a": RUNS,
            "b": {"after": ["a"], "task": "work", "end_date": "2099-01-01T00:00:00Z",
                  "flexible_window_minutes": 5},
        },
        [
            'schedule "b": end_date is given beside after: it is about the times of an expression',
            'schedule "b": flexible_window_minutes is given beside after: it is about the times',
        ],
    ),
}  # fmt: skip

# Fields of a schedule that cannot work, and what is said about them.
SCHEDULES: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt-zone": ({"timezone": "Asia/Tapei"}, 'timezone "Asia/Tapei" is not an IANA time zone'),
    "zone-in-small-letters": ({"timezone": "utc"}, 'timezone "utc" is not an IANA time zone'),
    "no-zone": ({"timezone": ""}, 'timezone "" is not an IANA time zone'),
    "five-fields": (
        {"expression": "cron(0 9 * * 1-5)"},
        "five fields are cron's; to AWS that is cron(0 9 ? * MON-FRI *)",
    ),
    "a-name-of-crons": (
        {"expression": "@Daily"},
        "@Daily is cron's; to AWS that is cron(0 0 * * ? *)",
    ),
    "five-bare-fields": (
        {"expression": "*/10 8 1 * *"},
        "five fields are cron's; to AWS that is cron(*/10 8 1 * ? *)",
    ),
    "five-fields-with-both-days": (
        {"expression": "0 8 1 jan 0,6"},
        "five fields are cron's; to AWS that is cron(0 8 1 JAN ? *) and cron(0 8 ? JAN SUN,SAT *)",
    ),
    "watched-too-closely": (
        {"expected_every": 59},
        "expected_every is 59: it must be a whole number from 60 to 315360000 (seconds, up to",
    ),
    "watched-too-long": (
        {"expected_every": 315360001},
        "expected_every is 315360001: it must be a whole number from 60 to 315360000 (seconds",
    ),
    "watched-but-once": (
        {"expression": "at(2037-12-31T23:59:59)", "expected_every": 3600},
        "expected_every is given, but at(...) is due only once: leave it out",
    ),
    "done-too-soon": (
        {"finish_within": 59},
        "finish_within is 59: it must be a whole number from 60 to 315360000 (seconds",
    ),
    "done-after-the-next-is-skipped": (
        {"expression": "rate(1 hour)", "overlap": "skip", "finish_within": 3601},
        "finish_within is 3601, longer than the 3600 seconds between two runs, but with overlap",
    ),
    "done-after-the-next-of-a-cron-is-skipped": (
        {"expression": "cron(0 8,12,20 * * ? *)", "overlap": "skip", "finish_within": 14401},
        "finish_within is 14401, longer than the 14400 seconds between two runs, but with overlap",
    ),
    "no-window": (
        {"flexible_window_minutes": 0},
        "is 0: it must be a whole number from 1 to 1440",
    ),
    "long-window": (
        {"flexible_window_minutes": 1441},
        "flexible_window_minutes is 1441: it must be a whole number from 1 to 1440 (minutes",
    ),
    "negative-retries": (
        {"retries": -1},
        "retries is -1: it must be a whole number from 0 to 100",
    ),
    "many-retries": ({"retries": 101}, "retries is 101: it must be a whole number from 0 to 100"),
    "half-a-retry": ({"retries": 1.5}, "retries is 1.5: it must be a whole number from 0 to 100"),
    "no-age": ({"max_age": 0}, "max_age is 0: it must be a whole number from 1 to 1209600 (sec"),
    "old-age": ({"max_age": 1209601}, "max_age is 1209601: it must be a whole number from 1 to"),
    "many-deliveries": ({"delivery_retries": 186}, "delivery_retries is 186: it must be a whole"),
    "young-delivery": ({"delivery_max_age": 59}, "delivery_max_age is 59: it must be a whole"),
    "old-delivery": ({"delivery_max_age": 86401}, "a whole number from 60 to 86400 (seconds"),
    "start-without-time": (
        {"start_date": "2027-01-01"},
        'start_date "2027-01-01" must be an existing date',
    ),
    "start-in-a-zone": (
        {"start_date": "2027-01-01T00:00:00+08:00"},
        'start_date "2027-01-01T00:00:00+08:00" must be an existing date and time in UTC',
    ),
    "end-that-never-comes": (
        {"end_date": "2027-02-30T00:00:00Z"},
        'end_date "2027-02-30T00:00:00Z" must be an existing date and time in UTC, such as',
    ),
    "end-before-start": (
        {"start_date": "2027-02-01T00:00:00Z", "end_date": "2027-01-01T00:00:00Z"},
        "end_date 2027-01-01T00:00:00Z must be later than start_date 2027-02-01T00:00:00Z",
    ),
    "name with blanks": ({}, "its name must be made of letters, digits, _ . and -"),
    "n" * 65: ({}, "its name has 65 characters, 1 too many: AWS takes 64"),
    "unknown-event": (
        {"notify_on": ["failure", "always"]},
        'notify_on has "always": it must be a list of "success", "failure" and "recovery"',
    ),
    "no-target": (
        {"notify_on": ["success"]},
        "notify_on is given, but there is no target: the variable notify must name where",
    ),
    "unknown-overlap": (
        {"overlap": "cancel"},
        'overlap is "cancel": it must be "allow", "skip" or "queue"',
    ),
    "overlap-of-one": (
        {"expression": "at(2037-12-31T23:59:59)", "overlap": "queue"},
        'overlap is "queue", but at(...) is due only once: leave it out',
    ),
    "no-days-to-skip": (
        {"skip_on": []},
        "skip_on is an empty list: leave it out, or give it dates or names of calendars",
    ),
    "day-of-another-form": (
        {"skip_on": ["24.12.2027"]},
        'skip_on has "24.12.2027": it must be a list of dates such as "2027-12-24", and of names',
    ),
    "null-day": ({"only_on": [None]}, 'only_on has "": it must be a list of dates such as'),
    "day-that-never-comes": (
        {"only_on": ["2027-02-30"]},
        'only_on has "2027-02-30": there is no such day',
    ),
    "unwritten-calendar": (
        {"skip_on": ["DE"]},
        'skip_on: the calendar "DE" is not there: it must be a text calendars/DE.txt in the task',
    ),
    "malformed-calendar": (
        {"skip_on": ["odd"]},
        'skip_on: calendars/odd.txt, line 3, "24 December": each line must begin with a date such',
    ),
    "empty-calendar": ({"only_on": ["empty"]}, "only_on: calendars/empty.txt has no day"),
    "no-day-left": (
        {"only_on": ["xmas"], "skip_on": ["2027-12-24", "2027-12-25"]},
        "skip_on and only_on: no day is left on which rate(1 hour) is due",
    ),
    "no-such-weekday": (
        {"expression": "cron(0 9 ? * SUN-THU *)", "only_on": ["xmas"]},
        "only_on: no day is left on which cron(0 9 ? * SUN-THU *) is due",
    ),
    "no-such-month": (
        {"expression": "cron(0 9 1 JAN,FEB ? *)", "only_on": ["xmas"]},
        "only_on: no day is left on which cron(0 9 1 JAN,FEB ? *) is due",
    ),
    "skipped-for-ever": (
        {"expression": "cron(0 9 24,25 12 ? 2027)", "skip_on": ["xmas"]},
        "skip_on: no day is left on which cron(0 9 24,25 12 ? 2027) is due",
    ),
    "once-but-not-then": (
        {"expression": "at(2027-12-24T12:00:00)", "skip_on": ["xmas"]},
        "skip_on: no day is left on which at(2027-12-24T12:00:00) is due",
    ),
    "nowhere-to-notify": (
        {"notify_to": ["data"]},
        "notify_to is given, but there is no target: the variable notify must name where",
    ),
    "no-targets": (
        {"notify_to": []},
        "notify_to is an empty list: leave it out for every target, or give notify_on = [] for no",
    ),
    "nameless-target": (
        {"notify_to": ["data", " "]},
        "notify_to: number 2 is empty; each must be the name of a target",
    ),
    "null-target": (
        {"notify_to": [None]},
        "notify_to: number 1 is empty; each must be the name of a target",
    ),
    "same-target-twice": (
        {"notify_to": ["data", "pager", "data"]},
        'notify_to has "data" more than once: it must be a list of different names',
    ),
    "nobody-to-mention": (
        {"mention": "@oncall"},
        "mention is given, but there is no target: the variable notify must name where",
    ),
    "no-pace": ({"pace": "0/minute"}, 'pace is "0/minute": it must be a whole number from 1 to'),
    "pace-of-a-second": ({"pace": "5/second"}, 'pace is "5/second": it must be a whole number'),
    "pace-without-a-unit": ({"pace": "300"}, 'such as "300/minute" or "100/hour"'),
    "pace-for-months": (
        {"pace": "1/hour", "tasks": ["text"] * 400},
        'pace is "1/hour": its 400 tasks take 17 days, more than the 14 for which SQS keeps a',
    ),
    "pace-of-the-young": (
        {"pace": "300/minute", "max_age": 60},
        "pace is given, and max_age is 60: it must be at least 1800 (30 minutes), since tasks",
    ),
    "nowhere-to-ping": (
        {"heartbeat": "nightly"},
        "heartbeat is given, but there is no monitor: the variable notify must name where its",
    ),
    "address-of-a-monitor": (
        {"heartbeat": "https://hc-ping.com/abc"},
        'heartbeat is "https://hc-ping.com/abc": it must be the name of a monitor, of letters,',
    ),
    "empty-mention": ({"mention": " "}, "mention is empty: it must be whom to mention, such as"),
    "two-lines-of-mention": (
        {"mention": "@oncall\n@boss"},
        'mention must be one line of up to 200 characters, such as "@oncall"',
    ),
    "long-mention": ({"mention": "@" * 201}, "mention must be one line of up to 200 characters"),
    "long-description": ({"description": "d" * 600}, "description has 600 bytes, 88 too many"),
    "long-in-chinese": (
        {"description": "夜" * 171},
        "description has 513 bytes, 1 too many: AWS takes 512, and a character beyond ASCII",
    ),
    "nothing-to-do": ({"task": None}, "it has nothing to do: give it a task, a list"),
    "nameless-task": ({"task": " "}, "task is empty: it must be the name of a function"),
    "args-without-task": (
        {"task": None, "tasks": ["text"], "args": {"to": "all"}},
        "args are given but no task: they are arguments of a function, so name it in task",
    ),
    "two-sources": (
        {"tasks": ["text"], "tasks_file": "chores.txt"},
        "tasks and tasks_file are given: its list comes from one of them",
    ),
    "three-sources": (
        {"tasks": ["text"], "tasks_s3_uri": "s3://lists/a.txt", "tasks_source": "pages"},
        "tasks and tasks_s3_uri and tasks_source are given: its list comes from one of them",
    ),
    "no-uri": (
        {"tasks_s3_uri": "https://lists.s3.amazonaws.com/a.txt"},
        'tasks_s3_uri "https://lists.s3.amazonaws.com/a.txt" must be s3://bucket/key, and end',
    ),
    "unknown-kind-in-s3": (
        {"tasks_s3_uri": "s3://lists/a.parquet"},
        'tasks_s3_uri "s3://lists/a.parquet" must be s3://bucket/key, and end in .txt, .jsonl',
    ),
    "bucket-in-capitals": (
        {"tasks_s3_uri": "s3://Lists/a.txt"},
        'tasks_s3_uri: no bucket is called "Lists"; a name has 3 to 63 small letters, digits, hyph',
    ),
    "bucket-with-two-dots": (
        {"tasks_s3_uri": "s3://our..lists/a.txt"},
        'no bucket is called "our..lists"; a name has 3 to 63 small letters, digits, hyphens and '
        "single dots, the first and the last a letter or a digit, and is not an IP address",
    ),
    "address-for-a-bucket": (
        {"tasks_s3_uri": "s3://192.168.0.1/a.txt"},
        'tasks_s3_uri: no bucket is called "192.168.0.1"; a name has 3 to 63 small letters',
    ),
    "no-key": (
        {"tasks_s3_uri": "s3://lists/"},
        'tasks_s3_uri "s3://lists/" must be s3://bucket/',
    ),
    "nameless-object": (
        {"tasks_s3_uri": "s3://lists/.txt"},
        'tasks_s3_uri "s3://lists/.txt" must be s3://bucket/key, and end in .txt, .jsonl',
    ),
    "nameless-packed-object": (
        {"tasks_s3_uri": "s3://lists/some/.csv.gz"},
        'tasks_s3_uri "s3://lists/some/.csv.gz" must be s3://bucket/key, and end in .txt',
    ),
    "long-key": (
        {"tasks_s3_uri": f"s3://lists/{'k' * 1030}.txt"},
        "tasks_s3_uri has a key of 1034 characters, 10 too many: S3 takes 1024",
    ),
    "nameless-source": ({"tasks_source": ""}, "tasks_source is empty: it must be the name of a"),
    "empty-list": ({"tasks": []}, "tasks is an empty list: leave it out, or give it a task"),
    "blank-text": ({"tasks": ["one", " "]}, "tasks: number 2 is empty; each must be a string with"),
    "null-text": ({"tasks": [None]}, "tasks: number 1 is empty; each must be a string with"),
    "long-list": (
        {"tasks": ["t" * 1000] * 200},
        "more than the 200000 that fit: put the list into a file or into S3, with",
    ),
    "file-outside": (
        {"tasks_file": "../secrets.txt"},
        'tasks_file "../secrets.txt" must be a path within the task folder, without ..',
    ),
    "file-way-outside": (
        {"tasks_file": "lists/../../secrets.txt"},
        'tasks_file "lists/../../secrets.txt" must be a path within the task folder',
    ),
    "file-anywhere": (
        {"tasks_file": "/etc/hosts.txt"},
        "a path within the task folder, without ..",
    ),
    "hidden-file": (
        {"tasks_file": ".git/a.txt"},
        'tasks_file ".git/a.txt" must be a path within',
    ),
    "unknown-kind": (
        {"tasks_file": "chores.yaml"},
        'tasks_file "chores.yaml" is of an unknown kind: it must end in .txt, .jsonl or .csv',
    ),
    "missing-file": (
        {"tasks_file": "mising.csv"},
        'tasks_file "mising.csv" is not there: it must',
    ),
    "folder-for-a-file": ({"tasks_file": "folder.txt"}, 'tasks_file "folder.txt" is not there'),
    "empty-file": ({"tasks_file": "empty.csv"}, 'tasks_file "empty.csv" is empty: it must hold'),
    "large-file": (
        {"tasks_file": "large.jsonl"},
        'tasks_file "large.jsonl" has 51 MB; up to 50 MB are packed with the code: put it into S3',
    ),
}

# Values of a variable that are out of range, and what is said about them.
VARIABLES: dict[str, list[tuple[Any, str]]] = {
    "schedules": [
        ({"none": None, "good": RUNS}, 'schedules without an expression: "none". Each must be'),
        ({"never": {"expression": None}}, 'schedules without an expression: "never". Each must'),
    ],
    "prefix": [
        ("p" * 60, 'is 6 characters too long: a role\'s name may have 64, which with "-send-task"'),
        ("a/b", 'prefix is "a/b": it must be made of letters, digits, hyphens and underscores'),
    ],
    "runtime": [("python3.10", 'runtime is "python3.10": it must be python3.12, python3.13 or')],
    "task_concurrency": [
        (0, "task_concurrency is 0: it must be a whole number of tasks from 1 to 10."),
        (11, "task_concurrency is 11: it must be a whole number of tasks from 1 to 10."),
    ],
    "architecture": [("arm", 'architecture is "arm": it must be arm64 or x86_64.')],
    "send_task_timeout": [
        (0, "send_task_timeout is 0: it must be a whole number of seconds from 1 to 900"),
        (901, "send_task_timeout is 901: it must be a whole number of seconds from 1 to 900"),
    ],
    "send_task_memory": [
        (127, "send_task_memory is 127: it must be a whole number of MB from 128 to 10240"),
        (10241, "send_task_memory is 10241: it must be a whole number of MB from 128 to 10240"),
    ],
    "run_task_timeout": [
        (0, "run_task_timeout is 0: it must be a whole number of seconds from 1 to 900"),
        (901, "run_task_timeout is 901: it must be a whole number of seconds from 1 to 900"),
    ],
    "run_task_memory": [
        (127, "run_task_memory is 127: it must be a whole number of MB from 128 to 10240"),
        (512.5, "run_task_memory is 512.5: it must be a whole number of MB from 128 to 10240"),
    ],
    "batch_size": [
        (0, "batch_size is 0: it must be a whole number of tasks from 1 to 10"),
        (11, "batch_size is 11: it must be a whole number of tasks from 1 to 10"),
    ],
    "batch_window": [
        (-1, "batch_window is -1: it must be a whole number of seconds from 0 to 300"),
        (301, "batch_window is 301: it must be a whole number of seconds from 0 to 300"),
    ],
    "maximum_concurrency": [
        (1, "maximum_concurrency is 1: it must be a whole number of batches from 2 to 1000, or"),
        (
            1001,
            "maximum_concurrency is 1001: it must be a whole number of batches from 2 to 1000",
        ),
    ],
    "message_retention": [
        (59, "message_retention is 59: it must be a whole number of seconds from 60 to 1209600"),
        (
            1209601,
            "is 1209601: it must be a whole number of seconds from 60 to 1209600 (14 days)",
        ),
    ],
    "receive_wait_time": [
        (-1, "receive_wait_time is -1: it must be a whole number of seconds from 0 to 20"),
        (21, "receive_wait_time is 21: it must be a whole number of seconds from 0 to 20"),
    ],
    "ledger_retention_days": [
        (29, "ledger_retention_days is 29: it must be a whole number of days from 30 to 3653"),
        (3654, "ledger_retention_days is 3654: it must be a whole number of days from 30 to 3653"),
    ],
    "log_retention_days": [
        (2, "log_retention_days is 2: CloudWatch keeps logs for 1, 3, 5, 7, 14, 30,"),
        (-1, "log_retention_days is -1: CloudWatch keeps logs for 1, 3, 5, 7, 14, 30,"),
    ],
    "log_level": [
        ("TRACE", 'log_level is "TRACE": it must be DEBUG, INFO, WARNING, ERROR or CRITICAL'),
        ("info", 'log_level is "info": it must be DEBUG, INFO, WARNING, ERROR or CRITICAL'),
    ],
    "notify": [
        ({}, "notify must name exactly one of ssm_parameter and secret, such as { ssm_parameter"),
        ({"ssm_parameter": "/a", "secret": "b"}, "notify must name exactly one of ssm_parameter"),
        (
            {"ssm_parameter": "slack://T1/B1/token"},
            "notify.ssm_parameter must be the name of an SSM parameter, such as /jobs/chat, of",
        ),
        (
            {"secret": "https://hooks.slack.com/services/T1"},
            "notify.secret must be the name of a secret, such as jobs/chat, of letters, digits",
        ),
        (
            {"secret": f"arn:aws:secretsmanager:{REGION}:000000000000:secret:chat"},
            "or its whole ARN, which AWS ends with a hyphen and six characters. URLs go into that",
        ),
        (
            {"secret": "arn:aws:secretsmanager:eu-west-9:000000000000:secret:chat-AbCdEf"},
            "notify.secret begins with arn:aws:secretsmanager:eu-west-9: but the functions read "
            "secrets of their own region only, "
            f"arn:aws:secretsmanager:{REGION}:ACCOUNT:secret:NAME-SUFFIX.",
        ),
        (
            {"secret": "jobs/chat", "kms_key_arn": "alias/chat"},
            'notify.kms_key_arn is "alias/chat": it must be the ARN of a key (not of an alias)',
        ),
        (
            {
                "secret": "jobs/chat",
                "kms_key_arn": "arn:aws:kms:eu-west-9:000000000000:key/1234abcd",
            },
            'eu-west-9:000000000000:key/1234abcd": parameters and secrets are encrypted with keys '
            f"of their own region only, so here with arn:aws:kms:{REGION}:ACCOUNT:key/ID.",
        ),
    ],
    "layers": [
        (
            ["pandas", f"arn:aws:lambda:{REGION}:000000000000:layer:pandas:7"],
            f"layers must be ARNs of layer versions, arn:aws:lambda:{REGION}:ACCOUNT:layer:NAME:"
            'VERSION, which these are not: "pandas".',
        ),
        (
            ["arn:aws:lambda:eu-west-9:000000000000:layer:pandas:7"],
            f"layers must be of the functions' own region, arn:aws:lambda:{REGION}:ACCOUNT:layer",
        ),
        (
            [f"arn:aws:lambda:{REGION}:000000000000:layer:pandas:{n}" for n in range(1, 5)],
            "layers has 4 ARNs: Lambda takes 5 layers a function, of which 2 are the module's.",
        ),
    ],
    "package_bucket": [
        ("My_Bucket", 'package_bucket is "My_Bucket": it must be the name of a bucket, of 3 to 63'),
    ],
    "notify_on": [
        (
            ["failure", "never"],
            'notify_on has "never": it must be a list of "success", "failure"',
        ),
    ],
    "monitoring": [
        (
            {"emails": ["ops@example.com", "the boss"]},
            "monitoring.emails must be a list of addresses such as ops@example.com, which these "
            'are not: "the boss".',
        ),
        (
            {"emails": ["ops@example.com"], "topic": {"arn": f"{TOPIC}:pagers"}},
            "monitoring.emails are subscribed to the topic that is made here, but monitoring.topic",
        ),
        (
            {"topic": {"arn": "pagers"}},
            'monitoring.topic.arn is "pagers": it must be the ARN of a standard topic, '
            f"{TOPIC}:NAME.",
        ),
        (
            {"topic": {"arn": f"{TOPIC}:pagers.fifo"}},
            f'topic.arn is "{TOPIC}:pagers.fifo": it must be the ARN of a standard topic',
        ),
        (
            {"topic": {"arn": f"arn:aws:sns:{REGION}:111122223333:pagers"}},
            f'pagers": alarms reach topics of their own region and account only, {TOPIC}:NAME',
        ),
        (
            {"topic": {"arn": "arn:aws:sns:eu-west-9:000000000000:pagers"}},
            'eu-west-9:000000000000:pagers": alarms reach topics of their own region and account',
        ),
        (
            {"topic": {"arn": f"arn:aws-cn:sns:{REGION}:000000000000:pagers"}},
            f'topic.arn is "arn:aws-cn:sns:{REGION}:000000000000:pagers": alarms reach topics of',
        ),
        (
            {"topic": {"arn": f"{TOPIC}:{'p' * 257}"}},
            f'ppp": it must be the ARN of a standard topic, {TOPIC}:NAME.',
        ),
        (
            {"longest_wait": 30},
            "monitoring.longest_wait is 30: it must be a whole number of seconds from 60 to 6048",
        ),
    ],
    "kms_key_arn": [
        (
            "alias/jobs",
            'kms_key_arn is "alias/jobs": it must be the ARN of a key (not of an alias), '
            f"arn:aws:kms:{REGION}:000000000000:key/ID.",
        ),
        (
            f"arn:aws:kms:{REGION}:000000000000:alias/jobs",
            'alias/jobs": it must be the ARN of a key (not of an alias)',
        ),
        (
            "arn:aws:kms:eu-west-9:000000000000:key/1234abcd",
            "eu-west-9:000000000000:key/1234abcd\": AWS's services encrypt with keys of their own "
            f"region only, so here with arn:aws:kms:{REGION}:ACCOUNT:key/ID.",
        ),
        (
            f"arn:aws-us-gov:kms:{REGION}:000000000000:key/1234abcd",
            f'kms_key_arn is "arn:aws-us-gov:kms:{REGION}:000000000000:key/1234abcd": AWS\'s serv',
        ),
    ],
    "roles": [
        ({"path": "jobs"}, 'roles.path is "jobs": it must begin and end with a slash'),
        ({"path": "/night jobs/"}, 'roles.path is "/night jobs/": it must begin and end with a'),
        (
            {"permissions_boundary": "bound"},
            'roles.permissions_boundary is "bound": it must be the ARN of a policy, '
            "arn:aws:iam::000000000000:policy/NAME.",
        ),
        (
            {"permissions_boundary": "arn:aws:iam::111122223333:policy/bound"},
            'arn:aws:iam::111122223333:policy/bound": roles are bounded by policies of their own '
            "account, arn:aws:iam::000000000000:policy/NAME, or of AWS's, arn:aws:iam::aws:policy/",
        ),
        (
            {"permissions_boundary": "arn:aws-cn:iam::aws:policy/PowerUserAccess"},
            'arn:aws-cn:iam::aws:policy/PowerUserAccess": roles are bounded by policies of their',
        ),
    ],
    "vpc": [
        (
            {"subnet_ids": [], "security_group_ids": []},
            "vpc.subnet_ids has 0 IDs: Lambda takes 1 to 16 subnets.",
        ),
        (
            {"subnet_ids": [], "security_group_ids": []},
            "vpc.security_group_ids has 0 IDs: Lambda takes 1 to 5 security groups.",
        ),
        (
            {
                "subnet_ids": [f"subnet-{number:08x}" for number in range(17)],
                "security_group_ids": [f"sg-{number:017x}" for number in range(6)],
            },
            "vpc.subnet_ids has 17 IDs: Lambda takes 1 to 16 subnets.",
        ),
        (
            {
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-1"],
                "security_group_ids": ["sg-0123abcd", "default"],
            },
            "vpc.subnet_ids must be a list of IDs such as subnet-0123456789abcdef0, which these "
            'are not: "subnet-1".',
        ),
        (
            {
                "subnet_ids": ["subnet-0123456789abcdef0"],
                "security_group_ids": ["sg-0123abcd", "default"],
            },
            "vpc.security_group_ids must be a list of IDs such as sg-0123456789abcdef0, which "
            'these are not: "default".',
        ),
        (
            {
                "subnet_ids": ["subnet-0123abcd"],
                "security_group_ids": [f"sg-{number:017x}" for number in range(6)],
            },
            "vpc.security_group_ids has 6 IDs: Lambda takes 1 to 5 security groups.",
        ),
    ],
    "tags": [
        ({f"tag-{number}": "" for number in range(51)}, "tags has 51 keys: AWS takes 50."),
        (
            {"team": "data", "cost centre?": "42", "": "", "k" * 129: ""},
            'tags has keys that AWS does not take: "", "cost centre?", "kkk',
        ),
        (
            {"cost centre?": "42"},
            '"cost centre?". A key must be 1 to 128 letters, digits, blanks or + - = . _ : / @.',
        ),
        (
            {"team": "night & day", "motto": "m" * 257, "owner": "Zoë 東京"},
            'tags has values that AWS does not take, of the keys "motto", "team". A value must '
            "be up to 256 letters, digits, blanks or + - = . _ : / @.",
        ),
        (
            {"aws:team": "data", "stack": "AWS:mine", "about": "our aws: jobs"},
            "tags has keys or values that begin with aws:, which only AWS's own do: "
            '"aws:team", "stack".',
        ),
        (
            {"team": "data", "Team": "data", "owner": "data"},
            "tags has keys that differ in nothing but capitals, which IAM takes for the same: "
            '"Team", "team".',
        ),
    ],
}

# Values that do not fit the rest, and what is said about them.
MISFITS: list[tuple[Variables, list[str]]] = [
    (
        {
            "fifo": True,
            "message_retention": 1799,
            "monitoring": None,
            "schedules": {"paced": RUNS | {"pace": "300/minute"}},
        },
        [
            'pace is given, but the queue of the worker "default" is FIFO, in which SQS delays no',
            "pace is given, and message_retention is 1799: it must be at least 1800 (30 minutes)",
        ],
    ),
    (
        {"monitoring": {"longest_wait": 604_800}},
        ["longest_wait is 604800, but SQS drops tasks after 345600 seconds (message_retention)"],
    ),
    (
        {
            "visibility_timeout": 5,
            "message_retention": 86400,
            "dead_letter_retention": 86400,
            "prefix": "default",
            "timezone": "Asia/Tapei",
        },
        [
            "visibility_timeout is 5, less than run_task_timeout (60): tasks would be handed out",
            "dead_letter_retention is 86400, not more than message_retention (86400): a dead",
            'prefix is "default": the schedule group of that name belongs to AWS.',
            'timezone "Asia/Tapei" is not an IANA time zone',
        ],
    ),
    (
        {
            "visibility_timeout": 43201,
            "dead_letter_retention": 1209601,
            "fifo": True,
            "batch_window": 10,
        },
        [
            "batch_window is 10, but the queue is FIFO: Lambda waits for batches of standard",
            "visibility_timeout is 43201: it must be a whole number of seconds from 1 to 43200",
            "dead_letter_retention is 1209601: it must be a whole number of seconds from 60 to",
        ],
    ),
]


@pytest.fixture(scope="module")
def refused_schedules(
    refusal: Callable[[Variables], str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "chores.txt").write_text("Water the plants\n")
    (folder / "chores.yaml").write_text("- Water the plants\n")
    (folder / "empty.csv").touch()
    (folder / "folder.txt").mkdir()
    (folder / "calendars").mkdir()
    (folder / "calendars" / "odd.txt").write_text("# ours\n2027-12-24 Xmas\n24 December\n")
    (folder / "calendars" / "empty.txt").write_text("# nothing yet\n\n")
    (folder / "calendars" / "xmas.txt").write_text("2027-12-24\r\n2027-12-25 Christmas Day\r\n")
    with (folder / "large.jsonl").open("wb") as large:
        large.truncate(50_000_001)
    schedules = {name: RUNS | fields for name, (fields, _) in SCHEDULES.items()}
    return refusal({"schedules": schedules, "task_code_dir": str(folder)})


@pytest.mark.parametrize("name", FOLLOWERS)
def test_schedules_that_cannot_follow_others_are_refused(
    refusal: Callable[[Variables], str], name: str
) -> None:
    schedules, sentences = FOLLOWERS[name]
    said = refusal({"schedules": schedules})
    for sentence in sentences:
        assert sentence in said


def test_a_schedule_beside_a_circle_is_not_said_to_be_in_it(
    refusal: Callable[[Variables], str],
) -> None:
    assert 'schedule "b"' not in refusal({"schedules": FOLLOWERS["a-circle"][0]})


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_that_cannot_work_is_refused_by_name(refused_schedules: str, name: str) -> None:
    about_it = [
        rest.partition(' schedule "')[0]
        for rest in refused_schedules.split(f'schedule "{name}": ')[1:]
    ]
    assert [problem for problem in about_it if SCHEDULES[name][1] in problem]


def test_every_schedule_that_cannot_work_is_named_in_one_go(refused_schedules: str) -> None:
    assert refused_schedules.count("Schedules that cannot work:") == 1


@pytest.fixture(scope="module")
def refused_variables(refusal: Callable[[Variables], str]) -> str:
    """Everything that is said about all the values, each variable's in turn."""
    rounds = max(map(len, VARIABLES.values()))
    return " ".join(
        refusal({name: rows[turn][0] for name, rows in VARIABLES.items() if turn < len(rows)})
        for turn in range(rounds)
    )


@pytest.mark.parametrize(
    ("name", "row"), [(name, row) for name, rows in VARIABLES.items() for row in rows]
)
def test_a_value_out_of_range_is_refused_with_the_range(
    refused_variables: str, name: str, row: tuple[Any, str]
) -> None:
    assert row[1] in refused_variables


@pytest.mark.parametrize(("variables", "sentences"), MISFITS)
def test_values_that_do_not_fit_the_rest_are_refused(
    refusal: Callable[[Variables], str], variables: Variables, sentences: list[str]
) -> None:
    said = refusal(variables)
    for sentence in sentences:
        assert sentence in said


def test_modules_that_a_task_file_would_hide_are_named(
    refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    (tmp_path / "task_scheduler").mkdir()
    (tmp_path / "task_scheduler" / "notes.txt").touch()
    (tmp_path / "some_dependency").mkdir()
    (tmp_path / "some_dependency" / "__init__.py").touch()
    (tmp_path / "boto3.py").touch()
    (tmp_path / "queue.py").touch()
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "__init__.py").touch()
    (tmp_path / "calendar").mkdir()
    (tmp_path / "calendar" / "days.csv").write_text("day\n1\n")
    (tmp_path / "json.txt").write_text("a task\n")
    said = refusal({"task_code_dir": str(tmp_path)})
    assert f"The task folder {tmp_path} comes first when Python looks for a module" in said
    assert "task_scheduler is the runtime" in said
    assert "some_dependency is a dependency" in said
    assert "boto3 is part of Lambda's Python" in said
    assert "queue is in Python's standard library" in said
    assert "email is in Python's standard library" in said
    assert "calendar is" not in said
    assert "json is" not in said


def test_a_link_that_leads_nowhere_is_refused(
    refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    (tmp_path / "work.py").touch()
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    said = refusal({"task_code_dir": str(tmp_path)})
    assert "something in it is a link that leads nowhere" in said
    assert f"`find -L '{tmp_path}' -type l` lists such links" in said


@pytest.mark.parametrize("name", ["hidden", "missing"])
def test_a_task_folder_without_files_is_refused(
    refusal: Callable[[Variables], str], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    if name == "hidden":
        folder.mkdir()
        (folder / ".gitkeep").touch()
    assert f"The task folder {folder} has no files in it, or is not there" in refusal(
        {"task_code_dir": str(folder)}
    )


def test_a_layer_that_is_not_built_is_refused(
    refusal: Callable[[Variables], str], tmp_path: Path
) -> None:
    said = refusal({"layer_dir": str(tmp_path)})
    assert f"The dependencies are not in {tmp_path}/python: run `make package-layer` first." in said


def test_a_package_that_lambda_takes_only_from_s3_is_refused_with_the_way_out(
    refusal: Callable[[Variables], str], plan: Callable[[Variables], Planned], tmp_path: Path
) -> None:
    folder = tmp_path / "layer" / "python"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(random.Random(0).randbytes(51 * 1024 * 1024))
    large = {"layer_dir": str(tmp_path / "layer")}
    said = refusal(large)
    assert "Packages of more than 50 MB, which Lambda takes only from S3." in said
    assert 'such as package_bucket = "my-packages": dependencies: 52 MB (' in said
    planned = plan(large | {"package_bucket": "our-packages"})
    assert len(resources(planned, "aws_s3_object")) == 3


def test_a_zip_file_that_is_not_there_is_refused(refusal: Callable[[Variables], str]) -> None:
    said = refusal({"layer_dir": None, "layer_zip": "gone.zip"})
    assert 'layer_zip is "gone.zip", which is not there: it must be the path of a zip' in said


def test_more_lists_in_s3_than_a_policy_can_name_are_refused(
    refusal: Callable[[Variables], str],
) -> None:
    schedules = {
        f"list-{number}": RUNS
        | {"tasks_s3_uri": f"s3://lists/customers/{number:03}/{'k' * 30}.csv"}
        for number in range(200)
    }
    said = refusal({"schedules": schedules})
    assert f"The policy of the role cdklab-{REGION}-send-task has " in said
    assert (
        "too many for IAM. It names every list in S3 (tasks_s3_uri) and holds policy_stat" in said
    )
