"""Clients of AWS: made once, they give up in time and repeat what failed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler import aws, config
from task_scheduler.sending.task_queues import IN_FLIGHT


@pytest.mark.usefixtures("sqs")
@pytest.mark.parametrize(
    ("make", "service"),
    [
        (aws.sqs, "SQS"),
        (aws.s3, "S3"),
        (aws.lambda_, "Lambda"),
        (aws.ssm, "SSM"),
        (aws.secretsmanager, "Secrets Manager"),
    ],
)
def test_a_client_is_made_once_and_answers_or_fails_while_there_is_time(
    make: Callable[[], Any], service: str
) -> None:
    client = make()

    assert make() is client
    assert client.meta.service_model.service_id == service
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["mode"] == "standard"
    assert config.retries["total_max_attempts"] == 6
    assert config.max_pool_connections >= IN_FLIGHT


@pytest.mark.usefixtures("sqs")
def test_requests_of_sqs_are_not_checked_once_more_and_go_out_under_our_name() -> None:
    sent = []

    def refuse(request: Any, **_: object) -> None:
        sent.append((request.headers["User-Agent"], request.body))
        raise ConnectionError

    client: Any = aws._client("sqs", parameter_validation=False, user_agent="task-scheduler")
    client.meta.events.register("before-send.sqs", refuse)
    with pytest.raises(ConnectionError):
        client.list_queues(MaxResults="many")

    [(name, body)] = sent
    assert name.startswith(b"task-scheduler")
    assert body == b'{"MaxResults": "many"}'
    assert aws.sqs().meta.config.user_agent == "task-scheduler"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("sqs")
def test_a_client_keeps_to_what_the_process_started_with_whatever_a_task_does_to_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started_with = dict(os.environ)
    settings = config.Settings.from_environment(started_with)
    monkeypatch.setattr(config, "STARTED_WITH", started_with)
    monkeypatch.setattr(config, "load", lambda: settings)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "HTTP_PROXY", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "elsewhere")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")

    client = aws._client("sqs")

    assert client.meta.region_name == settings.region
    assert client.meta.endpoint_url == started_with["AWS_ENDPOINT_URL"]
    assert client.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_client_is_of_the_functions_region_whatever_endpoint_a_task_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started_with = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}
    settings = config.Settings.from_environment(started_with)
    monkeypatch.setattr(config, "STARTED_WITH", started_with)
    monkeypatch.setattr(config, "load", lambda: settings)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    client = aws._client("lambda")

    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "https://lambda.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("environment", "endpoints"),
    [
        ({}, {"sqs": None, "secretsmanager": None}),
        ({"AWS_ENDPOINT_URL": "every"}, {"sqs": "every", "secretsmanager": "every"}),
        ({"AWS_ENDPOINT_URL_SQS": "one"}, {"sqs": "one", "secretsmanager": None}),
        (
            {"AWS_ENDPOINT_URL": "every", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "one"},
            {"sqs": "every", "secretsmanager": "one"},
        ),
        (
            {"AWS_ENDPOINT_URL": "every", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"},
            {"sqs": None, "secretsmanager": None},
        ),
        (
            {"AWS_ENDPOINT_URL": "every", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"},
            {"sqs": "every", "secretsmanager": "every"},
        ),
    ],
)
def test_a_services_own_endpoint_comes_before_that_of_all(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], endpoints: dict[str, str | None]
) -> None:
    monkeypatch.setattr(config, "STARTED_WITH", environment)
    assert {service: aws._endpoint_url(service) for service in endpoints} == endpoints


@pytest.mark.usefixtures("sqs")
@pytest.mark.parametrize(
    ("proxy", "proxies"), [({}, {}), ({"https_proxy": "x"}, None), ({"HTTP_PROXY": "x"}, None)]
)
def test_proxies_are_looked_for_only_if_the_process_started_with_one(
    monkeypatch: pytest.MonkeyPatch, proxy: dict[str, str], proxies: dict[str, str] | None
) -> None:
    without = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    monkeypatch.setattr(config, "STARTED_WITH", without | proxy)
    assert aws._client("sqs").meta.config.proxies == proxies


@pytest.mark.usefixtures("sqs")
def test_requests_carry_the_functions_session_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-functions-own")
    tokens = []
    client = aws._client("sqs")
    client.meta.events.register(
        "before-send.sqs",
        lambda request, **_: tokens.append(request.headers["X-Amz-Security-Token"]),
    )

    client.list_queues()

    assert tokens == [b"the-functions-own"]
