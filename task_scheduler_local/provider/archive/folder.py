"""The files of a folder, less those that globs exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import ProviderError


def entries(
    folder: Path, excludes: list[str], *, follow_folders: bool = True
) -> list[tuple[str, Path]]:
    """Name in the archive and path of each file, in the order of their names, links followed.

    An exclude is a glob over the name: `*` and `?` stop at a slash, `**` stands for any number of
    folders, `[...]` and `{a,b}` are known. One that meets a folder excludes all in it.
    `follow_folders=False` leaves out folders that are links.
    Raises ProviderError for a folder that is missing or empty, and for a link that leads nowhere.
    """
    if not folder.is_dir():
        raise ProviderError(f"could not archive missing directory: {folder}", "source_dir")
    excluded = [re.compile(_regex(exclude)) for exclude in excludes if exclude]
    found = list(_walk(folder, "", excluded, follow_folders))
    if not found:
        raise ProviderError(
            f"archive has not been created as it would be empty: {folder}", "source_dir"
        )
    return found


def _walk(
    folder: Path, prefix: str, excluded: list[re.Pattern[str]], follow_folders: bool
) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir(), key=lambda p: p.name.encode()):
        name = prefix + path.name
        if any(pattern.fullmatch(name) for pattern in excluded):
            continue
        if path.is_dir():
            if follow_folders or not path.is_symlink():
                yield from _walk(path, f"{name}/", excluded, follow_folders)
        elif path.exists():
            yield name, path
        else:
            raise ProviderError(f"could not archive {path}: the link leads nowhere", "source_dir")


_TOKENS = re.compile(r"(?P<any_folders>\*\*/)|(?P<rest>\*\*)|(?P<set>\[[^\]]+\])|(?P<char>.)", re.S)


def _regex(glob: str) -> str:
    """Return the glob as a regular expression for the whole name."""
    regex = ""
    depth = 0
    for token in _TOKENS.finditer(glob):
        text = token.group()
        if token.lastgroup == "any_folders":
            regex += "(?:[^/]+/)*"
        elif token.lastgroup == "rest":
            regex += ".*"
        elif token.lastgroup == "set":
            regex += "[^" + text[2:] if text[1] in "!^" else text
        elif text == "*":
            regex += "[^/]*"
        elif text == "?":
            regex += "[^/]"
        elif text == "{":
            regex, depth = regex + "(?:", depth + 1
        elif text == "}" and depth:
            regex, depth = regex + ")", depth - 1
        elif text == "," and depth:
            regex += "|"
        else:
            regex += re.escape(text)
    return regex
