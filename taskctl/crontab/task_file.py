"""The tasks of one's own as a file of Python."""

from __future__ import annotations

import json
import re

from taskctl.crontab.translation import Command, Translated

FILE = "imported.py"

_HEAD = '''"""Commands of a crontab: each runs as it stands until Python takes its place.

Lambda has neither the scripts nor most of the programs of the machine that they come from.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from task_scheduler import task
'''

_TAIL = '''

def _run(command: str, environment: Mapping[str, str], stdin: str | None = None) -> str:
    """Run a command as cron does; its output is the task's result."""
    done = subprocess.run(
        [environment.get("SHELL", "/bin/sh"), "-c", command],
        env={**os.environ, **environment},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stdout[-1000:]}")
    return done.stdout
'''
_GUARD = re.compile(r"(\[\[?\s.+?\s\]\]?|test\s[^&|;]+?)\s*&&\s*(.+)", re.DOTALL)


def write_tasks(done: Translated) -> str:
    """Return the file; empty if all tasks are built-in ones."""
    if not done.commands:
        return ""
    environments = [*dict.fromkeys(command.environment for command in done.commands.values())]
    names = {
        each: "_ENVIRONMENT" if not number else f"_ENVIRONMENT_{number + 1}"
        for number, each in enumerate(environments)
    }
    tasks = [
        _task(name, command, names[command.environment], _lines(done, name))
        for name, command in done.commands.items()
    ]
    constants = "".join(f"\n{names[each]} = {_mapping(each)}" for each in environments)
    return "".join([_HEAD, constants, *tasks, _TAIL])


def _lines(done: Translated, task: str) -> str:
    lines = [str(each.job.line) for each in done.imported if each.task == task]
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(lines)}"


def _task(name: str, command: Command, environment: str, lines: str) -> str:
    comments = [f"    # TODO: replace the command of {lines} of the crontab\n"]
    comments += [f"    # TODO: {secret} is a secret: fetch it here\n" for secret in command.missing]
    arguments = [_quote(_unguarded(command.text)), environment]
    arguments += [f"stdin={_quote(command.stdin)}"] if command.stdin is not None else []
    call = f"    return _run({', '.join(arguments)})\n"
    if len(call) > 89:
        call = (
            "    return _run(\n" + "".join(f"        {each},\n" for each in arguments) + "    )\n"
        )
    return f"\n\n@task({_quote(name)})\ndef {name}() -> str:\n{''.join(comments)}{call}"


def _unguarded(command: str) -> str:
    """Return a command that succeeds where a test in front of it lets it do nothing, as in cron."""
    found = _GUARD.fullmatch(command)
    return f"if {found[1]}; then {found[2]}; fi" if found and "||" not in command else command


def _mapping(environment: tuple[tuple[str, str], ...]) -> str:
    lines = "".join(f"    {_quote(key)}: {_quote(value)},\n" for key, value in environment)
    return f"{{\n{lines}}}\n"


def _quote(text: str) -> str:
    """Return a string as Python has it, in the quotes that need no backslash if there are any."""
    quoted = json.dumps(text, ensure_ascii=False)
    if '"' in text and "'" not in text:
        return "'" + quoted[1:-1].replace('\\"', '"') + "'"
    return quoted
