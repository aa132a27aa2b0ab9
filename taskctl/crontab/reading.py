"""Jobs from the lines of a crontab: crontab(5).

Neither python-crontab, which drops the lines that it does not understand, nor the libraries that
compute times read what else counts here: numbers of lines, CRON_TZ, %, the user's column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_ASSIGNMENT = re.compile(r"""\s*(["']?)([A-Za-z_]\w*)\1\s*=\s*(.*?)\s*$""")
_FIELD = r"[0-9A-Za-z*,/~?#()-]+"
_JOB = re.compile(rf"\s*(@\w+|{_FIELD}(?:\s+{_FIELD}){{4}})\s+(\S.*?)\s*$")
_USER = re.compile(r"([a-z_][a-z0-9_-]*\$?)\s+(\S.*)")
_KNOWN_USERS = {"root", "www-data", "nobody", "daemon", "postgres", "mysql", "apache", "nginx"}
_DAY = "(?:SUN|MON|TUE|WED|THU|FRI|SAT)"
_SIXTH_FIELD = re.compile(rf"(?:[0-9*?][0-9*?,/-]*|{_DAY}(?:[,-]{_DAY})*)(?:\s|$)")
_SWITCHED_OFF = re.compile(r"@\w+\s|(?:[0-9*]\S*\s+){2}")


class Job(NamedTuple):
    """A line that runs a command.

    Attributes:
        line: its number, from 1.
        when: its five fields, or such as @daily.
        command: without what follows the first %.
        stdin: what follows it, with line ends for further ones; None without one.
        environment: the variables above it.
        comment: the text in the comment right above it.
    """

    line: int
    when: str
    command: str
    stdin: str | None = None
    environment: Mapping[str, str] = {}
    comment: str | None = None


class Left(NamedTuple):
    """A line that was left out, and the reason."""

    line: int
    text: str
    reason: str


@dataclass(kw_only=True)
class Crontab:
    """The contents of a crontab.

    Attributes:
        jobs: the lines that run something.
        left: the lines that are neither that nor a variable or a comment.
        variables: the lines that set each variable, and its values.
    """

    jobs: list[Job] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    variables: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def read_crontab(text: str, *, has_users: bool) -> Crontab:
    """Read a crontab.

    Args:
        text: its lines.
        has_users: true if a user stands before each command, as in /etc/crontab.
    """
    crontab = Crontab()
    environment: dict[str, str] = {}
    comments: list[str] = []
    for number, line in _lines(text):
        if line.startswith("#"):
            comments.append(line.lstrip("# \t").rstrip("# \t"))
            continue
        if assigned := _ASSIGNMENT.match(line):
            name, value = assigned[2], _unquote(assigned[3])
            environment = {**environment, name: value}
            crontab.variables.setdefault(name, []).append((number, value))
        elif line:
            read = _read_job(number, line, has_users=has_users)
            if isinstance(read, Left):
                crontab.left.append(read)
            else:
                comment = _describe(comments)
                crontab.jobs.append(read._replace(environment=environment, comment=comment))
        comments = []
    return crontab


def find_users(text: str) -> bool:
    """Return true if each command seems to have a user before it, as in /etc/crontab."""
    commands = [found[2] for _, line in _lines(text) if (found := _JOB.match(line))]
    users = [found[1] if (found := _USER.match(command)) else None for command in commands]
    return None not in users and bool(_KNOWN_USERS & {*users})


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.strip()


def _read_job(number: int, line: str, *, has_users: bool) -> Job | Left:
    found = _JOB.match(line)
    if not found:
        reason = "it must have five fields, or @daily and its like, and a command"
        return Left(number, line, reason)
    when, command = " ".join(found[1].split()), found[2]
    if not when.startswith("@") and _SIXTH_FIELD.match(command.upper()):
        reason = "it has six fields; cron has five, and Scheduler knows no seconds"
        return Left(number, line, reason)
    if has_users:
        with_user = _USER.match(command)
        if not with_user:
            return Left(number, line, "it must have a user and a command after its fields")
        command = with_user[2]
    parts = [part.replace("\\%", "%") for part in re.split(r"(?<!\\)%", command)]
    stdin = "\n".join(parts[1:]).removesuffix("\n") + "\n"  # cron ends it with one
    return Job(number, when, parts[0].strip(), stdin if len(parts) > 1 else None)


def _unquote(value: str) -> str:
    return value[1:-1] if re.fullmatch("([\"']).*\\1", value) else value


def _describe(comments: list[str]) -> str | None:
    """Return the text of comments; None for commands that were commented out, and for rulers."""
    kept = [
        each
        for each in comments
        if re.search("[A-Za-z]{2}", each) and not _SWITCHED_OFF.match(each)
    ]
    return " ".join(kept) if comments and len(kept) == len(comments) else None
