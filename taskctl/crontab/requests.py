"""`curl` and `wget` of one URL as the built-in tasks `ping` and `http`."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

SECONDS = 50
"""The limit of a request that has none of its own: run_task has 60 s by default."""

_REDIRECTION = re.compile(
    r"\s*(?:(?P<out>(?:1|&)?>>?|>&)\s*(?!&)[\w./-]+|2>>?\s*[\w./-]+|2>&1|\|\|\s*(?:true|:))\s*$"
)
_JSON = re.compile(r"content-type:\s*(\S+)\s*$", re.IGNORECASE)


class Request(NamedTuple):
    """A built-in task and its arguments.

    Attributes:
        task: "ping" if the answer was thrown away, otherwise "http".
        args: its arguments.
        retries: tries after the first; None if the command says nothing of it.
    """

    task: str
    args: dict[str, str]
    retries: int | None


class _NotPlain(ValueError):
    """The command asks for more than the built-in tasks do."""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _NotPlain(message)


def read_request(command: str) -> Request | None:
    """Return the request that a command makes; None if it does anything else."""
    plain, is_quiet = _strip_redirections(command)
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = [*lexer]
        if any(re.search(r"[$`\n]|^[();<>|&]+$", word) for word in words):
            return None
        match words:
            case ["curl" | "/usr/bin/curl", *options]:
                return _make(_read_curl(options), is_quiet=is_quiet)
            case ["wget" | "/usr/bin/wget", *options]:
                return _make(_read_wget(options), is_quiet=is_quiet)
    except ValueError:
        pass
    return None


def _strip_redirections(command: str) -> tuple[str, bool]:
    """Return a command without those at its end, and True if they take its output away."""
    is_quiet = False
    while found := _REDIRECTION.search(command):
        is_quiet |= bool(found["out"])
        command = command[: found.start()]
    return command, is_quiet


def _make(asked: Namespace, *, is_quiet: bool) -> Request:
    parts = urlsplit(asked.url)
    if parts.scheme not in ("http", "https") or parts.username or not parts.hostname:
        raise _NotPlain("its URL")
    args = {"url": asked.url}
    if asked.method != "GET":
        args["method"] = asked.method
    if asked.body is not None:
        args |= {"body": asked.body, "content_type": asked.content_type}
    task = "ping" if len(args) == 1 and (is_quiet or asked.is_quiet) else "http"
    args["timeout"] = f"{min(asked.seconds, SECONDS):g}" if asked.seconds else str(SECONDS)
    return Request(task, args, asked.retries)


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("url", type=_url)
    return parser


def _url(text: str) -> str:
    return text if "://" in text else f"http://{text}"


def _read_curl(options: list[str]) -> Namespace:
    parser = _parser()
    for short, long in {"s": "silent", "S": "show-error", "f": "fail", "L": "location"}.items():
        parser.add_argument(f"-{short}", f"--{long}", action="store_true")
    for long in ("compressed", "ipv4", "ipv6", "no-progress-meter", "fail-with-body"):
        parser.add_argument(f"--{long}", action="store_true")
    for short in "46#":
        parser.add_argument(f"-{short}", action="store_true", dest=f"flag{ord(short)}")
    parser.add_argument("-m", "--max-time", type=float, dest="seconds")
    for ignored in ("--connect-timeout", "--retry-delay", "--retry-max-time"):
        parser.add_argument(ignored)
    parser.add_argument("--retry", type=int, dest="retries")
    parser.add_argument("-o", "--output")
    parser.add_argument("-X", "--request", dest="method")
    parser.add_argument("-I", "--head", action="store_true")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", "--data-raw", "--data-ascii", action="append", dest="data")
    asked = parser.parse_args(options)
    asked.is_quiet = asked.output is not None
    asked.body = "&".join(asked.data) if asked.data else None
    asked.method = asked.method or ("POST" if asked.data else "HEAD" if asked.head else "GET")
    asked.content_type = "application/x-www-form-urlencoded"
    for header in asked.header:
        found = _JSON.fullmatch(header)
        if not found:
            raise _NotPlain("a header")
        asked.content_type = found[1]
    if any(part.startswith("@") for part in asked.data or []):
        raise _NotPlain("a file as its body")
    return asked


def _read_wget(options: list[str]) -> Namespace:
    parser = _parser()
    for short, long in {"q": "quiet", "4": "inet4-only", "6": "inet6-only"}.items():
        parser.add_argument(f"-{short}", f"--{long}", action="store_true")
    for short, long in (("nv", "no-verbose"), ("nc", "no-clobber")):
        parser.add_argument(f"-{short}", f"--{long}", action="store_true")
    for long in ("no-cache", "content-on-error", "delete-after"):
        parser.add_argument(f"--{long}", action="store_true")
    parser.add_argument("--spider", action="store_true")
    parser.add_argument("-O", "--output-document")
    parser.add_argument("-o", "--output-file", "-a", "--append-output")
    parser.add_argument("-T", "--timeout", type=float, dest="seconds")
    parser.add_argument("-t", "--tries", type=int)
    parser.add_argument("--post-data", dest="body")
    asked = parser.parse_args(options)
    asked.is_quiet = asked.output_document != "-"  # it writes to a file
    asked.retries = max(asked.tries - 1, 0) if asked.tries else None
    asked.method = "POST" if asked.body is not None else "HEAD" if asked.spider else "GET"
    asked.content_type = "application/x-www-form-urlencoded"
    return asked
