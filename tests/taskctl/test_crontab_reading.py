"""Lines of a crontab: jobs, variables, comments, and what is none of them."""

from __future__ import annotations

import pytest

from taskctl.crontab.reading import Crontab, Job, find_users, read_crontab


def read(*lines: str, has_users: bool = False) -> Crontab:
    return read_crontab("\n".join(lines), has_users=has_users)


def only(*lines: str, has_users: bool = False) -> Job:
    (job,) = read(*lines, has_users=has_users).jobs
    return job


def test_a_job_has_its_fields_its_command_and_its_line() -> None:
    assert only("", "  */5\t* * *  1-5   /bin/a  -b 'c d'  \r") == Job(
        2, "*/5 * * * 1-5", "/bin/a  -b 'c d'"
    )
    assert only("@daily /bin/a") == Job(1, "@daily", "/bin/a")


def test_variables_count_for_the_lines_below_them() -> None:
    jobs = read(
        "* * * * * a",
        "CRON_TZ=Europe/Berlin",
        'MAILTO = "a@example.com"',
        "* * * * * b",
        "CRON_TZ='UTC'",
        "'NAME'=x=y # z",
        "* * * * * c",
    ).jobs
    mail = {"MAILTO": "a@example.com"}
    assert [job.environment for job in jobs] == [
        {},
        mail | {"CRON_TZ": "Europe/Berlin"},
        mail | {"CRON_TZ": "UTC", "NAME": "x=y # z"},
    ]


@pytest.mark.parametrize(
    ("command", "expected", "stdin"),
    [
        (r"date +\%F", "date +%F", None),
        ("mail a%Hello%%World", "mail a", "Hello\n\nWorld\n"),
        (r"mail a%100\%", "mail a", "100%\n"),
        ("mail a%Hello%", "mail a", "Hello\n"),
        ("mail a%", "mail a", "\n"),
    ],
)
def test_what_follows_a_bare_percent_sign_is_read_by_the_command(
    command: str, expected: str, stdin: str | None
) -> None:
    job = only(f"0 0 * * * {command}")
    assert (job.command, job.stdin) == (expected, stdin)


def test_a_user_stands_before_the_command_in_a_system_crontab() -> None:
    assert only("0 0 * * * www-data php a.php", has_users=True).command == "php a.php"
    (left,) = read("0 0 * * * /bin/a", has_users=True).left
    assert left.reason == "it must have a user and a command after its fields"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["0 0 * * * root /bin/a", "0 0 * * * www-data php b"], True),
        (["0 0 * * * deploy /bin/a", "@daily root /bin/a"], True),
        (["0 0 * * * php b", "0 0 * * * rsync a b"], False),
        (["0 0 * * * root /bin/a", "0 0 * * * /bin/b"], False),
        ([], False),
    ],
)
def test_users_are_found_out(lines: list[str], expected: bool) -> None:
    assert find_users("\n".join(lines)) is expected


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        (["# Nightly backup"], "Nightly backup"),
        (["# Nightly", "#backup"], "Nightly backup"),
        (["# Nightly backup", ""], None),
        (["#0 3 * * * /bin/old"], None),
        (["# @daily /bin/old"], None),
        (["# ------------"], None),
        (["# A", "X=1"], None),
        ([], None),
    ],
)
def test_the_comment_right_above_a_job_is_its_description(
    above: list[str], expected: str | None
) -> None:
    assert only(*above, "0 2 * * * /bin/a").comment == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0 * * *", "it must have five fields, or @daily and its like, and a command"),
        ("0 0 * * /bin/a", "it must have five fields, or @daily and its like, and a command"),
        ("rubbish", "it must have five fields, or @daily and its like, and a command"),
        ("0 0 12 * * ? /bin/a", "it has six fields; cron has five, and Scheduler knows no seconds"),
        ("0 0 12 * * MON-FRI", "it has six fields; cron has five, and Scheduler knows no seconds"),
        (
            "* * * * * */5 /bin/a",
            "it has six fields; cron has five, and Scheduler knows no seconds",
        ),
    ],
)
def test_a_line_that_is_no_job_is_left_with_the_reason(line: str, reason: str) -> None:
    crontab = read("# a", line)
    assert crontab.jobs == []
    assert crontab.left == [(2, line, reason)]


def test_no_line_vanishes() -> None:
    lines = ["# a", "A=1", "", "@reboot a", "x", "* * * * * b", "1 2 3 4 5", "@never c"]
    crontab = read(*lines)
    assert [job.line for job in crontab.jobs] == [4, 6, 8]
    assert [left.line for left in crontab.left] == [5, 7]
