"""Names of schedules and tasks, from what their commands run."""

from __future__ import annotations

import builtins
import keyword
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_MAX_CHARACTERS = 48
"""Of the 64 that a schedule's name may have; the rest is for what makes it unique."""
_WRAPPERS = {
    "nice", "ionice", "chronic", "setsid", "nohup", "env", "exec", "time", "sudo", "flock",
    "timeout", "su", "cronic", "stdbuf", "systemd-cat", "bash", "sh",
}  # fmt: skip
_BEFORE = {
    "cd", "[", "[[", "test", ".", "source", "export", "sleep", "umask", "ulimit", "if", "then",
}  # fmt: skip
_INTERPRETERS = re.compile(
    r"(?:python|php|ruby|perl|node|java|Rscript|bundle|poetry|uv|npx)[0-9.]*"
)
_RESERVED = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "ping", "http", "task", "os",
             "subprocess"}  # fmt: skip
_UNNAMED = "job"


def name_command(command: str) -> str:
    """Return a name such as "backup" for /usr/local/bin/backup.sh --full; it may not be unique.

    It is of lower-case letters, digits and hyphens.
    """
    url = re.search(r"\bhttps?://[^\s'\"]+", command)
    if url and re.match(r"\S*(?:curl|wget)\s", command.lstrip()):
        return _slug(_name_url(url[0]))
    words = [*_significant(_first_command(command))]
    return _slug("-".join(words[:2])) or _UNNAMED


def name_task(name: str) -> str:
    """Return the name of a function for a name of name_command."""
    function = name.replace("-", "_").replace(".", "_")
    if function in _RESERVED or not function.isidentifier():
        return f"run_{function}"
    return function


def make_unique(name: str, taken: set[str], separator: str = "-") -> str:
    """Return the name, with a number behind it if it is taken, and take it."""
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name}{separator}{number}"
    taken.add(unique)
    return unique


def _name_url(url: str) -> str:
    parts = urlsplit(url)
    words = [re.sub(r"\.\w{2,4}$", "", word) for word in parts.path.split("/") if word]
    words = [word for word in words if len(word) < 20 and not re.search("[0-9a-f]{6}", word)]
    host = (parts.hostname or "").removeprefix("www.")
    return "-".join([host, *words[-1:]])


def _first_command(command: str) -> str:
    """Return the command behind `cd`, tests and the like in front of it."""
    if found := re.search(r"\b(?:ba|z)?sh\s+-l?c\s+([\"'])(.+?)\1", command):
        return _first_command(found[2])
    plain = re.sub(r"\$\([^()]*\)|`[^`]*`", "_", command)
    for part in re.split(r"&&|\|\||[;|(){}]", plain):
        words = part.split()
        if words and words[0] not in _BEFORE:
            return part
    return command


def _significant(command: str) -> Iterator[str]:
    """Return the program's or the script's name, and the subcommand behind it."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    stem = None
    for before, word in pairwise(["", *words]):
        if stem is not None:
            if re.fullmatch("[A-Za-z][A-Za-z0-9:_.-]{1,23}", word) and "." not in word:
                yield word
            return
        name = PurePosixPath(word).name
        if (
            before == "-u"
            or word.startswith("-")
            or "=" in word
            or re.fullmatch(r"[0-9.]+[smhd]?", word)
        ):
            continue
        if name in _WRAPPERS or _INTERPRETERS.fullmatch(name) or _is_lock(word):
            continue
        stem = re.sub(r"\.(?:sh|py|php|rb|pl|js|jar|R)$", "", name)
        yield stem


def _is_lock(word: str) -> bool:
    return word.endswith((".lock", ".lck", ".pid"))


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9.]+", "-", text.lower())[:_MAX_CHARACTERS].strip("-.")
