"""The message in chat: what failed comes first, nothing is longer than the services take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.notifications.chat_message import (
    MAX_BODY,
    MAX_TITLE,
    ChatMessage,
    Notification,
    _fit,
    compose,
)
from task_scheduler.outcome import NotifyEvent

SUCCESS, FAILURE, RECOVERY = NotifyEvent.SUCCESS, NotifyEvent.FAILURE, NotifyEvent.RECOVERY
DISCORD_TAKES = 2_000


def notification(event: NotifyEvent, position: int, **attributes: Any) -> Notification:
    return Notification(event=event, position=str(position), **{"schedule": "s", **attributes})


def composed(*notifications: Notification) -> ChatMessage:
    return compose(notifications, notifications, {})


def test_what_failed_comes_first_then_what_recovered_each_in_the_lists_order() -> None:
    message = composed(
        notification(SUCCESS, 1), notification(RECOVERY, 2), notification(FAILURE, 3),
        notification(SUCCESS, 4), notification(FAILURE, 5),
    )  # fmt: skip

    assert message.title == "s: 2 failed, 1 recovered, 2 succeeded"
    assert message.body.splitlines() == ["✗ #3", "✗ #5", "↻ #2", "✓ #1", "✓ #4"]


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([SUCCESS], "success"),
        ([SUCCESS, RECOVERY], "warning"),
        ([SUCCESS, RECOVERY, FAILURE], "failure"),
    ],
)
def test_the_worst_event_gives_its_kind(events: list[NotifyEvent], kind: str) -> None:
    assert composed(*(notification(event, 1) for event in events)).kind == kind


def test_a_line_has_task_text_result_and_attempt() -> None:
    message = composed(
        notification(
            FAILURE, 1, task="visit", text="Bern", detail="OSError: no\n  route", attempt=3
        ),
        notification(FAILURE, 2, text="only\na   text", detail=None),
        notification(FAILURE, 3, task="visit", attempt=1),
    )

    assert message.body.splitlines() == [
        "✗ #1 visit “Bern”: OSError: no route (attempt 3)",
        "✗ #2 only a text",
        "✗ #3 visit",
    ]


def test_long_texts_and_results_are_truncated() -> None:
    [line] = composed(
        notification(SUCCESS, 1, task="t", text="x" * 61, detail="y" * 361)
    ).body.splitlines()

    assert line == (
        f"✓ #1 t “{'x' * 60}... (1 more characters)”: {'y' * 360}... (1 more characters)"
    )


@pytest.mark.parametrize(
    ("times", "due"),
    [
        (["2026-11-23T02:00:00Z"] * 2, ["due 2026-11-23T02:00:00Z"]),
        (["2026-11-23T02:00:00Z", None], ["due 2026-11-23T02:00:00Z"]),
        (["2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"], []),
        ([None, None], []),
    ],
)
def test_a_common_due_time_is_shown(times: list[str | None], due: list[str]) -> None:
    message = composed(*(notification(SUCCESS, 1, scheduled_time=time) for time in times))

    assert message.body.splitlines()[:-2] == due


def test_of_several_schedules_each_has_its_count_and_its_name_before_its_places() -> None:
    message = composed(
        notification(SUCCESS, 1, schedule="a"), notification(FAILURE, 7, schedule="b")
    )

    assert message.title == "2 schedules: 1 failed, 1 succeeded"
    assert message.body.splitlines() == ["a: 1 succeeded", "b: 1 failed", "✗ b#7", "✓ a#1"]


def test_ends_that_are_not_listed_are_counted_with_their_schedule() -> None:
    failed = notification(FAILURE, 1)
    ended = [
        failed,
        notification(SUCCESS, 2),
        notification(SUCCESS, 3),
        notification(SUCCESS, 1, schedule="other"),
    ]

    message = compose([failed], ended, {})

    assert message.title == "s: 1 failed, 2 succeeded"
    assert message.body == "✗ #1"


def test_ends_without_a_message_before_are_counted_in_the_last_line() -> None:
    undelivered = {SUCCESS: 2, FAILURE: 1, RECOVERY: 0}

    message = compose([notification(SUCCESS, 1)], [], undelivered)

    assert message.body.splitlines() == [
        "✓ #1", "Not listed: 1 failed, 2 succeeded; see the log.",
    ]  # fmt: skip


def test_lines_without_room_are_counted() -> None:
    notifications = [notification(FAILURE, number, detail="x" * 190) for number in range(100, 120)]

    lines = compose(notifications, notifications, {FAILURE: 3}).body.splitlines()

    assert lines[0] == f"✗ #100: {'x' * 190}"
    assert len(lines) == 8 + 2
    assert lines[-2:] == ["... and 12 more", "Not listed: 3 failed; see the log."]


def test_lines_fill_what_is_kept_free_for_how_many_more_there_are() -> None:
    room = MAX_BODY - 30
    assert _fit(["x" * (room - 1)], None) == "x" * (room - 1)
    assert _fit(["x" * room], None) == "... and 1 more"
    assert _fit(["x" * (room - 3), "y"], None) == "x" * (room - 3) + "\ny"
    assert _fit(["x" * (room - 3), "yy"], None) == "x" * (room - 3) + "\n... and 1 more"


def test_a_long_schedule_name_is_truncated() -> None:
    message = composed(notification(SUCCESS, 1, schedule="s" * 200))

    assert message.title == "s" * 60 + "... (140 more characters): 1 succeeded"


bells = st.builds(
    lambda word, times, end: word * times + end,
    st.sampled_from(["@1", "@everyone", "x", "a\n"]), st.integers(0, 200), st.text(max_size=5),
)  # fmt: skip


@given(
    notifications=st.lists(
        st.builds(
            Notification, event=st.sampled_from(NotifyEvent), schedule=bells, position=st.just("1"),
            task=st.none() | bells, text=st.none() | bells, detail=st.none() | bells,
            attempt=st.integers(1, 100),
        ),
        min_size=1, max_size=6,
    ),
    undelivered=st.dictionaries(st.sampled_from(NotifyEvent), st.integers(0, 10**9)),
)  # fmt: skip
def test_a_message_fits_and_pings_nobody_whatever_is_in_it(
    notifications: list[Notification], undelivered: dict[NotifyEvent, int]
) -> None:
    message = compose(notifications, notifications, undelivered)

    assert len(message.title) <= MAX_TITLE
    assert len(message.body) <= MAX_BODY
    assert len(message.title) + len(message.body) < DISCORD_TAKES
    assert "@everyone" not in message.title + message.body
    assert "@1" not in message.title + message.body
    assert "\n" not in message.title
