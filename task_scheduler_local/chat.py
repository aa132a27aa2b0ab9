"""A chat service on this machine that accepts Mattermost's incoming webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_TOKEN = "demo"  # noqa: S105 (no secret: the service lives as long as the demo)


class Chat:
    """The service.

    Attributes:
        url: its Apprise URL.
        messages: the texts that arrived, in order.
        sender: the sender of the last one.
    """

    def __init__(self, port: int) -> None:
        self.url = f"mmost://127.0.0.1:{port}/{_TOKEN}?image=no"
        self.messages: list[str] = []
        self.sender = ""


@contextmanager
def serving() -> Iterator[Chat]:
    """Run the service on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_ours = self.path == f"/hooks/{_TOKEN}"
            if is_ours:
                message = json.loads(body)
                chat.sender = message["username"]
                chat.messages.append(message["text"])
            self.send_response(HTTPStatus.OK if is_ours else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        chat = Chat(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield chat
        finally:
            server.shutdown()
            thread.join()
