"""Clients of the emulator. Nothing here can reach AWS, whatever the environment holds."""

from __future__ import annotations

import ipaddress
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ..errors import ProviderError
from ..provider import State
from ..values import is_known

_ENDPOINT = "AWS_ENDPOINT_URL"

# The region of the resource that a thread works on, where that is not the provider's.
_REGION: ContextVar[str] = ContextVar("region", default="")


class Session:
    """Settings of the provider block and one client a service, made when first used."""

    def __init__(self) -> None:
        self.configured_region = ""
        self.default_tags: dict[str, str] = {}
        self._access_key = ""
        self._endpoint = ""
        self._clients: dict[tuple[str, ...], Any] = {}
        self._lock = threading.Lock()

    def configure(self, config: State) -> None:
        """Take the provider block; raises ProviderError without a loopback endpoint or region."""
        if not is_known(config):
            raise ProviderError("the provider block must be known before apply")
        self._endpoint = _loopback(os.environ.get(_ENDPOINT, ""))
        self.configured_region = config["region"] or _environment(
            "AWS_REGION", "AWS_DEFAULT_REGION"
        )
        if not self.configured_region:
            raise ProviderError("no region: set AWS_REGION, or region in the provider block")
        self.default_tags = next((block["tags"] or {} for block in config["default_tags"]), {})
        # The emulator takes any and tells accounts by the key; nobody's secret is looked for.
        self._access_key = config["access_key"] or _environment("AWS_ACCESS_KEY_ID") or "test"

    @property
    def region(self) -> str:
        """The region at work: the provider's, or that of the block in `at`."""
        return _REGION.get() or self.configured_region

    @contextmanager
    def at(self, region: str | None) -> Iterator[None]:
        """Work in that region for the length of the block; None is the provider's."""
        token = _REGION.set(region or "")
        try:
            yield
        finally:
            _REGION.reset(token)

    @property
    def partition(self) -> str:
        """The partition of the region at work, such as aws-cn."""
        return str(self._partition(self.region)["id"])

    @property
    def dns_suffix(self) -> str:
        """The end of its hosts' names, such as amazonaws.com.cn."""
        return str(self._partition(self.region)["outputs"]["dnsSuffix"])

    def refuse_other_partition(self, region: str) -> None:
        """Raise ProviderError for a region that is not of the provider's partition."""
        got, ours = self._partition(region)["id"], self._partition(self.configured_region)["id"]
        if got != ours:
            raise ProviderError(
                f"partition ({got}) for per-resource Region ({region}) is not the provider's "
                f"configured partition ({ours})",
                "region",
            )

    def _partition(self, region: str) -> dict[str, Any]:
        """Look up the region's partition in botocore; the first one if it knows none."""
        partitions: list[dict[str, Any]] = self._botocore.get_data("partitions")["partitions"]
        fitting = (
            partition
            for partition in partitions
            if region in partition["regions"] or re.fullmatch(partition["regionRegex"], region)
        )
        return next(fitting, partitions[0])

    def client(self, service: str) -> Any:
        """Return the client of that service."""
        key = (service, self.region, self._access_key)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._botocore.create_client(
                    service,
                    region_name=self.region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=self._access_key,
                    aws_secret_access_key=self._access_key,
                    config=self._client_config,
                )
            return self._clients[key]

    def identity(self) -> dict[str, str]:
        """Account, Arn and UserId of the caller."""
        from botocore.exceptions import BotoCoreError

        try:
            answer: dict[str, str] = self.client("sts").get_caller_identity()
        except BotoCoreError as error:
            raise ProviderError(f"reading the caller's identity: {error}") from error
        return answer

    @cached_property
    def _botocore(self) -> Any:
        # Late, because a process that only tells its schema needs none of it.
        from botocore.session import Session as BotocoreSession

        os.environ.pop("AWS_PROFILE", None)
        os.environ.pop("AWS_DEFAULT_PROFILE", None)
        os.environ["AWS_CONFIG_FILE"] = os.devnull
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        return BotocoreSession()

    @cached_property
    def _client_config(self) -> Any:
        from botocore.config import Config

        return Config(
            connect_timeout=5,
            max_pool_connections=32,
            proxies={},
            retries={"total_max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path"},
        )


def _environment(*names: str) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _loopback(url: str) -> str:
    try:
        host = urlsplit(url).hostname
        loopback = host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ProviderError(
            f"{_ENDPOINT} is {url or 'not set'}: the stand-in for hashicorp/aws works with an "
            "emulator on this machine only, for example http://127.0.0.1:4566"
        )
    return url
