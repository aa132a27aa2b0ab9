"""Lines of the log: JSON of one line each, whatever is in them, on the function's own stream."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from task_scheduler.observability import log, redaction, stream
from task_scheduler.observability.logging_state import LoggingState
from tests.unit.conftest import Log


def test_a_line_is_compact_utf8_and_half_a_surrogate_pair_is_escaped() -> None:
    line = stream.encode_line({"a": "ü\ud83d", "n": [1, None]})
    assert line == b'{"a":"\xc3\xbc\\ud83d","n":[1,null]}\n'


def test_a_value_that_is_no_json_is_its_type_or_what_the_caller_makes_of_it() -> None:
    assert stream.encode_line({"x": {1, 2}}) == b'{"x":"set"}\n'
    assert stream.encode_line({"x": {1}}, default=sorted) == b'{"x":[1]}\n'


def test_what_no_json_has_a_number_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        stream.encode_line({"x": float("inf")})


def test_the_stream_is_a_descriptor_of_its_own_for_standard_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        own = stream._own_descriptor()
    os.write(own, b"still open")
    os.close(own)
    assert own >= stream.FIRST_DESCRIPTOR
    assert (tmp_path / "out").read_text() == "still open"


def test_a_line_after_one_that_was_interrupted_begins_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[bytes] = []

    def write(line: bytes) -> None:
        if line == b"torn\n":
            raise KeyboardInterrupt
        written.append(line)

    monkeypatch.setattr(stream, "_write", write)
    with pytest.raises(KeyboardInterrupt):
        stream.write_line(b"torn\n")
    stream.write_line(b"a\n")
    stream.write_line(b"b\n")
    assert written == [b"\na\n", b"b\n"]


class Descriptors:
    """Stands in for the module os: takes two bytes at a time, and none on those that fail."""

    def __init__(self, errors: dict[int, int]) -> None:
        self.errors = errors
        self.asked: list[tuple[int, bytes]] = []

    def write(self, descriptor: int, line: bytes) -> int:
        assert len(self.asked) < 5
        self.asked.append((descriptor, line))
        if descriptor in self.errors:
            raise OSError(self.errors[descriptor], "refused")
        return 2


@pytest.mark.parametrize(
    ("errors", "asked"),
    [
        ({}, [(900, b"abc\n"), (900, b"c\n")]),
        ({900: errno.EBADF}, [(900, b"abc\n"), (1, b"abc\n"), (1, b"c\n")]),
        ({900: errno.EBADF, 1: errno.EBADF}, [(900, b"abc\n"), (1, b"abc\n")]),
        ({900: errno.ENOSPC}, [(900, b"abc\n")]),
    ],
)
def test_what_is_left_of_a_line_goes_to_standard_output_if_its_own_is_closed(
    monkeypatch: pytest.MonkeyPatch, errors: dict[int, int], asked: list[tuple[int, bytes]]
) -> None:
    descriptors = Descriptors(errors)
    monkeypatch.setattr(stream, "os", descriptors)
    monkeypatch.setattr(stream, "_descriptor", 900)
    stream.write_line(b"abc\n")
    assert descriptors.asked == asked


def test_a_line_gets_out_though_task_code_has_closed_every_descriptor_that_it_found(
    tmp_path: Path,
) -> None:
    code = (
        "import os; from task_scheduler.observability import stream;"
        "stream.write_line(b'a\\n'); os.closerange(3, 1000); stream.write_line(b'b\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout == b"a\nb\n"


@pytest.mark.parametrize("kind", ["closed", "without a descriptor"])
def test_without_a_descriptor_of_standard_output_it_is_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    closed = (tmp_path / "out").open("w")
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed if kind == "closed" else None)
    assert stream._own_descriptor() == 1


@pytest.mark.parametrize("level", ["warning", "error"])
def test_a_record_has_its_level_its_fields_and_the_exception(log_lines: Log, level: str) -> None:
    write = getattr(log.logger, level)

    write("odd", extra={"run": "s@t", "rows": 3}, exc_info=KeyError("given"))
    try:
        raise ValueError("handled")
    except ValueError:
        write("odd", exc_info=True)
    write("odd")

    given, handled, plain = log_lines()
    assert given["exception"] == "KeyError: 'given'"
    assert (given["exception_name"], given["run"], given["rows"]) == ("KeyError", "s@t", 3)
    assert handled["exception"].startswith("Traceback (most recent call last):\n")
    assert handled["exception"].endswith("ValueError: handled")
    assert plain == {
        "level": level.upper(), "message": "odd", "service": log.logger.service,
    }  # fmt: skip


def test_of_a_long_field_of_a_record_the_beginning_is_kept(log_lines: Log) -> None:
    log.logger.info("odd", extra={"reason": "x" * 950})
    [line] = log_lines()
    assert line["level"] == "INFO"
    assert line["reason"] == "x" * 900 + "... (50 more characters)"


def test_a_text_is_truncated_at_its_limit_and_its_surrogates_are_escaped() -> None:
    assert log.truncate("x" * 300) == "x" * 300
    assert log.truncate("x" * 301) == "x" * 300 + "... (1 more characters)"
    assert log.truncate("ab\ud800", 3) == "ab\\ud800"
    assert log.escape_surrogates("ü\udc00") == "ü\\udc00"


class Unsayable(Exception):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


def test_the_reason_of_an_exception_that_cannot_say_it_names_both() -> None:
    assert log.reason_of(ValueError("why")) == "why"
    assert log.reason_of(Unsayable(SystemExit())) == (
        "<Unsayable, whose str raises SystemExit>"
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        log.reason_of(Unsayable(KeyboardInterrupt()))


@pytest.fixture
def hidden() -> Iterator[None]:
    """Nothing is hidden after the test."""
    yield
    redaction.forget_hidden()


@pytest.mark.usefixtures("hidden")
def test_of_secrets_within_each_other_the_longest_is_replaced_first() -> None:
    redaction.hide("key", "abcdef\nzyxwvu")
    assert redaction.redacted("(abcdef\nzyxwvu)") == "(***)"
    assert redaction.redacted("zyxwvu, abcdef") == "***, ***"


@pytest.mark.usefixtures("hidden")
def test_a_secret_is_hidden_as_json_has_it_and_without_the_blanks_around_it() -> None:
    redaction.hide("key", '  pass"wörd  ')
    redaction.hide("other", 'other"wörd')
    for shown in ('pass"wörd', 'pass\\"wörd', 'pass\\"w\\u00f6rd'):
        assert redaction.redacted(f"<{shown}>") == "<***>"
        assert redaction.redacted(f"<  {shown}  >") == "<***>"
        assert redaction.redacted(f"<{shown.replace('pass', 'other')}>") == "<***>"


@pytest.mark.usefixtures("hidden")
def test_the_value_before_is_hidden_too_and_older_ones_are_not() -> None:
    for value in ("first-one", "second-one", "third-one"):
        redaction.hide("key", value)
    assert redaction.redacted("first-one second-one third-one") == "first-one *** ***"


@pytest.mark.usefixtures("hidden")
def test_a_secret_of_six_characters_is_hidden_and_a_shorter_one_is_not() -> None:
    redaction.hide("key", "sixsix")
    redaction.hide("other", "fives")
    assert redaction.redacted("sixsix fives") == "*** fives"


def test_loggers_are_disabled_after_a_task_if_they_were_before() -> None:
    was, new, untouched = (logging.getLogger(f"state.{name}") for name in ("was", "new", "not"))
    was.disabled = True
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    state = LoggingState()
    was.disabled, new.disabled = False, True
    root.handlers.clear()
    root.setLevel(level + 1)
    logging.disable(logging.ERROR)
    state.restore()

    assert (was.disabled, new.disabled, untouched.disabled) == (True, False, False)
    assert (root.handlers, root.level, root.manager.disable) == (handlers, level, 0)
