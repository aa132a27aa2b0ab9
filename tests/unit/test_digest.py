"""The message of a run: what it says, that it fits, and that it pings nobody but whom it may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.digest import (
    MAX_BODY,
    MAX_MENTION,
    MAX_TITLE,
    Digest,
    TaskEnd,
    compose_digest,
)
from task_scheduler.notifications.markup import log_link
from task_scheduler.outcome import NotifyEvent

SUCCESS, FAILURE, RECOVERY = NotifyEvent.SUCCESS, NotifyEvent.FAILURE, NotifyEvent.RECOVERY
DISCORD_TAKES = 2_000
DUE = 1_795_395_600  # Monday 2026-11-23 01:00 UTC
DAY = 86_400
KEY = "nightly@2026-11-23T01:00:00Z"


def composed(event: NotifyEvent = FAILURE, **facts: Any) -> ChatMessage:
    known: dict[str, Any] = {
        "key": KEY, "schedule": "nightly", "due": DUE, "total": 100, "seconds": 252,
    }  # fmt: skip
    return compose_digest(Digest(**known | {"event": event} | facts))


def ends(*texts: str, first: int = 1) -> list[TaskEnd]:
    return [TaskEnd(position=str(place), text=text) for place, text in enumerate(texts, first)]


def lines(**facts: Any) -> list[str]:
    """Return the lines of a message below the one that says when it was due."""
    return composed(**facts).text.splitlines()[1:]


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ({"failed": 3}, "✗ nightly: 3 of 100 failed"),
        ({"failed": 1, "total": 1}, "✗ nightly: failed"),
        ({"is_early": True, "failed": 1}, "✗ nightly: first failure, still running"),
        ({"state": "cancelled"}, "✗ nightly: cancelled"),
        ({"state": "cancelled", "failed": 2}, "✗ nightly: cancelled, 2 of 100 failed"),
        ({"state": "incomplete"}, "✗ nightly: its list was not sent whole"),
        ({"event": SUCCESS}, "✓ nightly: 100 tasks succeeded"),
        ({"event": SUCCESS, "total": 1}, "✓ nightly: succeeded"),
        ({"event": SUCCESS, "total": 0}, "✓ nightly: 0 tasks succeeded"),
        ({"event": RECOVERY, "streak": 1}, "↻ nightly: recovered after 1 failed run"),
        ({"event": RECOVERY, "streak": 4}, "↻ nightly: recovered after 4 failed runs"),
        ({"event": RECOVERY}, "↻ nightly: recovered"),
    ],
)
def test_the_title_says_what_came_of_the_run(facts: dict[str, Any], title: str) -> None:
    assert composed(**facts).title == title


@pytest.mark.parametrize(
    ("event", "kind"), [(FAILURE, "failure"), (RECOVERY, "success"), (SUCCESS, "success")]
)
def test_the_event_gives_the_colour(event: NotifyEvent, kind: str) -> None:
    assert composed(event).kind == kind


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"timezone": "Europe/Berlin"}, "Due Mon 2026-11-23 02:00 Europe/Berlin; took 4 min 12 s"),
        ({"usual_seconds": 60.5}, "Due Mon 2026-11-23 01:00 UTC; took 4 min 12 s, usually 60 s"),
        ({"seconds": 8_000}, "Due Mon 2026-11-23 01:00 UTC; took 2 h 13 min"),
        ({"is_early": True}, "Due Mon 2026-11-23 01:00 UTC; running for 4 min 12 s"),
        ({"timezone": "Atlantis/Poseidonis"}, "Due Mon 2026-11-23 01:00 UTC; took 4 min 12 s"),
        ({"timezone": "../../etc/passwd"}, "Due Mon 2026-11-23 01:00 UTC; took 4 min 12 s"),
        ({"due": 10**20}, "Due 100000000000000000000 s after 1970; took 4 min 12 s"),
    ],
)
def test_the_first_line_says_when_it_was_due_and_how_long_it_took(
    facts: dict[str, Any], line: str
) -> None:
    assert composed(**facts).text.splitlines()[0] == line


@pytest.mark.parametrize(
    ("streak", "last_success", "line"),
    [
        (4, DUE - 3 * DAY, "Still failing, 5th time, last success Fri 01:00"),
        (1, DUE - 30 * DAY, "Still failing, 2nd time, last success Sat 2026-10-24 01:00 UTC"),
        (10, None, "Still failing, 11th time"),
        (21, None, "Still failing, 22nd time"),
    ],
)
def test_a_reminder_says_how_often_it_failed_and_when_it_last_succeeded(
    streak: int, last_success: int | None, line: str
) -> None:
    assert lines(failed=1, streak=streak, last_success=last_success) == [line]


def test_failures_that_differ_in_numbers_and_quoted_texts_alone_are_one_group() -> None:
    failures = ends(
        "KeyError: 'rows'", "OSError: no answer in 10 s", "OSError: no answer in 7 s",
        "KeyError: 'columns'", "OSError: no answer in 8 s", "at 0x7f3a: gone", "at 0x9e: gone",
        first=8,
    )  # fmt: skip

    assert lines(failed=7, failures=failures) == [
        "3 times OSError: no answer in 10 s (#9, #10, #12)",
        "2 times KeyError: 'rows' (#8, #11)",
        "2 times at 0x7f3a: gone (#13, #14)",
    ]


def test_five_groups_are_shown_and_the_others_counted() -> None:
    failures = ends(*("abcdefg"))

    assert lines(failed=7, failures=failures)[4:] == ["e (#5)", "... and 2 other reasons"]
    assert lines(failed=6, failures=failures[:6])[5:] == ["... and 1 other reason"]


def test_where_more_failed_than_are_kept_the_groups_say_so() -> None:
    assert lines(failed=400, failures=ends(*["OSError: no route"] * 10)) == [
        "Of the 10 failures whose reasons are kept:",
        "10 times OSError: no route (#1, #2, #3, #4, #5, #6, #7, #8 and 2 more)",
    ]


def test_the_only_task_of_a_run_needs_no_number() -> None:
    assert lines(failed=1, total=1, failures=ends("OSError: no route")) == ["OSError: no route"]
    assert lines(event=SUCCESS, total=1, results=ends("3 rows")) == ["3 rows"]


def test_a_result_of_several_lines_stays_a_table() -> None:
    table = "team    hours\nNorth      12\nSouth       8\nWest      101\n"

    message = composed(SUCCESS, total=2, results=[*ends(table), *ends("done", first=2)])

    assert message.text.splitlines()[1:] == [
        "#1:", "  team    hours", "  North      12", "  South       8", "  West      101",
        "#2: done",
    ]  # fmt: skip
    assert message.markdown.splitlines()[1:] == [
        "#1:", "```", "team    hours", "North      12", "South       8", "West      101", "```",
        "#2: `done`",
    ]  # fmt: skip


def test_a_line_of_a_result_cannot_pass_for_one_of_the_message() -> None:
    message = composed(SUCCESS, results=ends("a\n✗ nightly: all failed\n```\n# b"))

    assert "\n✗" not in message.text
    assert message.markdown.count("```") == 2
    assert message.markdown.endswith("\n```")


def test_the_command_and_the_log_come_last() -> None:
    link = log_link("eu-central-1", "/aws/lambda/jobs-run-task", KEY, DUE)
    facts: dict[str, Any] = {"failed": 1, "retry": f"taskctl retry {KEY}", "log_link": link}

    assert lines(**facts) == [f"Log of the run: {link}", f"Run them again: taskctl retry {KEY}"]
    assert composed(**facts).markdown.splitlines()[1:] == [
        f"[Log of the run](<{link}>)", f"Run them again: `taskctl retry {KEY}`",
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["s@everyone", "s@Here", "@ada", "s`id`", "s@1\nx", "k" * 300])
def test_a_command_that_would_need_a_change_is_left_out(key: str) -> None:
    assert lines(failed=1, retry=f"taskctl retry {key}") == []


def test_a_reason_of_the_run_and_tasks_without_an_end_are_shown() -> None:
    assert lines(state="incomplete", reason="line 7: no\ntext", missing=1) == [
        "line 7: no text", "Without an end: 1 task",
    ]  # fmt: skip


def test_the_text_of_a_task_is_code_in_markdown() -> None:
    markdown = composed(failed=1, failures=ends("*a* `b` __c__")).markdown

    assert markdown.splitlines()[1] == "`*a* 'b' __c__` (#1)"


@pytest.mark.parametrize(("event", "mention"), [(FAILURE, "<@U1>"), (RECOVERY, ""), (SUCCESS, "")])
def test_only_a_failure_mentions_somebody(event: NotifyEvent, mention: str) -> None:
    assert composed(event, mention=" <@U1>\n").mention == mention


def test_what_has_no_room_is_counted_and_what_to_do_is_not_lost() -> None:
    message = composed(
        failed=9, results=ends(*["x" * 400] * 10), retry="taskctl retry k", reason="r" * 190,
        failures=ends(*(letter * 200 for letter in "abcde")),
    )  # fmt: skip

    assert len(message.markdown) <= MAX_BODY
    assert message.text.splitlines()[-2] == "... and 9 more"
    assert message.text.endswith("\nRun them again: taskctl retry k")


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-central-1", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_log_link_names_region_group_and_run(region: str, domain: str) -> None:
    assert log_link(region, "/aws/lambda/jobs-run-task", "s@2026", 5) == (
        f"https://{region}.{domain}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        "$252Faws$252Flambda$252Fjobs-run-task/log-events"
        "$3FfilterPattern$3D$2522s$25402026$2522$26start$3D5000"
    )


words = st.lists(
    st.sampled_from(
        ["@", "<", "!", "@everyone", "<@1>", "everyone", "here", "channel", "ada", "&1", "1",
         "U12", ">", "|", "`", "```", "~", ".", "x" * 90, "\n", " ", "\u2028",
         "\x00", "](", "[", "*", "_", "\ud83d"]
    ),
    max_size=30,
).map("".join) | st.text(max_size=60)  # fmt: skip
task_ends = st.lists(
    st.builds(TaskEnd, position=words, text=words, task=st.none() | words), max_size=12
)
numbers = st.integers(-1, 3) | st.integers(0, 10**12)
digests = st.builds(
    Digest, key=words, schedule=words, event=st.sampled_from(NotifyEvent), due=numbers,
    state=st.sampled_from(["", "failed", "cancelled", "incomplete"]) | words,
    is_early=st.booleans(), is_failing=st.none() | st.booleans(), timezone=words, seconds=numbers,
    usual_seconds=st.none() | st.floats(0, 1e9), total=numbers, failed=numbers, missing=numbers,
    streak=numbers, last_success=st.none() | numbers, failures=task_ends, results=task_ends,
    reason=st.none() | words, retry=st.none() | words.map("taskctl retry {}".format),
    log_link=st.none() | words.map(lambda key: log_link("eu-central-1", "/aws/lambda/x", key, 1)),
)  # fmt: skip
PING = re.compile(r"@(everyone|here|channel\b)|(^|[\s<.(])@[\w*]|<[!@]", re.IGNORECASE)


@given(digests)
def test_a_message_fits_and_pings_nobody_whatever_is_in_it(digest: Digest) -> None:
    message = compose_digest(digest)

    assert len(message.title) <= MAX_TITLE
    assert "\n" not in message.title
    for body in (message.text, message.markdown):
        assert len(body) <= MAX_BODY
        body.encode()
        assert not PING.search(f"{message.title}\n{body}")
    assert MAX_TITLE + MAX_BODY + MAX_MENTION + len("****\r\n\n") < DISCORD_TAKES


@given(digests)
def test_code_in_markdown_is_always_closed(digest: Digest) -> None:
    markdown = compose_digest(digest).markdown

    fences = [line for line in markdown.split("\n") if line == "```"]
    assert len(fences) % 2 == 0
    assert markdown.count("```") == len(fences)


def test_eight_places_of_a_reason_are_shown_without_a_count() -> None:
    shown = "8 times odd (#1, #2, #3, #4, #5, #6, #7, #8)"
    assert lines(failed=8, failures=ends(*["odd"] * 8)) == [shown]
    assert lines(failed=9, failures=ends(*["odd"] * 9)) == [
        "9 times odd (#1, #2, #3, #4, #5, #6, #7, #8 and 1 more)"
    ]


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [
        (0, "0 s"),
        (119.4, "119 s"),
        (119.6, "2 min 0 s"),
        (7_199, "119 min 59 s"),
        (7_200, "2 h 0 min"),
        (10_740, "2 h 59 min"),
        (86_400, "24 h 0 min"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, duration: str) -> None:
    first = composed(seconds=seconds).text.splitlines()[0]
    assert first == f"Due Mon 2026-11-23 01:00 UTC; took {duration}"


@pytest.mark.parametrize(
    ("streak", "ordinal"),
    [
        (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (11, "12th"), (12, "13th"),
        (20, "21st"), (22, "23rd"), (100, "101st"), (110, "111th"),
    ],
)  # fmt: skip
def test_a_streak_is_counted_as_people_count(streak: int, ordinal: str) -> None:
    assert lines(failed=1, streak=streak) == [f"Still failing, {ordinal} time"]


@pytest.mark.parametrize(
    ("last_success", "when"),
    [
        (DUE - 6 * DAY + 1, "Tue 01:00"),
        (DUE - 6 * DAY, "Tue 2026-11-17 01:00 UTC"),
        (DUE, "Mon 01:00"),
        (DUE + DAY, "Tue 2026-11-24 01:00 UTC"),
    ],
)
def test_a_success_of_this_week_needs_no_date(last_success: int, when: str) -> None:
    line = f"Still failing, 2nd time, last success {when}"
    assert lines(failed=1, streak=1, last_success=last_success) == [line]
