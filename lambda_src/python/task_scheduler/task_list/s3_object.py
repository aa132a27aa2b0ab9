"""An S3 object as a list's file: a stream of bytes that stays one object, whatever happens."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from task_scheduler import aws
from task_scheduler.errors import IncompleteRun, InvalidRun
from task_scheduler.runs.run import Cursor

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

MAX_REOPENINGS = 5
"""Times that a broken connection is replaced by a new one without a byte read in between."""

READ_BYTES = 256 * 1024
"""Bytes of an object that are read at once."""


class S3File:
    """Opens an S3 object, pinned by its entity tag.

    Args:
        uri: the schedule's `tasks_s3_uri`.
        etag: the version that the list was begun with; None at the beginning.
    """

    def __init__(self, uri: str, *, etag: str | None) -> None:
        self.label = f"tasks_s3_uri {uri!r}"
        self._uri = uri
        self._etag = etag

    def open(self, offset: int) -> BinaryIO:
        """Open the object at an offset in bytes.

        Raises:
            IncompleteRun: it is another version by now.
            InvalidRun: there is no such object, or it may not be read.
        """
        s3_object = S3Object(aws.s3(), self._uri, offset=offset, etag=self._etag)
        self._etag = s3_object.etag
        return io.BufferedReader(s3_object, buffer_size=READ_BYTES)

    def pin(self, cursor: Cursor) -> Cursor:
        """Add the object's entity tag to a cursor."""
        return replace(cursor, etag=self._etag)


class S3Object(io.RawIOBase):
    """Reads an object from an offset to its end, pinned by its entity tag (If-Match).

    A connection that breaks is replaced by one for the rest.

    Args:
        client: the client of S3.
        uri: "s3://bucket/key".
        offset: the byte to begin at.
        etag: the version that is meant; None for the current one.

    Attributes:
        etag: the version that is read.

    Raises:
        IncompleteRun: it is another version by now.
        InvalidRun: there is no such object, or it may not be read.
    """

    def __init__(self, client: S3Client, uri: str, *, offset: int, etag: str | None) -> None:
        self.uri = uri
        self.etag = etag
        self._client = client
        self._bucket, _, self._key = uri.removeprefix("s3://").partition("/")
        self._offset = offset
        self._body: StreamingBody | io.BytesIO = io.BytesIO()
        self._body = self._open()

    def close(self) -> None:
        """Close the connection."""
        self._body.close()
        super().close()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read some bytes into a buffer, over a new connection if the old one breaks.

        Raises:
            InvalidRun: connections break one after the other.
        """
        from botocore.exceptions import HTTPClientError, IncompleteReadError

        for _ in range(MAX_REOPENINGS):
            try:
                data = self._body.read(len(buffer))
            except (HTTPClientError, IncompleteReadError):
                self._body.close()
                self._body = self._open()
            else:
                buffer[: len(data)] = data
                self._offset += len(data)
                return len(data)
        raise InvalidRun(
            f"tasks_s3_uri {self.uri!r}: the connection broke {MAX_REOPENINGS} times in a row"
        )

    def _open(self) -> StreamingBody | io.BytesIO:
        from botocore.exceptions import ClientError

        pin: dict[str, Any] = {"IfMatch": self.etag} if self.etag else {}
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={self._offset}-", **pin
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "InvalidRange":  # the object ends at the offset
                return io.BytesIO()
            kind = IncompleteRun if code == _REPLACED else InvalidRun
            raise kind(f"tasks_s3_uri {self.uri!r}: {_REASONS.get(code, str(error))}") from error
        self.etag = answer["ETag"]
        return answer["Body"]


_REPLACED = "PreconditionFailed"

_REASONS = {
    "NoSuchKey": "there is no such object",
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "send_task may not read it (s3:GetObject)",
    _REPLACED: "it was replaced while its tasks were being sent",
}
