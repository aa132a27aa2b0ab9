"""Secrets of task code: in os.environ before it is imported, renewed, and nowhere in a text."""

from __future__ import annotations

import json
import os
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import task_scheduler
from task_scheduler import aws
from task_scheduler.errors import BatchFailed, SecretUnavailable, UnknownSecret
from task_scheduler.execution.preview import preview
from task_scheduler.observability import redaction
from task_scheduler.observability.log import truncate
from task_scheduler.queue.message import Message
from task_scheduler.tasks import secrets
from task_scheduler.tasks.registry import find_task_source, forget_failures
from task_scheduler_local.emulator import Emulator
from tests.unit.conftest import Bench, Log, Write

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

VALUE = 'tok-5Gq$+/"quoted"=='

TASKS = """
    import os
    from task_scheduler import secret, task, task_source

    AT_IMPORT = os.environ.get("API_TOKEN")

    @task("compare")
    def compare(text):
        return [each == text for each in (AT_IMPORT, os.environ["API_TOKEN"], secret("API_TOKEN"))]

    @task("leak")
    def leak():
        print("printed", secret("API_TOKEN"))
        import logging
        logging.warning("logged", extra={"nested": {"token": [secret("API_TOKEN")]}})
        try:
            raise KeyError(secret("API_TOKEN"))
        except KeyError as error:
            raise ValueError(f"no luck with {secret('API_TOKEN')}" + " " * 290) from error

    @task("return")
    def returned():
        return {"token": secret("API_TOKEN") * 3}

    @task_source("made")
    def made():
        yield AT_IMPORT
"""


@pytest.fixture
def place(emulator: Emulator) -> str:
    return f"/test/{uuid.uuid4().hex}"


@pytest.fixture
def ssm(sqs: object) -> SSMClient:
    return aws.ssm()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of the secrets forward by so many seconds."""
    ahead = 0.0
    clock = time.monotonic

    def forward(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr("task_scheduler.tasks.secrets.time.monotonic", lambda: clock() + ahead)
    return forward


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Gives the function its secrets, as modules/functions does."""

    def configure(**places: str) -> None:
        monkeypatch.setenv("TASK_SECRETS", json.dumps(places))
        for name in places:
            monkeypatch.delenv(name, raising=False)
        secrets._secrets.cache_clear()

    yield configure
    secrets._secrets.cache_clear()
    redaction.forget_hidden()


def put(ssm: SSMClient, place: str, value: str) -> None:
    ssm.put_parameter(Name=place, Type="SecureString", Value=value, Overwrite=True)


def compare(text: str) -> Message:
    return Message(id=f"s@t#{text}", schedule="s", task="compare", text=text)


def test_a_parameter_is_in_the_environment_before_task_code_is_imported(
    ssm: SSMClient, place: str, configure: Callable[..., None], bench: Bench, log_lines: Log,
    write_tasks: Write,
) -> None:  # fmt: skip
    put(ssm, place, VALUE)
    configure(API_TOKEN=place)
    write_tasks(asking=TASKS)

    bench.put(compare(VALUE))

    assert bench.run() == []
    (record,) = (line for line in log_lines() if line["message"] == "task")
    assert record["result"] == "[true,true,true]"


def test_a_secret_of_secrets_manager_is_read_as_a_text_or_as_bytes(
    sqs: object, configure: Callable[..., None]
) -> None:
    names = f"test/{uuid.uuid4().hex}", f"test/{uuid.uuid4().hex}"
    client = aws.secretsmanager()
    client.create_secret(Name=names[0], SecretString=VALUE)
    arn = client.create_secret(Name=names[1], SecretBinary=b"as bytes")["ARN"]
    configure(TEXT=names[0], BYTES=arn)

    secrets.load_secrets()

    assert (os.environ["TEXT"], os.environ["BYTES"]) == (VALUE, "as bytes")


def test_a_generator_of_tasks_has_them_too(
    ssm: SSMClient, place: str, configure: Callable[..., None], write_tasks: Write
) -> None:
    put(ssm, place, VALUE)
    configure(API_TOKEN=place)

    assert list(find_task_source("made", write_tasks(asking=TASKS)).tasks_from(1)) == [VALUE]


def test_a_new_value_is_there_after_five_minutes_and_not_asked_for_before(
    ssm: SSMClient, place: str, configure: Callable[..., None], now: Callable[[float], None]
) -> None:
    put(ssm, place, "the first value")
    configure(API_TOKEN=place)
    secrets.load_secrets()
    put(ssm, place, "the second value")

    now(secrets.KEPT_SECONDS - 5)
    secrets.load_secrets()
    assert os.environ["API_TOKEN"] == secrets.secret("API_TOKEN") == "the first value"

    now(10)
    assert secrets.secret("API_TOKEN") == "the second value"
    secrets.load_secrets()
    assert os.environ["API_TOKEN"] == "the second value"
    assert redaction.redacted("the first value, the second value") == "***, ***"


def test_what_a_task_makes_of_the_environment_is_undone_for_the_next(
    ssm: SSMClient, place: str, configure: Callable[..., None]
) -> None:
    put(ssm, place, VALUE)
    configure(API_TOKEN=place)
    secrets.load_secrets()
    del os.environ["API_TOKEN"]

    secrets.load_secrets()

    assert os.environ["API_TOKEN"] == VALUE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/test/not-there", "SSM parameter /test/not-there cannot be read (ParameterNotFound). "),
        ("test/not-there", "secret test/not-there cannot be read (ResourceNotFoundException). "),
    ],
)
def test_tasks_fail_and_are_retried_while_a_secret_is_missing(
    name: str, said: str, configure: Callable[..., None], bench: Bench, log_lines: Log
) -> None:
    configure(API_TOKEN=name)
    permission = "ssm:GetParameter" if name.startswith("/") else "secretsmanager:GetSecretValue"

    bench.put(Message(id="s@t#1", schedule="s", task="note", text="a", retries=1))

    with pytest.raises(BatchFailed):
        bench.run()
    (record,) = (line for line in log_lines() if line["message"] == "task")
    assert (record["outcome"], record["error"]) == ("retry", "SecretUnavailable")
    assert record["reason"].startswith(f"secret API_TOKEN: {said}")
    assert f"needs {permission} on it" in record["reason"]
    assert "exception" not in record
    assert bench.ran == []


class Refusing:
    """An SSM that answers every request with an error, and counts them."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.requests = 0

    def get_parameter(self, **_: object) -> None:
        self.requests += 1
        raise self.error


FORBIDDEN = ClientError(
    {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
    "GetParameter",
)
BROKEN = ClientError(
    {"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]
    "GetParameter",
)
THROTTLED = ClientError(
    {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
    "GetParameter",
)


def test_a_batch_asks_once_for_a_secret_that_is_refused(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch, bench: Bench, log_lines: Log
) -> None:
    refusing = Refusing(FORBIDDEN)
    monkeypatch.setattr(aws, "ssm", lambda: refusing)
    configure(API_TOKEN="/a", OTHER="/b")

    for text in "123":
        bench.put(Message(id=f"s@t#{text}", schedule="s", task="note", text=text))
    with pytest.raises(BatchFailed):
        bench.run()

    assert refusing.requests == 1
    reasons = [line["reason"] for line in log_lines() if line["message"] == "task"]
    assert ["AccessDeniedException" in reason for reason in reasons] == [True] * 3
    forget_failures()
    with pytest.raises(SecretUnavailable, match="AccessDeniedException"):
        secrets.load_secrets()
    assert refusing.requests == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (THROTTLED, "ThrottlingException"),
        (BROKEN, "InternalServerError"),
        (EndpointConnectionError(endpoint_url="https://ssm"), "EndpointConnectionError"),
    ],
)
def test_the_value_of_before_serves_while_aws_does_not_answer(
    error: Exception, kind: str, ssm: SSMClient, place: str, configure: Callable[..., None],
    now: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, log_lines: Log,
) -> None:  # fmt: skip
    put(ssm, place, VALUE)
    configure(API_TOKEN=place)
    secrets.load_secrets()
    refusing = Refusing(error)
    monkeypatch.setattr(aws, "ssm", lambda: refusing)

    now(secrets.KEPT_SECONDS)
    secrets.load_secrets()
    assert (secrets.secret("API_TOKEN"), refusing.requests) == (VALUE, 1)
    reason = log_lines()[-1]["reason"]
    assert log_lines()[-1]["message"] == "secret"
    assert reason.startswith(f"secret API_TOKEN: SSM parameter {place} cannot be read ({kind}). ")
    assert reason.endswith("; the value of before is used")

    now(secrets.RETRY_SECONDS)
    secrets.load_secrets()
    assert refusing.requests == 2


def test_a_secret_that_is_taken_away_is_not_used_any_more(
    ssm: SSMClient, place: str, configure: Callable[..., None], now: Callable[[float], None]
) -> None:
    put(ssm, place, VALUE)
    configure(API_TOKEN=place)
    secrets.load_secrets()
    ssm.delete_parameter(Name=place)

    now(secrets.KEPT_SECONDS)

    with pytest.raises(SecretUnavailable, match="ParameterNotFound"):
        secrets.load_secrets()


def test_an_aws_that_hangs_costs_the_time_that_there_is(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Event()

    class Hanging:
        def get_parameter(self, **_: object) -> None:
            done.wait()

    monkeypatch.setattr(aws, "ssm", Hanging)
    configure(API_TOKEN="/a")

    with pytest.raises(SecretUnavailable, match=r"API_TOKEN: .* \(no answer within 0\.1 s\)"):
        secrets.load_secrets(0.1)
    done.set()


def test_the_values_of_before_serve_while_aws_hangs(
    ssm: SSMClient, place: str, configure: Callable[..., None], now: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch, log_lines: Log,
) -> None:  # fmt: skip
    done = Event()

    class Hanging:
        def get_parameter(self, **_: object) -> None:
            done.wait()

    put(ssm, place, VALUE)
    put(ssm, f"{place}/other", "another value")
    configure(API_TOKEN=place, OTHER=f"{place}/other")
    secrets.load_secrets()
    assert redaction.redacted(f"{VALUE} and another value") == "*** and ***"
    monkeypatch.setattr(aws, "ssm", Hanging)

    now(secrets.KEPT_SECONDS)
    secrets.load_secrets(0.1)
    done.set()

    assert [secrets.secret(name) for name in ("API_TOKEN", "OTHER")] == [VALUE, "another value"]
    reasons = [line["reason"].split(":")[0] for line in log_lines()]
    assert reasons == ["secret API_TOKEN", "secret OTHER"]


@pytest.mark.parametrize(
    ("place", "is_parameter"),
    [
        ("/jobs/token", True), ("arn:aws:ssm:eu-central-1:1:parameter/jobs/token", True),
        ("jobs/token", False), ("arn:aws:secretsmanager:eu-central-1:1:secret:jobs", False),
        ("arnica", False), ("arn:aws:secretsmanager:ssm:1:secret:jobs", False),
    ],
)  # fmt: skip
def test_a_place_is_a_parameters_or_a_secrets(place: str, is_parameter: bool) -> None:
    assert secrets._is_parameter(place) is is_parameter


def test_a_value_that_no_variable_can_hold_is_refused_without_it(
    ssm: SSMClient, place: str, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Null:
        def get_parameter(self, **_: object) -> Any:
            return {"Parameter": {"Value": "null\0byte"}}

    monkeypatch.setattr(aws, "ssm", Null)
    configure(API_TOKEN="/a")

    with pytest.raises(SecretUnavailable) as refused:
        secrets.load_secrets()
    assert str(refused.value) == (
        "secret API_TOKEN: SSM parameter /a cannot be read (it holds a null byte, which no "
        "environment variable can). It must be there, and the function's role needs "
        "ssm:GetParameter on it, and kms:Decrypt on its key if that is a customer key "
        "(secrets_kms_key_arns)"
    )
    assert "null\0" not in "".join(traceback.format_exception(refused.value))


def test_a_secret_that_is_not_declared_is_named_with_those_that_are(
    configure: Callable[..., None],
) -> None:
    configure(API_TOKEN="/a", OTHER="/b")

    with pytest.raises(UnknownSecret, match=r"^no secret 'TOKEN': .* has API_TOKEN, OTHER$"):
        task_scheduler.secret("TOKEN")


def test_on_ones_own_machine_it_is_a_variable_of_the_shell(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure()
    monkeypatch.setenv("API_TOKEN", "by hand")

    assert task_scheduler.secret("API_TOKEN") == "by hand"

    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "run-task")
    with pytest.raises(UnknownSecret, match="has none"):
        task_scheduler.secret("API_TOKEN")


@pytest.mark.parametrize("value", [VALUE, "-----BEGIN\nline-one\nline-two\n-----END"])
@pytest.mark.parametrize("task", ["leak", "return"])
def test_no_value_gets_into_log_result_or_dead_letter(
    value: str, task: str, ssm: SSMClient, place: str, configure: Callable[..., None],
    bench: Bench, log_text: Callable[[], str], write_tasks: Write,
) -> None:  # fmt: skip
    put(ssm, place, value)
    configure(API_TOKEN=place)
    write_tasks(leaking=TASKS)

    bench.put(Message(id="s@t#1", schedule="s", task=task, retries=0))
    bench.run()

    letters = json.dumps(bench.dead_letters.receive_all())
    assert redaction.MASK in log_text()
    for piece in [*value.splitlines(), json.dumps(value)[1:-1]]:
        assert piece not in log_text() + letters
    if task == "leak":
        assert f"no luck with {redaction.MASK}" in letters
        assert log_text().count("no luck with ***") == 2
        assert '"printed ' in log_text()


def test_a_long_secret_is_hidden_before_its_text_is_cut() -> None:
    redaction.hide("KEY", "k" * 5_000)
    try:
        assert "kkk" not in str(preview({"key": "k" * 5_000}))
        assert "kkk" not in str(preview([b"", ("k" * 5_000)]))
        assert "kkk" not in truncate("k" * 5_000)
    finally:
        redaction.forget_hidden()


def test_a_secret_is_hidden_whole_as_it_is_line_by_line_and_as_json() -> None:
    value = 'pässwort "x"\nand "more"'
    texts = [value, *value.splitlines()]
    texts += [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts]
    texts += [escaped := json.dumps(value)[1:-1], json.dumps(escaped)[1:-1]]
    redaction.hide("KEY", value)
    try:
        for text in texts:
            assert redaction.redacted(f"<{text}>") == f"<{redaction.MASK}>"
    finally:
        redaction.forget_hidden()


@pytest.mark.parametrize(
    "returned",
    [
        lambda value: value,
        lambda value: [value, {"key": value}],
        lambda value: {value},
        lambda value: frozenset({value}),
        lambda value: [{1}, value],
        lambda value: {1: (value,)},
        lambda value: deque([value]),
    ],
)
def test_a_secret_is_hidden_in_whatever_a_task_returns(returned: Callable[[str], object]) -> None:
    value = "a long enough value"
    redaction.hide("KEY", value)
    try:
        shown = preview(returned(value))
    finally:
        redaction.forget_hidden()

    assert shown is not None
    assert redaction.MASK in shown
    assert "enough" not in shown


def test_short_secrets_are_left_alone_since_they_stand_everywhere() -> None:
    redaction.hide("PIN", "12345")
    try:
        assert redaction.redacted("12345 tasks") == "12345 tasks"
    finally:
        redaction.forget_hidden()
