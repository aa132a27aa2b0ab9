"""Files in UTF-16 and UTF-32, made UTF-8 on the way, by their byte order marks."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain

_MARKS = (
    # that of UTF-16 is the beginning of that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

MALFORMED = "\udcff".encode(errors="surrogatepass")
"""Stands for bytes that mean nothing in the file's encoding. It is not UTF-8, so that the line
which holds it is refused."""


def detect(beginning: bytes) -> str | None:
    """Return the encoding that a byte order mark names; None for UTF-8 or without a mark."""
    return next((name for mark, name in _MARKS if beginning.startswith(mark)), None)


def to_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Decode chunks, wherever they are cut, and encode them as UTF-8, the mark included."""
    decoder = codecs.getincrementaldecoder(encoding)(_HANDLER)
    for chunk in chain(chunks, [b""]):
        text = decoder.decode(chunk, final=not chunk)
        if text:
            yield text.encode(errors="surrogatepass")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MALFORMED.decode(errors="surrogatepass"), error.end


_HANDLER = "task_scheduler.malformed"
codecs.register_error(_HANDLER, _replace)
