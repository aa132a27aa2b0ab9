"""Texts of tasks, notes and errors that would be markup, scripts or escapes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from task_scheduler.runs import control
from task_scheduler.runs.chunk import Mark
from task_scheduler_local.leftovers import client
from tests.taskctl.ledger import Recorded
from tests.taskctl.page.conftest import Served, Visitor

HOSTILE = (
    "</pre></section><script>window.pwned = 1</script>"
    '<img src=x onerror="window.pwned = 1">'
    "<svg onload='window.pwned = 1'></svg>"
    '<div hx-get="/do/run" hx-trigger="load" hx-on:load="window.pwned = 1">'
    "<style>body{display:none}</style><base href='http://evil.test/'>"
    "{{ 7 * 7 }}{% raise %}&lt;b&gt;"
    "\x1b[31m\x00\x07\u202egnp.exe\u2066\ud7ff]]>--><!--"
)
SHOWN = "</pre></section><script>window.pwned = 1</script>"


@pytest.fixture
def hostile(recorded: Recorded) -> str:
    """The key of a run in which every text is hostile."""
    run = recorded.begin("nightly@x", total=2, why=HOSTILE, started_by=f"arn:{HOSTILE}")
    later = recorded.now + 1_000
    recorded.keep(run, 1, result=HOSTILE, task=HOSTILE, expires=later)
    recorded.keep(run, 2, reason=HOSTILE, error=HOSTILE, task=HOSTILE, expires=later)
    recorded.end(run, range(1, 2))
    counts = recorded.end(run, range(2, 3), Mark.BAD)
    assert counts is not None
    recorded.close(run, counts)
    recorded.edit(run, reason={"S": HOSTILE}, event={"S": "failure"}, timezone={"S": HOSTILE})
    control.pause(recorded.table, "nightly", by=f"arn:{HOSTILE}", at=1, note=HOSTILE, until=None)
    return run.key


def test_texts_of_tasks_are_never_markup(
    hostile: str, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    paths = (
        "/", "/next", "/schedule?name=nightly", f"/run?key={hostile}",
        f"/task?key={hostile}&position=1", f"/task?key={hostile}&position=2",
        "/ask/resume?schedule=nightly",
    )  # fmt: skip
    for path in paths:
        page.goto(recorded_page.origin + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.pwned") is None, path
        expect(page.locator("main")).to_contain_text(SHOWN)
        assert page.locator("main script, main img, main style, main base").count() == 0
        assert page.locator("main [onload], main [onerror]").count() == 0
        text = page.evaluate("document.body.textContent")
        assert not set(text) & set("\x00\x07\x1b\u202e\u2066"), path
        assert "\\u202egnp.exe" in text
        assert "{{ 7 * 7 }}" in text


def test_addresses_are_never_markup(recorded_page: Served, visit: Visitor) -> None:
    page = visit(recorded_page)
    for path in ("/?q=%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E", "/?show=%3Cb%3E",
                 "/schedule?name=%3Cscript%3Ewindow.pwned=1%3C/script%3E",
                 "/run?key=%22%20onload=%22window.pwned=1",
                 "/dead-letters?reason=%3Cscript%3Ewindow.pwned=1%3C/script%3E"):  # fmt: skip
        page.goto(recorded_page.origin + path)
        assert page.evaluate("window.pwned") is None
        assert page.locator("main script").count() == 0
    visit.complaints.clear()  # some of them are not there


def test_dead_letters_are_never_markup(
    recorded: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    recorded.add_schedule("nightly")
    sqs = client("sqs", recorded.aws)
    queue = sqs.get_queue_url(QueueName=f"{recorded.prefix}-tasks-dead-letter")["QueueUrl"]
    text = "".join(character for character in HOSTILE if character >= " ")  # all that SQS takes
    sqs.send_message(
        QueueUrl=queue,
        MessageBody=text,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name in ("reason", "error")
        },
    )
    page = visit(recorded_page, "/dead-letters")
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text(SHOWN, timeout=20_000)
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Redrive").click()
    expect(page.get_by_role("dialog")).to_contain_text("</pre></section><script>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main script, main img, dialog script, dialog img").count() == 0
    assert "\u202e" not in page.evaluate("document.body.textContent")
