"""An S3 object as a stream of bytes that stays one object, whatever happens on the way."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from task_scheduler.errors import InvalidRun

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

MAX_REOPENINGS = 5
"""Times that a broken connection is replaced by a new one without a byte read in between."""


class S3Object(io.RawIOBase):
    """Reads an object from an offset to its end, pinned by its entity tag (If-Match).

    A connection that breaks is replaced by one for the rest.

    Args:
        client: of S3.
        uri: "s3://bucket/key".
        offset: the byte to begin at.
        etag: the version that is meant; None for the one that lies there now.

    Attributes:
        etag: the version that is read.

    Raises:
        InvalidRun: there is no such object, it may not be read, or it is another version by now.
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
        self._body.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
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
            if code == "InvalidRange":  # nothing lies behind the offset
                return io.BytesIO()
            raise InvalidRun(
                f"tasks_s3_uri {self.uri!r}: {_REASONS.get(code, str(error))}"
            ) from error
        self.etag = answer["ETag"]
        return answer["Body"]


_REASONS = {
    "NoSuchKey": "there is no such object",
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "send_task may not read it (s3:GetObject)",
    "PreconditionFailed": "it was replaced while its tasks were being sent",
}
