"""What a function asks AWS for: the permissions that its calls need, and on what."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

from task_scheduler_local.emulator import REGION

ACCOUNT = "000000000000"


_PERMISSIONS = {
    "SendMessageBatch": "SendMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
}
"""Of operations that are not called like the permission: "Actions, resources, and condition keys
for Amazon SQS" in the Service Authorization Reference."""


@contextmanager
def recording(upstream: str) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Passes requests on to the emulator; yields its own URL, and the permissions that they need,
    each with the ARN of what it is needed on."""
    calls: set[tuple[str, str]] = set()
    address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            calls.add(_permission(self.command, self.path, self.headers, body))
            connection = http.client.HTTPConnection(address)
            hop_by_hop = ("connection", "transfer-encoding", "content-length")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in hop_by_hop}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            connection.close()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in (*hop_by_hop, "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()


def _permission(method: str, path: str, headers: Message, body: bytes) -> tuple[str, str]:
    """The permission that a request needs, and the ARN of what it is about."""
    if found := re.match(r"/2015-03-31/functions/([^/]+)/invocations", path):
        return "lambda:InvokeFunction", _arn("lambda", f"function:{unquote(found[1])}")
    operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
    if not operation:
        assert method == "GET", (method, path)
        return "s3:GetObject", f"arn:aws:s3:::{unquote(urlsplit(path).path).lstrip('/')}"
    asked = json.loads(body)
    name = _PERMISSIONS.get(operation, operation)
    if "QueueUrl" in asked:
        return f"sqs:{name}", _arn("sqs", asked["QueueUrl"].rpartition("/")[2])
    if "TableName" in asked:
        return f"dynamodb:{name}", _arn("dynamodb", f"table/{asked['TableName']}")
    if "SecretId" in asked:  # AWS ends the ARN with six characters of its own
        return f"secretsmanager:{name}", _arn(
            "secretsmanager", f"secret:{asked['SecretId']}-Ab12Cd"
        )
    return f"ssm:{name}", _arn("ssm", f"parameter/{asked['Name'].lstrip('/')}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
