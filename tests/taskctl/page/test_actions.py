"""Each action, by the page, on a stack that runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from taskctl.web.render import address
from tests.system.stack import wait_for
from tests.taskctl.page.conftest import Served, Visitor

Read = Callable[..., Any]
OpenPage = Callable[..., Page]
LONG = 60_000


@pytest.fixture
def open_page(applied_page: Served, visit: Visitor) -> OpenPage:
    """Open a page over the stack that runs, with the values of its address by name."""
    return lambda path, **values: visit(applied_page, address(path, **values))


@pytest.fixture
def failed(read: Read, needed: Path) -> str:
    """The key of a run whose three tasks have failed, and are dead letters."""
    run: str = read("run", "needy", "--yes")["run"]
    wait_for(lambda: len([one for one in read("failed") if one["run"] == run]) == 3)
    return run


def ask(page: Page, name: str, question: str) -> None:
    """Press a button of the page, which opens a dialog; a number may stand behind its name."""
    page.get_by_role("button", name=re.compile(rf"^{name}( \(\d+\))?$")).click()
    says(page, question)


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("dialog")).to_contain_text(text, timeout=LONG)


def press(page: Page, name: str) -> None:
    """Press a button within the dialog."""
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def finish(page: Page, name: str, result: str) -> None:
    """Press a button within the dialog, and close it once it says what came of that."""
    press(page, name)
    says(page, result)
    press(page, "Close")


def test_a_schedule_is_run_and_followed_to_its_end(open_page: OpenPage) -> None:
    page = open_page("/schedule", name="yearly")
    ask(page, "Run now", "Starts a run of yearly now, in the stack operated")
    page.get_by_label("Why").fill("to see <it>")
    press(page, "Run")
    says(page, "yearly runs: 1 task sent.")
    page.get_by_role("link", name="Follow the run").click()
    expect(page.locator("#live .standing")).to_contain_text("succeeded 1 task", timeout=LONG)
    expect(page.locator("#live")).to_contain_text("to see <it>")
    expect(page.locator("#live")).to_contain_text("by hand")
    expect(page.locator("#live")).to_contain_text("Hi, one")
    page.reload()
    expect(page.locator("#log .timeline")).to_contain_text("#1 greet", timeout=LONG)
    expect(page.locator("#log pre")).to_contain_text("success, attempt 1")
    page.get_by_role("link", name="#1 greet").click()
    expect(page.locator("#live")).to_contain_text("Hi, one")
    expect(page.locator("#live")).to_contain_text("tasks[1]")
    expect(page.locator("#log tbody")).to_contain_text("succeeded", timeout=LONG)


def test_failed_tasks_are_retried_and_their_run_recovers(
    failed: str, needed: Path, open_page: OpenPage
) -> None:
    page = open_page("/run", key=failed)
    expect(page.locator("#live .standing")).to_contain_text("3 of 3 tasks failed")
    expect(page.locator("#log pre")).to_contain_text("FileNotFoundError", timeout=LONG)
    for name in ("alpha", "beta", "gamma"):
        (needed / name).touch()
    ask(page, "Retry failed", "Sends the dead letters of needy@")
    finish(page, "Retry", "Sent again: 3 tasks.")
    expect(page.locator("#live .standing")).to_contain_text("succeeded 3 tasks", timeout=LONG)
    expect(page.locator("#live")).to_contain_text("redriven by")


def test_a_task_is_shown_with_its_message_and_traceback(failed: str, open_page: OpenPage) -> None:
    page = open_page("/task", key=failed, position=2)
    expect(page.locator("#live")).to_contain_text("FileNotFoundError: there is no beta")
    expect(page.locator("#message")).to_contain_text("beta", timeout=LONG)
    expect(page.locator("#message")).to_contain_text("goes back to its queue under a new id")
    expect(page.locator("#log pre")).to_contain_text('File "operated.py", line', timeout=LONG)
    expect(page.locator("#log tbody")).to_contain_text("failed")


def test_dead_letters_are_redriven_and_discarded(
    failed: str, needed: Path, open_page: OpenPage, read: Read
) -> None:
    page = open_page("/dead-letters", schedule="needy")
    rows = page.locator("#list tbody tr").filter(
        has=page.locator(f'a[href*="{quote(failed, safe="")}"]')
    )
    expect(rows).to_have_count(3, timeout=LONG)
    expect(rows.first).to_contain_text("FileNotFoundError: there is no")
    expect(rows.first).to_contain_text("Redrive: goes back to its queue")
    expect(page.get_by_role("button", name="Discard")).to_be_disabled()
    (needed / "beta").touch()
    rows.filter(has_text="beta").get_by_role("checkbox").check()
    ask(page, "Redrive", "Sends 1 dead letter again")
    finish(page, "Send again", "Sent again: 1 task.")
    expect(rows).to_have_count(2, timeout=LONG)
    rows.filter(has_text="gamma").get_by_role("checkbox").check()
    ask(page, "Discard", "Deletes 1 dead letter for good, unsent")
    finish(page, "Delete for good", "Deleted: 1 task.")
    expect(rows).to_have_count(1, timeout=LONG)
    assert [one["what"] for one in read("failed") if one["run"] == failed] == ["#1 need “alpha”"]


def test_a_schedule_is_paused_and_resumed(open_page: OpenPage, visit: Visitor) -> None:
    page = open_page("/schedule", name="nightly")
    ask(page, "Pause", "is recorded as skipped, with your name and note")
    page.get_by_label("Note").fill("a <b>move</b>")
    page.get_by_label("Until").fill("never")
    press(page, "Pause")
    says(page, "'never' must be a date and time")
    visit.complaints.clear()  # Chromium reports the refusal
    press(page, "Close")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_label("Note").fill("a <b>move</b>")
    finish(page, "Pause", "nightly: paused by")
    expect(page.locator("#live .badge").first).to_have_text("paused")
    expect(page.locator("#live")).to_contain_text("a <b>move</b>")
    ask(page, "Resume", "From now on what falls due runs again")
    finish(page, "Resume", "nightly: resumed.")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_a_run_is_cancelled(open_page: OpenPage, read: Read) -> None:
    """The second attempt of its task comes a second later."""
    key: str = read("run", "wavering", "--no-wait", "--yes")["run"]
    page = open_page("/run", key=key)
    if page.get_by_role("button", name="Cancel").count() == 0:
        pytest.skip("it was over before the page was open")
    ask(page, "Cancel", "Tasks that have not begun end as cancelled")
    finish(page, "Cancel the run", key)
    expect(page.locator("#live .standing")).to_contain_text("cancelled by", timeout=LONG)


def test_times_that_have_no_run_are_backfilled(open_page: OpenPage, read: Read) -> None:
    page = open_page("/schedule", name="yearly")
    ask(page, "Backfill", "Runs the schedule for due times at which it has not run")
    page.get_by_label("From").fill("2020-06-01")
    page.get_by_label("To", exact=True).fill("2023-06-01")
    page.get_by_label("At the same time").fill("3")
    page.get_by_label("Times before the ledger's as well").check()
    press(page, "Look which are missing")
    says(page, "Runs yearly for 3 of 3 due times, the oldest first, 3 at once")
    says(page, "2023-01-01T01:00:00Z")
    page.get_by_label("Why").fill("by the page")
    press(page, "Run them")
    says(page, "yearly: 3 runs begun, 3 at once")
    page.get_by_role("link", name="Watch them").click()
    expect(page.locator("#live [role=status]")).to_contain_text("3 of 3 runs over", timeout=LONG)
    runs = read("runs", "yearly", "--since", "2020-06-01", "--until", "2023-06-01")
    assert [(run["run"], run["state"], run["why"]) for run in runs] == [
        (f"yearly@{year}-01-01T01:00:00Z", "succeeded", "by the page")
        for year in (2021, 2022, 2023)
    ]
