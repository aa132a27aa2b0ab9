"""The pictures of digests: what Apprise sends to Slack and Discord, drawn as they show it."""

from __future__ import annotations

import html
import io
import json
import re
import time
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import requests

from task_scheduler.notifications import delivery
from task_scheduler.notifications.digest import Digest, TaskEnd, compose_digest
from task_scheduler.notifications.markup import log_link
from task_scheduler.notifications.targets import parse, target_of
from task_scheduler.outcome import NotifyEvent
from task_scheduler_local.places import ROOT
from tools.chat_picture import DARK, LIGHT, Message, draw

_PICTURES = ROOT / "docs" / "pictures"
_SENDER = "jobs"
_SECONDS = 10.0
_SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
_DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
_DUE = 1_795_397_400  # Monday 2026-11-23 02:30 in Berlin
_DAY = 86_400
_TABLE = (
    "team    orders   hours\nNorth      412    12.5\nSouth       98     8.0\nWest      1031   101.0"
)


def main() -> None:
    """Write both pictures."""
    _PICTURES.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures().items():
        (_PICTURES / name).write_text(picture, encoding="utf-8")


def pictures() -> dict[str, str]:
    """Return the pictures by the names of their files."""
    digests = [_failure(), _reminder(), _recovery(), _table()]
    slack = [_of_slack(message) for message in _sent(_SLACK, digests)]
    discord = [_of_discord(message) for message in _sent(_DISCORD, digests)]
    return {
        "slack.svg": draw(_SENDER, slack, LIGHT),
        "discord.svg": draw(_SENDER, discord, DARK),
    }


def _digest(schedule: str, due: int, **facts: Any) -> Digest:
    key = f"{schedule}@{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(due))}"
    return Digest(
        key=key,
        schedule=schedule,
        due=due,
        timezone="Europe/Berlin",
        log_link=log_link("eu-central-1", "/aws/lambda/jobs-run-task", key, due),
        retry=f"taskctl retry {key}",
        **facts,
    )


def _failure() -> Digest:
    failures = [
        TaskEnd(position="17", text="ConnectTimeout: shop-17.example.org: no answer in 10 s"),
        TaskEnd(position="56", text="ConnectTimeout: shop-56.example.org: no answer in 10 s"),
        TaskEnd(position="80", text="KeyError: 'orders'"),
    ]
    return _digest(
        "nightly-orders", _DUE, event=NotifyEvent.FAILURE, total=100, failed=3, seconds=252,
        usual_seconds=230.0, failures=failures, mention="@here",
    )  # fmt: skip


def _reminder() -> Digest:
    return _digest(
        "nightly-orders", _DUE + 4 * _DAY, event=NotifyEvent.FAILURE, total=100, failed=1,
        seconds=239, usual_seconds=230.0, streak=4, last_success=_DUE - _DAY, mention="@here",
        failures=[TaskEnd(position="80", text="KeyError: 'orders'")],
    )  # fmt: skip


def _recovery() -> Digest:
    return _digest(
        "nightly-orders", _DUE + 5 * _DAY, event=NotifyEvent.RECOVERY, total=100, streak=5,
        seconds=226, usual_seconds=230.0,
    )  # fmt: skip


def _table() -> Digest:
    return _digest(
        "weekly-report", _DUE + 5 * _DAY, event=NotifyEvent.SUCCESS, total=1, seconds=9,
        usual_seconds=8.0, results=[TaskEnd(position="1", text=_TABLE)],
    )  # fmt: skip


def _sent(url: str, digests: Sequence[Digest]) -> list[dict[str, Any]]:
    """Return what Apprise sends to a service, which takes it."""
    sent: list[dict[str, Any]] = []

    def take(_adapter: Any, request: Any, **_: Any) -> requests.Response:
        sent.append(json.loads(request.body))
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(b"ok")
        return answer

    [address] = parse(url)
    target = target_of(address, sender=_SENDER)
    assert target is not None
    with patch.object(delivery, "_requests_send", take):
        for digest in digests:
            deadline = time.monotonic() + _SECONDS
            assert delivery.deliver([target], compose_digest(digest), deadline) == []
    return sent


def _of_slack(payload: dict[str, Any]) -> Message:
    [attachment] = payload["attachments"]
    # the link's name is drawn and not its address
    text = re.sub(r"<(https[^|>]*)\|([^>]*)>", r"[\2](<\1>)", attachment["text"])
    above = payload.get("text")
    return Message(
        text=html.unescape(text),
        title=html.unescape(attachment["title"]),
        color=attachment["color"],
        above=re.sub(r"<!(\w+)>", r"@\1", above) if above else None,
    )


def _of_discord(payload: dict[str, Any]) -> Message:
    title, _, text = payload["content"].partition("\r\n")
    return Message(text=text, title=title.removeprefix("**").removesuffix("**"))


if __name__ == "__main__":
    main()
