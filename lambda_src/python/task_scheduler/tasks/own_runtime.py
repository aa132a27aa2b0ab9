"""The API by which Lambda runs the function, which no request may reach.

Whoever writes the lists of tasks must not answer for the function.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from task_scheduler import config
from task_scheduler.errors import RequestRefused

OWN_RUNTIME = "the url is that of the Lambda runtime API, which runs this function"


def refuse_own_runtime(url: str, host: str) -> None:
    """Refuse a URL whose host is the function's own, at the port of the API.

    Raises:
        RequestRefused: it is.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not _is_port_of_runtime(port):
        return
    with suppress(OSError, UnicodeError):
        for found in socket.getaddrinfo(host, port):
            if is_own_runtime(str(found[4][0]), port):
                raise RequestRefused(OWN_RUNTIME)


def is_own_runtime(address: str, port: int) -> bool:
    """Return True if an IP address and a port are the API's."""
    if not _is_port_of_runtime(port):
        return False
    found = ip_address(address.partition("%")[0])
    plain = getattr(found, "ipv4_mapped", None) or found
    return plain.is_loopback or plain.is_link_local or plain.is_unspecified


def _is_port_of_runtime(port: int) -> bool:
    runtime_api: str = config.load().runtime_api
    return runtime_api.rpartition(":")[2] == str(port)
