"""The pictures of digests."""

from __future__ import annotations

from task_scheduler_local.places import ROOT
from tools.digest_pictures import pictures


def test_the_pictures_show_what_is_sent_today() -> None:
    """If it fails, run `make pictures`, or tools.digest_pictures alone."""
    for name, picture in pictures().items():
        assert (ROOT / "docs" / "pictures" / name).read_text(encoding="utf-8") == picture
