"""The targets of notifications: addresses of services, which a parameter or a secret holds.

The addresses are secrets: none of them gets into a log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from task_scheduler import aws, config
from task_scheduler.errors import NoTargets
from task_scheduler.notifications.log_suppression import suppressed_logging
from task_scheduler.observability.log import logger

if TYPE_CHECKING:
    from task_scheduler.notifications.delivery import Target

KEPT_SECONDS = 300
"""A new value of the parameter or the secret is found after five minutes."""

RETRIES = 2
WAIT_SECONDS = 1.0

_SCHEME = r"[A-Za-z][\w+.-]*://"
_AFTER_NAME = re.compile(rf"\s*=\s*(?={_SCHEME})")
_BETWEEN = re.compile(rf"[\r\n]+|[\s,]+(?=(?:[\w.-]+=)?{_SCHEME})")
_NAMED = re.compile(rf"(?:([\w.-]+)=)?({_SCHEME}.*)", re.DOTALL)
_INCIDENT_SERVICES = ("pagerduty://", "opsgenie://", "jira://")


class Monitor(StrEnum):
    """The services that watch heartbeats."""

    HEALTHCHECKS = "healthchecks"
    CRONITOR = "cronitor"


_MONITOR = re.compile(rf"({'|'.join(Monitor)})\+(https?://.*)", re.DOTALL | re.IGNORECASE)
_MONITORS_HOSTS = {"hc-ping.com": Monitor.HEALTHCHECKS, "cronitor.link": Monitor.CRONITOR}
"""The hosts of services' own addresses; any other needs the service's name before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a service.

    Attributes:
        place: its number among all, from 1.
        name: the name that schedules pick it by; None without one.
        url: an Apprise URL, or a webhook's address.
    """

    place: int
    name: str | None
    url: str = field(repr=False)

    @property
    def label(self) -> str:
        """The name under which it may appear in logs."""
        return self.name or f"address number {self.place}"

    @property
    def is_incident_service(self) -> bool:
        """True if it keeps incidents, which end with their cause."""
        return self.url.lower().startswith(_INCIDENT_SERVICES)

    @property
    def monitor(self) -> Monitor | None:
        """The service that watches heartbeats there; None where messages go."""
        if found := _MONITOR.fullmatch(self.url):
            return Monitor(found[1].lower())
        host = re.match(r"https?://([\w.-]+)(?:[:/?]|$)", self.url, re.IGNORECASE)
        return _MONITORS_HOSTS.get(host[1].lower()) if host else None

    @property
    def monitor_url(self) -> str:
        """The monitor's address as its service has it."""
        found = _MONITOR.fullmatch(self.url)
        return found[2] if found else self.url


def parse(text: str) -> list[Address]:
    """Read the addresses: a JSON object of names, or one a line, `name=` before it or not.

    Blanks and commas may separate them as well.

    Raises:
        NoTargets: it begins as a JSON object and is none.
    """
    found = _named(text) if text.lstrip().startswith("{") else _listed(text)
    return [Address(place=place, name=name, url=url) for place, (name, url) in enumerate(found, 1)]


def choose(
    addresses: Sequence[Address], names: Sequence[str] | None
) -> tuple[list[Address], list[str]]:
    """Return the addresses that a schedule names, and the names that none has.

    Monitors of heartbeats get no messages.
    """
    addresses = [address for address in addresses if address.monitor is None]
    if names is None:
        return addresses, []
    known = {address.name for address in addresses}
    chosen = [address for address in addresses if address.name in names]
    return chosen, [name for name in dict.fromkeys(names) if name not in known]


def read_addresses() -> list[Address]:
    """Return the addresses of the parameter or the secret.

    Raises:
        NoTargets: it cannot be read, or holds none.
    """
    with suppressed_logging():
        text = _read()
    try:
        addresses = _parsed(text)
    except NoTargets as error:
        raise NoTargets(f"{_place()}: {error}") from None
    if not addresses:
        raise NoTargets(f"{_place()} holds no address of a service")
    return addresses


@lru_cache(maxsize=64)
def target_of(address: Address, sender: str = logger.service) -> Target | None:
    """Return the target of an address; None if Apprise knows no such service.

    Args:
        address: the address of the service.
        sender: whom messages are from.
    """
    import apprise

    from task_scheduler.notifications.delivery import Target
    from task_scheduler.notifications.services import load

    asset = apprise.AppriseAsset(
        app_id=sender,
        default_service_retry=RETRIES,
        default_service_wait=WAIT_SECONDS,
        service_timeout=0,  # delivery has a deadline
    )
    with suppressed_logging():
        plugin = load(address.url, asset)
    return Target(plugin, address.name) if plugin is not None else None


def _named(text: str) -> Iterator[tuple[str | None, str]]:
    try:
        values: dict[str, Any] = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise NoTargets(
            f"invalid JSON at line {line}: must be an object of names and addresses"
        ) from None
    for name, urls in values.items():
        for url in urls if isinstance(urls, list) else [urls]:
            yield name, str(url).strip()


def _listed(text: str) -> Iterator[tuple[str | None, str]]:
    for part in _BETWEEN.split(_AFTER_NAME.sub("=", text)):
        if entry := part.strip(", \t"):
            named = _NAMED.fullmatch(entry)
            yield (named[1], named[2]) if named else (None, entry)


@lru_cache(maxsize=1)
def _parsed(text: str) -> list[Address]:
    return parse(text)


@cache
def _get() -> Callable[[], object]:
    """Return what reads the parameter or the secret; it keeps the value for a while."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider

    settings = config.load()
    if parameter := settings.notify_ssm_parameter:
        ssm = SSMProvider(boto3_client=aws.ssm())
        return partial(ssm.get, parameter, max_age=KEPT_SECONDS, decrypt=True)
    secrets = SecretsProvider(boto3_client=aws.secretsmanager())
    return partial(secrets.get, str(settings.notify_secret), max_age=KEPT_SECONDS)


def _read() -> str:
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

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
