"""The server: on loopback, on a port of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from taskctl.errors import TaskctlError
from taskctl.web.security import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.2


def listen(port: int) -> socket.socket:
    """Listen on a port of loopback.

    Args:
        port: its number; 0 for a free one.

    Raises:
        TaskctlError: it cannot be had.
    """
    try:
        listening = socket.create_server((_LOOPBACK, port))
    except OSError as error:
        raise TaskctlError(f"cannot listen on {_LOOPBACK}:{port}: {error.strerror}") from error
    return listening


@contextmanager
def serving(make_app: Callable[[Session], ASGIApp], port: int = 0) -> Iterator[Session]:
    """Serve the page while the block lasts, in a thread of its own.

    Args:
        make_app: makes the application that a session may ask.
        port: its number; 0 for a free one.

    Raises:
        TaskctlError: the port cannot be had.
    """
    with listen(port) as listening:
        session = Session(port=listening.getsockname()[1])
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(session),
                access_log=False,
                log_level="error",
                server_header=False,
                date_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                h11_max_incomplete_event_size=32_768,
                timeout_graceful_shutdown=2,
            )
        )
        thread = Thread(target=server.run, args=([listening],), name="page", daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(_POLL_SECONDS / 10)
            yield session
        finally:
            server.should_exit = True
            thread.join()
