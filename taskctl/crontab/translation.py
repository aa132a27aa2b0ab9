"""Jobs of a crontab as schedules, and the tasks that they run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from taskctl.calendar.zones import UnknownZone, zone
from taskctl.crontab.date_tests import DateTest, split_tests
from taskctl.crontab.expressions import SHORTCUTS, translate
from taskctl.crontab.fields import Fields, Untranslatable, parse_fields
from taskctl.crontab.names import make_unique, name_command, name_task
from taskctl.crontab.reading import Crontab, Job, Left
from taskctl.crontab.requests import SECONDS, Request, read_request

_PASSWORD = re.compile(
    r"\s-u\s*\S+:\S|\bpassword[= ]|\s-p\S|Bearer\s+[^$\s]|://[^\s/]+:[^\s/]+@", re.IGNORECASE
)
_CRONS_OWN = {"MAILTO", "MAILFROM", "CRON_TZ", "CRON_WITHIN", "RANDOM_DELAY", "LOGNAME", "USER"}
"""Variables that cron reads, which commands have no use for."""
_SECRET = re.compile("PASS|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_MACHINE = re.compile(
    r"(?:^|[;&|(]\s*|\bsudo\s+)(?:/\S*/)?"
    r"(run-parts|anacron|logrotate|updatedb|fstrim|debian-sa1|sa1|sa2|e2scrub_all|checkarray|apt|dnf"
    r"|apt-get|yum|unattended-upgrade|reboot|shutdown|systemctl|service|journalctl|freshclam|certbot"
    r"|ntpdate|smartctl|zpool|btrfs)(?=\s|$)"
)
"""Programs that look after the machine that they run on."""


class Command(NamedTuple):
    """The work of a task of one's own, until it is written in Python.

    Attributes:
        text: the command, for a shell.
        stdin: what it reads.
        environment: its variables.
        missing: names of variables whose values are secrets, and are not in it.
    """

    text: str
    stdin: str | None
    environment: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A job that became one schedule, or two.

    Attributes:
        job: the job.
        fields: its fields.
        test: the tests of the date that the expressions have taken over.
        schedules: the expressions by the names of the schedules.
        timezone: from CRON_TZ, or that of the machine.
        task: the name of the task.
        request: what the built-in task is asked; None for a task of one's own.
    """

    job: Job
    fields: Fields
    test: DateTest | None
    schedules: Mapping[str, str]
    timezone: str
    task: str
    request: Request | None


@dataclass(kw_only=True)
class Translated:
    """All jobs of a crontab.

    Attributes:
        imported: those that have schedules.
        commands: the tasks of one's own, by name.
        left: the lines that have no schedules.
        notes: sentences on lines, by the lines' numbers.
    """

    imported: list[Imported] = field(default_factory=list)
    commands: dict[str, Command] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)


def translate_crontab(crontab: Crontab, timezone: str) -> Translated:
    """Translate all jobs.

    Args:
        crontab: the crontab.
        timezone: that of the machine, for jobs without CRON_TZ.
    """
    done = Translated(left=[*crontab.left])
    names: set[str] = set()
    for job in crontab.jobs:
        try:
            imported = _translate(job, timezone, done.commands, names)
        except Untranslatable as error:
            done.left.append(Left(job.line, f"{job.when} {job.command}", str(error)))
        else:
            done.imported.append(imported)
            done.notes += [(job.line, note) for note in _notes(imported)]
    done.left.sort()
    done.notes += _notes_on_variables(crontab)
    done.notes.sort()
    return done


def _translate(job: Job, default: str, commands: dict[str, Command], names: set[str]) -> Imported:
    timezone = _zone(job, default)
    if job.when == "@reboot":
        raise Untranslatable("nothing starts up here; what has to run once is `taskctl run`")
    if job.when.startswith("@") and job.when not in SHORTCUTS:
        raise Untranslatable(f"{job.when} must be one of {', '.join(SHORTCUTS)}")
    if found := _MACHINE.search(job.command):
        raise Untranslatable(
            f"{found[1]} looks after the machine that it runs on: leave it in cron"
        )
    fields = parse_fields(SHORTCUTS.get(job.when, job.when).split())
    expressions, test, command = _expressions(fields, job.command)
    name = name_command(command)
    schedules = {make_unique(name, names): expression for expression in expressions}
    request = read_request(command) if job.stdin is None else None
    task = request.task if request else _add(job, name, command, timezone, commands)
    return Imported(
        job=job, fields=fields, test=test, schedules=schedules, timezone=timezone, task=task,
        request=request,
    )  # fmt: skip


def _zone(job: Job, default: str) -> str:
    timezone = job.environment.get("CRON_TZ") or default
    try:
        zone(timezone)
    except UnknownZone as error:
        raise Untranslatable(f"CRON_TZ: {error}") from error
    return timezone


def _expressions(fields: Fields, command: str) -> tuple[list[str], DateTest | None, str]:
    """Return the expressions, the tests that they have taken over, and the rest of the command."""
    test, rest = split_tests(command)
    if test is not None:
        try:
            return translate(fields, test), test, rest
        except Untranslatable:
            pass  # the command goes on testing
    return translate(fields), None, command


def _add(job: Job, name: str, command: str, timezone: str, commands: dict[str, Command]) -> str:
    """Add a task of one's own unless it is there; return its name."""
    given = {k: v for k, v in job.environment.items() if k not in _CRONS_OWN}
    given.setdefault("TZ", timezone)
    missing = tuple(key for key in given if _SECRET.search(key))
    environment = tuple((k, v) for k, v in given.items() if k not in missing)
    wanted = Command(command, job.stdin, environment, missing)
    for known, other in commands.items():
        if other == wanted:
            return known
    unique = make_unique(name_task(name), {*commands}, "_")
    commands[unique] = wanted
    return unique


def _notes(imported: Imported) -> Iterator[str]:
    day, weekday = imported.fields.day, imported.fields.weekday
    if len(imported.schedules) > 1:
        meant = _meant(day.values, weekday.aws)
        yield (
            "cron runs it on days that match either day field, so it has become two schedules"
            + (f"; if the days that match both were meant, it is one: {meant}" if meant else "")
        )
    if imported.test:
        (expression,) = imported.schedules.values()
        yield f"its test of the date has become {expression}"
    if not imported.request and _PASSWORD.search(imported.job.command):
        yield "its command may hold a password: fetch it in task code"
    if imported.request:
        yield from _notes_on_request(imported.job.command, imported.request)


def _meant(days: frozenset[int] | None, weekday: str) -> str | None:
    """Return such as MON#1 where days of a week and a day of the week are given together."""
    if days is None or not re.fullmatch("[A-Z]{3}", weekday) or len(days) != 7:
        return None
    first = min(days)
    is_week = first % 7 == 1 and max(days) == first + 6
    return f"{weekday}#{first // 7 + 1} as its day of the week" if is_week else None


def _notes_on_request(command: str, request: Request) -> Iterator[str]:
    program = command.split()[0].rpartition("/")[2]
    if program == "curl" and not re.search(r"\s(?:-\w*f|--fail)", command):
        yield "an answer of 400 and above fails the task; curl without -f passes it over"
    if request.args["timeout"] == str(SECONDS):
        yield f"the answer has {SECONDS} s (args.timeout), since run_task has 60 s by default"
    if _is_private(request.args["url"]):
        yield "its URL is of a private network, which run_task reaches only with `vpc`"
    if re.search(r"[?&](?:\w*(?:key|token|secret|pass)\w*)=", request.args["url"], re.IGNORECASE):
        yield "its URL holds a secret, which would be in Terraform's state: fetch it in task code"


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan"))


def _notes_on_variables(crontab: Crontab) -> Iterator[tuple[int, str]]:
    for name, assigned in crontab.variables.items():
        for line, value in assigned:
            if name == "MAILTO" and value:
                yield line, "MAILTO: chat or mail get failures of all schedules if `notify` is set"
            elif name == "TZ":
                yield line, "TZ is for commands only; cron itself reads CRON_TZ"
            elif name == "RANDOM_DELAY":
                yield line, "RANDOM_DELAY: set flexible_window_minutes"
            elif _SECRET.search(name):
                yield line, f"{name} may be a secret: its value is left out, fetch it in task code"
