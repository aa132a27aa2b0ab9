"""A queue and a table that accept everything and answer late: `python stub.py MILLISECONDS`.

Speaks as much of SQS's JSON protocol as sending and deleting need, and of DynamoDB's as the ledger
does, which finds nothing in it. Prints its port, counts the queue's requests of each kind (GET
answers with the counts), and ends with its standard input.
A process of its own: it must not share an interpreter's lock with what it measures.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from typing import Any

counts: Counter[str] = Counter()


def sent(message: dict[str, Any]) -> dict[str, str]:
    """Return SQS's entry for a message that it accepted."""
    digest = hashlib.md5(message["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": digest, "MD5OfMessageBody": digest}


def answer(target: str, body: bytes) -> dict[str, Any]:
    """Return the answer to a request."""
    service, _, action = target.rpartition(".")
    if not action:
        return dict(counts)
    if service.startswith("DynamoDB"):
        return {"Attributes": {}} if action == "UpdateItem" else {}
    counts[action] += 1
    request = json.loads(body)
    if action == "SendMessageBatch":
        taken = [{"Id": entry["Id"], **sent(entry)} for entry in request["Entries"]]
        return {"Successful": taken, "Failed": []}
    if action == "DeleteMessageBatch":
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]], "Failed": []}
    return sent(request)


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, seconds: float
) -> None:
    """One connection, kept alive."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = [line.partition(":") for line in head.splitlines()[1:]]
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            answered = asyncio.get_running_loop().time() + seconds
            payload = json.dumps(answer(headers.get("x-amz-target", ""), body)).encode()
            await asyncio.sleep(answered - asyncio.get_running_loop().time())
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(payload), payload)
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(milliseconds: float) -> None:
    """Serve until standard input ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer, seconds=milliseconds / 1000)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
