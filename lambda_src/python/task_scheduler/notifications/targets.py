"""The services that are notified: those whose Apprise URLs a parameter or a secret holds.

The URLs are secrets: none of them gets into a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache, partial

import apprise
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from task_scheduler import aws, config
from task_scheduler.errors import NoTargets
from task_scheduler.notifications.delivery import RETRIES, WAIT_SECONDS, Target
from task_scheduler.notifications.log_suppression import suppressed_logging
from task_scheduler.observability.log import logger

KEPT_SECONDS = 300
"""A new value of the parameter or the secret is found after five minutes."""

_BETWEEN_URLS = re.compile(r"[\r\n]+|[\s,]+(?=[A-Za-z][\w+.-]*://)")


class Targets:
    """The services that a parameter or a secret names.

    Args:
        text: its value.

    Attributes:
        usable: those that messages go to.
        malformed: a warning about URLs that Apprise does not know, by their places and never by
            their text; empty if there are none.
    """

    def __init__(self, text: str) -> None:
        urls = [url.strip(", \t") for url in _BETWEEN_URLS.split(text)]
        asset = apprise.AppriseAsset(
            app_id=logger.service,
            default_service_retry=RETRIES,
            default_service_wait=WAIT_SECONDS,
            service_timeout=0,  # delivery has a deadline
        )
        plugins = [apprise.Apprise.instantiate(url, asset=asset) for url in urls if url]
        self.usable = [Target(plugin) for plugin in plugins if plugin is not None]
        places = [str(place) for place, plugin in enumerate(plugins, start=1) if plugin is None]
        self.malformed = (
            f"{_place()}: of the {len(plugins)} URLs in it Apprise does not know "
            f"number {', '.join(places)}; the others are used"
            if places
            else ""
        )


def read_targets() -> Targets:
    """Return the services to notify.

    Raises:
        NoTargets: the parameter or the secret cannot be read, or holds no URL.
    """
    with suppressed_logging():
        targets = _targets(_read())
    if not targets.usable:
        raise NoTargets(f"{_place()} holds no URL that Apprise knows")
    return targets


@cache
def _get() -> Callable[[], object]:
    """Return what reads the parameter or the secret; it keeps the value for a while."""
    settings = config.load()
    if parameter := settings.notify_ssm_parameter:
        ssm = SSMProvider(boto3_client=aws.ssm())
        return partial(ssm.get, parameter, max_age=KEPT_SECONDS, decrypt=True)
    secrets = SecretsProvider(boto3_client=aws.secretsmanager())
    return partial(secrets.get, str(settings.notify_secret), max_age=KEPT_SECONDS)


def _read() -> str:
    try:
        value = _get()()
    except GetParameterError as error:
        raise NoTargets(f"{_place()} cannot be read: {error}") from error
    return value.decode() if isinstance(value, bytes) else str(value)


def _place() -> str:
    settings = config.load()
    if settings.notify_ssm_parameter:
        return f"SSM parameter {settings.notify_ssm_parameter}"
    return f"secret {settings.notify_secret}"


@lru_cache(maxsize=1)
def _targets(text: str) -> Targets:
    return Targets(text)
