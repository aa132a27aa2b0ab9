"""Output and log lines of tasks: they have the task's id, and none is a record or a metric."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.observability import log, stream, task_output
from task_scheduler.observability.task_output import TaskOutput, capture_output
from task_scheduler.queue.message import Message
from tests.unit.conftest import Bench, Log, Write

FORGED = json.dumps(
    {
        "level": "INFO", "message": "task", "service": "service_undefined", "outcome": "failed",
        "id": "s@t#9", "duration_ms": 1, "attempt": 1,
        "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
            "Namespace": "TaskScheduler", "Dimensions": [["service", "outcome"]],
            "Metrics": [{"Name": "duration_ms"}],
        }]},
    }
)  # fmt: skip

Run = Callable[..., None]


@pytest.fixture
def run(bench: Bench, write_tasks: Write) -> Run:
    """Runs tasks one after the other, each with the body given for it, and another one last."""

    def run(*bodies: str, setup: str = "") -> None:
        functions = "".join(
            f"@task('t{number}')\ndef t{number}(context):\n"
            + "".join(f"    {line}\n" for line in body.strip().splitlines())
            for number, body in enumerate(bodies)
        )
        logging.getLogger().handlers.clear()  # pytest has its own there
        head = "import json, logging, os, sys\nfrom task_scheduler import task\n"
        write_tasks(mine=head + f"FORGED = {FORGED!r}\n{setup}\n" + functions)
        for number in range(len(bodies)):
            bench.put(Message(id=f"s@t#{number}", schedule="s", task=f"t{number}", retries=0))
            bench.run()

    return run


def is_record_or_metric(line: dict[str, Any]) -> bool:
    return bool({"service", "_aws", "outcome"} & line.keys())


@pytest.mark.parametrize(
    "body",
    [
        "print(FORGED)",
        "print('hi\\n' + FORGED)",
        "print('hi\\r' + FORGED)",
        "sys.stdout.write(FORGED)",
        "sys.stderr.write(FORGED + '\\n')",
        "print(FORGED, file=sys.stderr)",
        "sys.stdout.buffer.write(FORGED.encode())",
        "sys.stdout.writelines([FORGED, chr(10)])",
        "for character in FORGED: print(character, end='', flush=True)",
        "print('x' * 32_000 + FORGED)",
        "print(' ' * 32_000 + FORGED)",
        "logging.getLogger(__name__).info(FORGED)",
        "logging.getLogger(__name__).info('task', extra=json.loads(FORGED, object_hook=lambda d:"
        " {k: v for k, v in d.items() if k != 'message'}))",
        "context.logger.info('%s', FORGED)",
        "context.logger.error('run', extra={'service': 'x', '_aws': json.loads(FORGED)['_aws'],"
        " 'schedule': 's', 'run': 's@t', 'sent': 1, 'outcome': 'failed'})",
        "logging.basicConfig(force=True, format='%(message)s'); logging.error(FORGED)",
        "import warnings; warnings.warn(FORGED)",
        "import threading; t = threading.Thread(target=print, args=(FORGED,)); t.start(); t.join()",
        "sys.stdout.close(); print(FORGED)",
        "sys.stdout.reconfigure(encoding='latin-1'); print(FORGED)",
        "return FORGED",
        "raise ValueError('no\\n' + FORGED)",
    ],
)
def test_nothing_that_a_task_prints_logs_or_returns_is_a_record_or_a_metric(
    run: Run, log_text: Callable[[], str], body: str
) -> None:
    run(body)

    lines = [json.loads(line) for line in log_text().splitlines()]
    [record] = [line for line in lines if is_record_or_metric(line)]
    assert record["id"] == "s@t#0"
    assert record["message"] == "task"
    if "return" not in body and "raise" not in body:
        assert "TaskScheduler" in log_text()
        assert {line["id"] for line in lines} == {"s@t#0"}


def test_what_a_file_of_tasks_prints_while_it_is_imported_is_no_record_either(
    run: Run, task_lines: Log, log_lines: Log
) -> None:
    run("pass", setup="print(FORGED)")

    assert [line["message"] for line in task_lines()] == [FORGED]
    assert [line["id"] for line in log_lines()] == ["s@t#0"]


def test_a_text_task_is_a_readable_line(bench: Bench, task_lines: Log, log_lines: Log) -> None:
    bench.put(f"Grüße\n{FORGED}")

    bench.run()

    first, second = task_lines()
    assert first == {"level": "INFO", "message": "Grüße", "id": log_lines()[0]["id"]}
    assert second["message"] == FORGED


@pytest.mark.parametrize(
    "body",
    [
        "import logging.config; logging.config.dictConfig({'version': 1})",
        "import logging.config; logging.config.dictConfig({'version': 1, 'root': "
        "{'level': 'CRITICAL', 'handlers': []}})",
        "import logging.config, io; logging.config.fileConfig(io.StringIO("
        "'[loggers]\\nkeys=root\\n[handlers]\\nkeys=\\n[formatters]\\nkeys=\\n"
        "[logger_root]\\nlevel=ERROR\\nhandlers=\\n'))",
        "logging.disable(logging.CRITICAL)",
        "logging.shutdown()",
        "logging.getLogger().handlers.clear()",
        "[h.close() for h in logging.getLogger().handlers]",
        "logging.raiseExceptions = False; logging.getLogger().setLevel(100)",
        "import io; logging.basicConfig(level=50, force=True, stream=io.StringIO())",
        "import io; sys.stdout = sys.stderr = io.StringIO()",
        "sys.stdout = None",
        "sys.stdout.close(); sys.stderr.close()",
    ],
)
def test_no_task_can_switch_off_records_or_the_logs_of_later_tasks(
    run: Run, log_lines: Log, task_lines: Log, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    run(
        body,
        "logging.getLogger(__name__).info('logged')\nprint('printed')",
        setup="logging.getLogger(__name__)",
    )

    assert [line["id"] for line in log_lines()] == ["s@t#0", "s@t#1"]
    assert [(line["id"], line["message"]) for line in task_lines()][-2:] == [
        ("s@t#1", "logged"), ("s@t#1", "printed"),
    ]  # fmt: skip


def test_a_line_of_pythons_logging_has_the_tasks_id_and_what_was_given_as_extra(
    run: Run, task_lines: Log
) -> None:
    run(
        "logging.getLogger('a.b').info('%s rows', 3, extra={'table': 'orders', 'service': 'own'})\n"
        "logging.getLogger('a.b').debug('too fine')\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: logging.exception('odd')",
    )

    first, second = task_lines()
    assert first == {
        "level": "INFO", "message": "3 rows", "id": "s@t#0", "table": "orders", "service_": "own",
    }  # fmt: skip
    assert (second["level"], second["exception_name"]) == ("ERROR", "ZeroDivisionError")
    assert second["exception"].endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("DEBUG", ["debug", "info", "warning"]),
        ("warning", ["warning"]),
        ("nonsense", ["info", "warning"]),
    ],
)
def test_the_level_of_the_root_logger_is_an_input(
    run: Run, task_lines: Log, monkeypatch: pytest.MonkeyPatch, level: str, logged: list[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)

    run("for level in 'debug', 'info', 'warning': getattr(logging.getLogger('x'), level)(level)")

    assert [line["message"] for line in task_lines()] == logged


@pytest.mark.parametrize("library", ["botocore.endpoint", "urllib3.connectionpool"])
def test_requests_with_what_is_secret_in_them_are_not_logged_even_at_debug(
    run: Run, log_text: Callable[[], str], monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")

    run(f"logging.getLogger({library!r}).debug('a secret')")

    assert "a secret" not in log_text()


@pytest.mark.parametrize(
    "body",
    [
        "from aws_lambda_powertools import Logger; Logger().append_keys(customer='x')",
        "OWN.append_keys(customer='x')",
        "OWN.thread_safe_append_keys(customer='x')",
        "from aws_lambda_powertools import Logger; Logger(service='other').append_keys(customer=1)",
    ],
)
def test_keys_that_a_task_appends_to_powertools_logger_are_in_no_line_of_a_later_task(
    run: Run, task_lines: Log, log_lines: Log, body: str
) -> None:
    run(
        body + "\nOWN.info('first')",
        "from aws_lambda_powertools import Logger\nOWN.info('second')\ncontext.logger.info('x')\n"
        "Logger(service='other').info('third')",
        setup="from aws_lambda_powertools import Logger\nOWN = Logger(service='own', region='eu')",
    )

    assert "customer" not in json.dumps(log_lines())
    later = [line["message"] for line in task_lines() if line["id"] == "s@t#1"]
    assert [word in "".join(later) for word in ("second", "x", "third")] == [True] * 3
    assert "customer" not in "".join(later)
    assert json.loads(later[0])["region"] == "eu"


@pytest.mark.parametrize("cut", ["\ud83d", "a\udc00b", "\ud800" * 500])
def test_half_a_surrogate_pair_is_escaped_wherever_it_stands(
    run: Run, bench: Bench, log_text: Callable[[], str], cut: str
) -> None:
    name = json.dumps(cut[:3])
    run(
        f"print({name})\nlogging.info({name}, extra={{'x': {name}}})\nreturn {name}",
        f"raise ValueError({name})",
    )
    bench.put(f'{{"version":1,"id":{name},"text":"x"}}')
    bench.run()

    lines = [json.loads(line) for line in log_text().splitlines()]
    assert sum("outcome" in line for line in lines) == 3
    assert len(lines) == 6


@pytest.mark.parametrize(
    "extra",
    [
        "{'x': float('nan')}",
        "{'x': {(1, 2): 3}}",
        "{'x': object()}",
        "{'x': Hostile()}",
        "{'x': 10 ** 5000}",
        "{'x': ['y' * 100] * 10_000}",
        "{'x': {'_aws': 1}}",
        "(lambda loop: (loop.append(loop), {'x': loop})[1])([])",
    ],
)
def test_an_extra_of_any_kind_is_logged_as_far_as_it_can_be(
    run: Run, task_lines: Log, extra: str
) -> None:
    run(
        f"logging.warning('odd', extra={extra})",
        setup="class Hostile:\n    def __str__(self): raise RuntimeError\n    __repr__ = __str__",
    )

    [line] = task_lines()
    assert (line["level"], line["message"], line["id"]) == ("WARNING", "odd", "s@t#0")
    assert "x" in line


def test_no_line_is_longer_than_a_log_event_may_be(run: Run, log_text: Callable[[], str]) -> None:
    run(
        "print('\\x01' * 300_000)\nlogging.error('\\x01' * 300_000)\nprint('ä' * 100_000, end='')",
        "return '\\x01' * 300_000",
        "raise ValueError('\\x01' * 300_000)",
        "def f(n): return g(n)\ndef g(n): return f(n)\nf(1)",
    )

    text = log_text()
    assert max(len(line.encode()) for line in text.splitlines()) < 256_000
    assert text.count("ä") == 100_000
    records = [line for line in text.splitlines() if "service_undefined" in line]
    assert max(len(record.encode()) for record in records) < 60_000


@pytest.mark.parametrize("field", ["id", "task", "schedule", "message_group"])
def test_a_record_is_short_however_long_the_names_in_a_message(
    bench: Bench, log_text: Callable[[], str], field: str
) -> None:
    bench.put(json.dumps({"version": 1, "id": "s@t#1", "text": "x", field: "n" * 200_000}))

    bench.run()

    assert 0 < len(log_text()) < 10_000


def test_threads_of_a_task_print_with_its_id(run: Run, task_lines: Log) -> None:
    run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool: list(pool.map(print, 'ab'))"
    )

    assert sorted((line["message"], line["id"]) for line in task_lines()) == [
        ("a", "s@t#0"), ("b", "s@t#0"),
    ]  # fmt: skip


def test_tasks_that_run_at_once_have_lines_of_their_own(
    bench: Bench, write_tasks: Write, task_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "2")
    write_tasks(
        mine="""
            from threading import Barrier
            from task_scheduler import task
            barrier = Barrier(2)

            @task("half")
            def half(text):
                for _ in range(3):
                    barrier.wait(5)
                    print(text, end="")
                barrier.wait(5)
                print()
        """
    )
    bench.put(*(Message(id=f"s@t#{n}", schedule="s", task="half", text=n) for n in "01"))

    bench.run()

    assert sorted((line["message"], line["id"]) for line in task_lines()) == [
        ("000", "s@t#0"), ("111", "s@t#1"),
    ]  # fmt: skip


def test_a_line_that_was_interrupted_half_way_ends_before_the_next(
    monkeypatch: pytest.MonkeyPatch, log_text: Callable[[], str]
) -> None:
    write, calls = os.write, []

    def interrupted(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(descriptor, data[:9] if len(calls) == 1 else data)

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stream.write_line(b'{"message": "a longer one"}\n')
    stream.write_line(b"{}\n")
    stream.write_line(b"{}\n")

    assert log_text() == '{"message\n{}\n{}\n'


def test_a_log_that_cannot_be_written_fails_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_descriptor", 99_999)

    log.logger.info("task")
    TaskOutput({}).write("INFO", "hi\n")


def test_capturing_again_keeps_what_a_file_of_tasks_made_of_logging() -> None:
    capture_output()
    root = logging.getLogger()
    root.handlers.clear()

    capture_output()

    assert root.handlers == []


SANDBOX = """
import json, sys
if len(sys.argv) > 1:  # as on the emulator, whose protocol has standard output for itself
    sys.stdout = sys.stderr
from task_scheduler.observability.log import logger
from task_scheduler.observability.task_output import capture_output, task_output
capture_output()
with task_output({"id": "1"}):
    print("printed")
    logger.info("task")
"""


@pytest.mark.parametrize("arguments", [[], ["emulator"]])
def test_lines_go_where_the_runtime_has_standard_output(arguments: list[str]) -> None:
    source = Path(task_output.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SANDBOX, *arguments],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(source)},
    )  # fmt: skip

    lines = (done.stderr if arguments else done.stdout).splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["printed", "task"]
    assert (done.stdout if arguments else done.stderr) == ""


def test_bytes_are_printed_as_text_and_what_is_no_utf8_is_escaped(
    run: Run, task_lines: Log
) -> None:
    run("sys.stdout.buffer.write('ü'.encode() + b'\\xff\\n')\nsys.stderr.buffer.write(b'e')")

    assert [(line["level"], line["message"]) for line in task_lines()] == [
        ("INFO", "ü\\xff"), ("WARNING", "e"),
    ]  # fmt: skip


def test_libraries_find_standard_output_writable_and_its_descriptors(
    run: Run, task_lines: Log
) -> None:
    run(
        "both = (sys.stdout, sys.stdout.buffer, sys.stderr, sys.stderr.buffer)\n"
        "print([one.fileno() for one in both], {one.writable() for one in both})\n"
        "try: sys.stdout.write(b'bytes')\n"
        "except TypeError as error: print(error)"
    )

    assert [line["message"] for line in task_lines()] == [
        "[1, 1, 2, 2] {True}",
        "write() argument must be str, not bytes",
    ]


def test_a_log_line_that_cannot_be_formatted_is_a_warning(run: Run, task_lines: Log) -> None:
    run("logging.info('%d', 'x')")

    [line] = task_lines()
    assert line["level"] == "WARNING"
    assert line["message"].startswith("a log line was lost: %d format")


def test_the_handler_of_lambdas_runtime_is_removed_and_others_stay() -> None:
    lambdas = type("LambdaLoggerHandler", (logging.StreamHandler,), {})
    lambdas.__module__ = "awslambdaric.bootstrap"
    theirs, other = lambdas(), logging.NullHandler()
    root = logging.getLogger()
    root.handlers[:] = [theirs, other]

    capture_output()

    assert theirs not in root.handlers
    assert other in root.handlers


def test_a_stream_prints_at_its_level_and_has_its_descriptor(task_lines: Log) -> None:
    out, error = task_output._Printed("INFO"), task_output._Printed("WARNING")
    assert (out.write("a\n"), error.write("bc\n"), error.buffer.write(b"d\n")) == (2, 3, 2)
    assert (out.fileno(), error.fileno()) == (1, 2)
    assert [(line["level"], line["message"]) for line in task_lines()] == [
        ("INFO", "a"), ("WARNING", "bc"), ("WARNING", "d"),
    ]  # fmt: skip


def test_an_extra_whose_text_cannot_be_had_is_named_with_the_error(
    run: Run, task_lines: Log
) -> None:
    run(
        "logging.warning('odd', extra={'x': Hostile(), 'y': 1})",
        setup="class Hostile:\n    def __str__(self): raise RuntimeError",
    )
    [line] = task_lines()
    assert (line["x"], line["y"]) == ("<Hostile, whose str raises RuntimeError>", 1)


def test_of_a_long_logged_message_the_beginning_is_kept(run: Run, task_lines: Log) -> None:
    run("logging.warning('x' * 32_005)\nprint('y' * 32_005)")
    logged, first, second = task_lines()
    assert logged["message"] == "x" * 32_000 + "... (5 more characters)"
    assert (first["message"], second["message"]) == ("y" * 32_000, "y" * 5)


def test_a_line_of_logging_that_is_too_large_keeps_the_beginnings_of_its_fields(
    run: Run, task_lines: Log
) -> None:
    run("logging.warning('odd', extra={'x': 'y' * 250_000, 'z': [1]})")
    [line] = task_lines()
    assert line["x"] == "y" * 300 + "... (249700 more characters)"
    assert (line["message"], line["level"], line["z"]) == ("odd", "WARNING", "[1]")
