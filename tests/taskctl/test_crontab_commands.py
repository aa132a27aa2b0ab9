"""Commands of a crontab: built-in tasks, names, and what is marked for somebody to look at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskctl.crontab.names import make_unique, name_command, name_task
from taskctl.crontab.reading import read_crontab
from taskctl.crontab.requests import read_request
from taskctl.crontab.translation import Translated, translate_crontab

URL = "https://example.com/a?b=1&c=2"


@pytest.mark.parametrize(
    ("command", "task", "args", "retries"),
    [
        (f"curl -fsS -m 10 --retry 5 -o /dev/null '{URL}'", "ping", {"timeout": "10"}, 5),
        (f"/usr/bin/curl -fsSL -m10 '{URL}' > /dev/null 2>&1", "ping", {"timeout": "10"}, None),
        (f'curl --silent --max-time=9.5 "{URL}" &> /dev/null', "ping", {"timeout": "9.5"}, None),
        (f"curl -s '{URL}' >> /var/log/x.log 2>&1", "ping", {"timeout": "50"}, None),
        (f"wget -q -O /dev/null '{URL}' >/dev/null 2>&1 || true", "ping", {"timeout": "50"}, None),
        (f"wget -q '{URL}'", "ping", {"timeout": "50"}, None),
        (f"wget -qO- -t 3 -T 20 '{URL}'", "http", {"timeout": "20"}, 2),
        (f"wget --spider '{URL}'", "http", {"method": "HEAD", "timeout": "50"}, None),
        (f"curl '{URL}'", "http", {"timeout": "50"}, None),
        (f"curl -XDELETE -m 600 '{URL}'", "http", {"method": "DELETE", "timeout": "50"}, None),
        (
            f"curl -d a=1 -d b=2 '{URL}' > /dev/null",
            "http",
            {
                "method": "POST",
                "body": "a=1&b=2",
                "content_type": "application/x-www-form-urlencoded",
                "timeout": "50",
            },
            None,
        ),
        (
            f"""curl -X PUT -H 'content-type: application/json' -d '{{"a": 1}}' '{URL}'""",
            "http",
            {
                "method": "PUT",
                "body": '{"a": 1}',
                "content_type": "application/json",
                "timeout": "50",
            },
            None,
        ),
    ],
)
def test_a_request_of_one_url_is_a_built_in_task(
    command: str, task: str, args: dict[str, str], retries: int | None
) -> None:
    assert read_request(command) == (task, {"url": URL, **args}, retries)


@pytest.mark.parametrize(
    "command",
    [
        f"curl {URL}",  # the shell ends it at the &
        f"curl -u me:secret '{URL}'",
        f"curl -H 'Authorization: Bearer x' '{URL}'",
        f"curl -k '{URL}'",
        f"curl -d @/tmp/file '{URL}'",
        "curl $URL",
        "curl https://example.com/`hostname`",
        "curl https://me:secret@example.com/",
        "curl ftp://example.com/a",
        "curl https://example.com/a https://example.com/b",
        "curl -s https://example.com/health | grep -q ok",
        "curl -s https://example.com/a && /bin/b",
        "/bin/a && curl https://example.com/a",
        "wget -i /etc/urls",
        "wget --no-check-certificate https://example.com/a",
        "curl 'https://example.com/a",
        "curl",
        "curling https://example.com/a",
    ],
)
def test_a_command_that_does_more_is_not(command: str) -> None:
    assert read_request(command) is None


@given(st.text(max_size=60).map("curl {}".format) | st.text(max_size=60))
def test_any_command_is_read_and_named(command: str) -> None:
    read_request(command)
    name = name_command(command)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert 0 < len(name) <= 48
    assert name_task(name).isidentifier()


@pytest.mark.parametrize(
    ("command", "schedule", "task"),
    [
        ("/usr/local/bin/backup.sh --full", "backup", "backup"),
        ("cd /srv/app && php artisan schedule:run >> /dev/null 2>&1", "artisan-schedule-run", None),
        ("cd /srv && /srv/venv/bin/python manage.py clearsessions", "manage-clearsessions", None),
        ("flock -n /tmp/x.lock /usr/bin/python3 /opt/report.py daily", "report-daily", None),
        ("nice -n 19 ionice -c2 -n7 /opt/x/Job-Runner.sh", "job-runner", "job_runner"),
        ("sudo -u www-data /usr/bin/php -f /var/www/nextcloud/cron.php", "cron", None),
        ("bash -lc 'cd /x && bin/sync'", "sync", None),
        ("python -m app.jobs.nightly", "app.jobs.nightly", "app_jobs_nightly"),
        ("[ -x /usr/bin/foo ] && foo", "foo", None),
        ("curl -fsS https://hc-ping.com/5e1a2b3c-1234", "hc-ping.com", "hc_ping_com"),
        ("wget 'https://www.example.com/wp-cron.php?x'", "example.com-wp-cron", None),
        ("/opt/import.sh", "import", "run_import"),
        ("/opt/print.sh", "print", "run_print"),
        ("/opt/ping", "ping", "run_ping"),
        ("/opt/7days.sh", "7days", "run_7days"),
        ("((", "job", "job"),
    ],
)
def test_names_come_from_what_is_run(command: str, schedule: str, task: str | None) -> None:
    assert name_command(command) == schedule
    assert task in (None, name_task(schedule))


def test_names_are_unique() -> None:
    taken: set[str] = set()
    assert [make_unique("a", taken) for _ in range(3)] == ["a", "a-2", "a-3"]
    assert make_unique("a-2", taken) == "a-2-2"


# -- all lines of a crontab ------------------------------------------------------------------


def translated(*lines: str) -> Translated:
    return translate_crontab(read_crontab("\n".join(lines), has_users=False), "Europe/Berlin")


def test_lines_of_one_command_share_its_task() -> None:
    done = translated("0 1 * * * /bin/a", "0 2 * * * /bin/a", "X=1", "0 3 * * * /bin/a")
    assert [[*each.schedules] for each in done.imported] == [["a"], ["a-2"], ["a-3"]]
    assert [each.task for each in done.imported] == ["a", "a", "a_2"]
    assert done.commands["a_2"].environment == (("X", "1"), ("TZ", "Europe/Berlin"))


def test_the_zone_of_the_line_is_that_of_its_command() -> None:
    done = translated("CRON_TZ=Asia/Tokyo", "0 1 * * * /bin/a", "TZ=UTC", "0 1 * * * /bin/b")
    assert [each.timezone for each in done.imported] == ["Asia/Tokyo", "Asia/Tokyo"]
    environments = [dict(command.environment) for command in done.commands.values()]
    assert environments == [{"TZ": "Asia/Tokyo"}, {"TZ": "UTC"}]
    assert (3, "TZ is for commands only; cron itself reads CRON_TZ") in done.notes


def test_values_that_may_be_secrets_are_left_out() -> None:
    done = translated("DB_PASSWORD=hunter2", "0 1 * * * /bin/a", "0 2 * * * mysql -phunter2")
    assert "hunter2" not in str(done.commands["a"])
    assert done.commands["a"].missing == ("DB_PASSWORD",)
    assert [line for line, note in done.notes if "password" in note.lower()] == [1, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("@reboot /bin/a", "nothing starts up here"),
        ("@every 5m /bin/a", "@every must be one of @hourly, @daily"),
        ("0 0 * * 8 /bin/a", "must be 0-7 or SUN-SAT"),
        ("17 * * * * cd / && run-parts --report /etc/cron.hourly", "run-parts looks after"),
        ("0 1 * * * sudo /usr/bin/apt-get -y upgrade", "apt-get looks after"),
        ("0 1 * * * test -x /usr/bin/certbot && certbot -q renew", "certbot looks after"),
    ],
)
def test_a_job_that_has_no_place_here_is_left_with_the_reason(line: str, reason: str) -> None:
    done = translated(line)
    assert (done.imported, done.commands) == ([], {})
    (left,) = done.left
    assert reason in left.reason


def test_a_zone_that_there_is_not_leaves_the_lines_below_it() -> None:
    done = translated("0 1 * * * /bin/a", "CRON_TZ=Europe/Berln", "0 1 * * * /bin/b")
    assert [(left.line, "did you mean Europe/Berlin" in left.reason) for left in done.left] == [
        (3, True)
    ]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("0 9 1-7 * 1 /bin/a", "if the days that match both were meant, it is one: MON#1"),
        ("0 9 1 * 1 /bin/a", "so it has become two schedules"),
        ("0 9 * * * curl -fm 5 http://localhost/a", "of a private network"),
        ("0 9 * * * curl -fm 5 http://10.1.2.3/a", "of a private network"),
        ("0 9 * * * curl -m 5 https://example.com/a", "400 and above"),
        ("0 9 * * * curl -f https://example.com/a", "50 s"),
        ("0 9 * * * curl -f -m 5 'https://example.com/a?api_key=1'", "holds a secret"),
        ("MAILTO=me@example.com", "if `notify` is set"),
        ("RANDOM_DELAY=5", "flexible_window_minutes"),
    ],
)
def test_what_somebody_has_to_look_at_is_noted(line: str, note: str) -> None:
    notes: Any = translated(line, "0 0 * * * /bin/z").notes
    assert [(number, note in text) for number, text in notes] == [(1, True)]


def test_a_plain_line_needs_no_note() -> None:
    plain = "0 9 * * * curl -f -m 5 https://example.com/a > /dev/null"
    assert translated(plain, 'MAILTO=""', "0 9 * * 1 /bin/a").notes == []
