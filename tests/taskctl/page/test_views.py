"""The content of each page, over a ledger that was written as the functions write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from task_scheduler.runs import control
from task_scheduler.runs.chunk import Mark
from task_scheduler.runs.identity import RunId
from tests.taskctl.ledger import HOUR, Recorded
from tests.taskctl.page.conftest import PHONE, Served, Visitor


def key_at(schedule: str, seconds: int) -> str:
    return f"{schedule}@{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def ran(recorded: Recorded, schedule: str, hours_ago: int, *, failed: int = 0) -> str:
    """Record a run of three tasks that took five minutes."""
    now = recorded.now
    recorded.now = now - hours_ago * HOUR
    key = key_at(schedule, recorded.now)
    run = recorded.begin(key, total=3, due=recorded.now, notify_on=["failure"])
    for number in range(3 - failed + 1, 4):
        recorded.keep(run, number, reason=f"no table t{number}", error="LookupError",
                      expires=now + HOUR)  # fmt: skip
    recorded.now += 300
    recorded.end_and_close(run, total=3, failed=failed)
    recorded.now = now
    return key


@pytest.fixture
def several(recorded: Recorded) -> Recorded:
    """A schedule for each state."""
    for hours in range(6, 0, -1):
        ran(recorded, "fine", hours)
        ran(recorded, "broken", hours, failed=2 if hours < 3 else 0)
    ran(recorded, "held", 3)
    control.pause(
        recorded.table, "held", by="arn:aws:iam::1:user/anna", at=recorded.now,
        note="moving the <db>", until=None,
    )  # fmt: skip
    ran(recorded, "busy", 5)
    recorded.begin(key_at("busy", recorded.now), total=4, due=recorded.now)
    recorded.add_schedule("new")
    return recorded


def names(page: Page) -> list[str]:
    return page.locator("#live tbody th a").all_inner_texts()


def test_schedules_that_need_somebody_come_first(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    expect(page.locator("#live tbody tr").filter(has_text="new")).to_contain_text("in ")
    expect(page.locator("#live tbody tr").filter(has_text="busy")).to_contain_text("running 0/4")
    assert names(page) == ["broken", "held", "busy", "new", "fine"]
    broken = page.locator("#live tbody tr").first
    expect(broken).to_contain_text("2 failed in a row")
    expect(broken.locator("svg.bars path")).to_have_count(6)
    assert broken.locator("svg.bars").get_attribute("aria-label") == (
        "Last 6 runs: 4 succeeded, 2 failed; the last one failed"
    )
    expect(page.locator("#live")).to_contain_text("paused by user/anna: moving the <db>")
    expect(page.locator("#live tbody tr").last).to_contain_text("rate(1 hour)")


def test_schedules_are_searched_and_filtered(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    expect(page.locator("#live tbody tr")).to_have_count(5)
    page.keyboard.press("/")
    page.keyboard.type("HEL")
    expect(page.locator("#live tbody tr")).to_have_count(1)
    assert names(page) == ["held"]
    page.keyboard.type("zzz")
    expect(page.locator("#live .empty")).to_contain_text("No schedule is like that")
    page.goto(recorded_page.origin + "/")
    page.get_by_role("link", name="failing").click()
    page.wait_for_url("**/?show=failing")
    assert names(page) == ["broken"]


def test_a_page_changes_without_a_reload(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    link = page.get_by_role("link", name="fine", exact=True)
    fine = page.locator("#live tbody tr").filter(has=link)
    expect(fine).to_contain_text("rate(1 hour)")
    page.evaluate("window.kept = true")
    link.focus()
    ran(several, "fine", 0, failed=1)
    expect(page.locator("#live tbody tr.need-failing")).to_have_count(2, timeout=12_000)
    assert page.evaluate("window.kept")
    assert page.evaluate("document.activeElement.innerText") == "fine"


def test_a_stack_without_schedules_says_what_to_do(recorded_page: Served, visit: Visitor) -> None:
    page = visit(recorded_page)
    expect(page.locator("#live")).to_contain_text("has no schedules yet")


def test_a_run_is_shown_with_its_failures_by_reason_and_its_digest(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    page.get_by_role("link", name="broken").click()
    page.locator(".large-bars a").last.click()
    page.wait_for_url("**/run?key=broken*")
    expect(page.locator("#live .standing")).to_contain_text("failed 2 of 3 tasks failed")
    groups = page.locator(".groups li")
    expect(groups).to_have_count(1)
    expect(groups.first).to_contain_text("LookupError: no table t2")
    expect(groups.first).to_contain_text("2 times: #2 greet, #3 greet")
    expect(page.locator("#live")).to_contain_text("took")
    expect(page.locator("#live")).to_contain_text("5 min 0 s")
    expect(page.locator("#live")).to_contain_text("its schedule")
    expect(page.locator("#digest")).to_contain_text("Nobody was notified of this run")
    page.go_back()
    page.locator(".large-bars a").nth(4).click()
    expect(page.locator("#digest .digest")).to_contain_text("✗ broken: 2 of 3 failed")
    expect(page.locator("#digest")).to_contain_text("not delivered yet")
    page.get_by_role("link", name="#2 greet").click()
    page.wait_for_url("**/task?key=broken*position=2")
    expect(page.locator("#live")).to_contain_text("LookupError: no table t2")


def test_a_digest_is_shown_as_it_was_sent(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    key = key_at("broken", several.now - 2 * HOUR)
    run = RunId(schedule="broken", key=key)
    several.notify(run, "failure", "✗ broken: <b>2</b> of 3 failed", "Due then\n\u202ebackwards")
    page = visit(recorded_page, f"/run?key={key}")
    expect(page.locator("#digest .digest")).to_contain_text("✗ broken: <b>2</b> of 3 failed")
    expect(page.locator("#digest pre")).to_contain_text("\\u202ebackwards")
    expect(page.locator("#digest")).to_contain_text("as it was sent.")


def test_a_run_that_goes_on_is_counted_live(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    key = key_at("busy", several.now)
    page = visit(recorded_page, f"/run?key={key}")
    expect(page.locator("#live .standing")).to_contain_text("0/4 tasks ended")
    run = next(run for run in recorded_page.known.reader.last_runs("busy", 1))
    several.end(run.id, range(1, 3))
    expect(page.locator("#live .standing")).to_contain_text("2/4 tasks ended")
    counts = several.end(run.id, range(3, 5), Mark.BAD)
    assert counts is not None
    several.close(run.id, counts)
    expect(page.locator("#live .standing")).to_contain_text("failed 2 of 4 tasks failed")


def test_a_schedule_has_a_chart_of_90_days_and_its_runs(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    ran(several, "broken", 24 * 80)
    ran(several, "broken", 24 * 95)
    page = visit(recorded_page, "/schedule?name=broken")
    history = page.locator("#history")
    expect(history).to_contain_text("7 runs")
    expect(history.locator("svg.chart .mark")).to_have_count(2)
    expect(history.locator("svg.chart")).to_contain_text("min")
    expect(history.locator("tbody tr")).to_have_count(7)
    expect(page.locator("#live .times li")).to_have_count(5)


def test_a_schedule_shows_what_is_set_of_it_and_what_keep_runs_expects(
    recorded: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    recorded.add_schedule(
        "full",
        settings={"pace": "300/minute", "heartbeat": "mon", "skip_on": ["2020-01-01", day]},
    )
    recorded.watch({"full": {"expected_every": 7_200, "finish_within": 90}})
    page = visit(recorded_page, "/schedule?name=full")
    settings = page.get_by_role("region", name="Settings")
    for name, value in (
        ("expression", "rate(1 hour)"),
        ("overlap", "allow"),
        ("worker", "default"),
        ("pace", "300/minute"),
        ("heartbeat", "mon"),
        ("skip_on", "2 days, next "),
        ("skip_on", day),
        ("expected_every", "7200 (2 h 0 min)"),
        ("finish_within", "90 (1 min 30 s)"),
    ):
        value_of = settings.locator(f"dt:text-is('{name}') + dd")
        # what keep_runs expects is read in the background, and there at the next look
        expect(value_of).to_contain_text(value, timeout=30_000)


def test_who_follows_whom_is_shown_and_leads_there(
    recorded: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    others = ("count", "deliver")
    recorded.add_schedule(
        "report", expression="cron(0 0 31 12 ? 2199)", settings={"after": [*others]}
    )
    recorded.now -= HOUR
    recorded.follow("report", *others)
    parents = [recorded.ran(key_at(name, recorded.now), succeeded=1).key for name in others]
    recorded.now += 60
    (report,) = recorded.follow("report", *others)

    page = visit(recorded_page)
    row = page.locator("#live tbody tr").filter(has_text="report")
    expect(row.locator('[data-label="Next"]')).to_have_text("after count, deliver")
    expect(row).not_to_contain_text("2199")
    page.goto(f"{recorded_page.origin}/schedule?name=report")
    next_ = page.get_by_label("Next times")
    expect(next_).to_contain_text("After count, deliver")
    expect(page.get_by_label("Settings")).to_contain_text("count, deliver")
    expect(page.get_by_role("link", name="Backfill")).to_have_count(0)
    next_.get_by_role("link", name="count").click()
    expect(page.get_by_label("Next times")).to_contain_text("Followed by report")

    page.goto(f"{recorded_page.origin}/run?key={report}")
    facts = page.get_by_label("Facts")
    expect(facts).to_contain_text("keep_runs, after the others")
    facts.get_by_role("link", name=parents[1]).click()
    expect(page.get_by_label("Facts").get_by_role("link", name=report)).to_be_visible()
    page.goto(f"{recorded_page.origin}/next")
    expect(page.locator("main")).not_to_contain_text("report")


def test_a_task_of_a_file_is_shown_as_the_file_has_it_now(
    recorded: Recorded, recorded_page: Served, visit: Visitor, tmp_path: Path
) -> None:
    folder = recorded_page.known.task_folder = tmp_path / "tasks"
    folder.mkdir()
    for file in (folder / "people.csv", tmp_path / "people.csv"):
        file.write_text("task,name,mail\ngreet,Ada,a@example.com\n,Bob,<b>\n")
    recorded.add_schedule("mails", settings={"tasks_file": "people.csv"})
    recorded.add_schedule("outside", settings={"tasks_file": "../people.csv"})
    for name in ("mails", "outside"):
        ran(recorded, name, 2)
    key = key_at("mails", recorded.now - 2 * HOUR)
    page = visit(recorded_page, f"/task?key={key}&position=3")
    expect(page.locator("#message")).to_contain_text("people.csv on this machine has this task now")
    expect(page.locator("#message dl")).to_contain_text('"mail": "<b>"')
    expect(page.locator("#message dl")).to_contain_text("greet")
    page.goto(f"{recorded_page.origin}/task?key={key}&position=7")
    expect(page.locator("#message")).to_contain_text("its list has no task #7")
    outside = key_at("outside", recorded.now - 2 * HOUR)
    page.goto(f"{recorded_page.origin}/task?key={outside}&position=2")
    expect(page.locator("#live")).to_contain_text("The ledger does not keep its end")
    expect(page.locator("#message")).to_have_count(0)


def test_what_comes_next_is_a_line_of_24_hours(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page, "/next")
    lines = page.locator(".day > div:not(.axis)")
    expect(lines).to_have_count(5)
    held = lines.filter(has_text="held")
    expect(held).to_contain_text("24")
    expect(held.locator("path.is-held")).to_have_count(1)
    expect(held.locator("path.is-due")).to_have_count(0)
    expect(page.locator("tbody tr").filter(has_text="held").first).to_contain_text(
        "paused by user/anna"
    )


def test_what_is_not_there_is_said(recorded_page: Served, visit: Visitor) -> None:
    page = visit(recorded_page)
    for path, words in (
        ("/schedule?name=none", "no schedule 'none'"),
        ("/run?key=none", "no schedule 'none'"),
        ("/run", "key must be given"),
        ("/nothing", "There is no such page"),
        ("/ask/nothing", "There is no such page"),
    ):
        answer = page.goto(recorded_page.origin + path)
        assert answer is not None
        assert answer.status in (400, 404)
        expect(page.locator("[role=alert]:visible")).to_contain_text(words)
    visit.complaints.clear()  # Chromium reports each of them


def test_a_page_that_nobody_serves_any_more_says_so(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page)
    page.context.set_offline(True)
    expect(page.locator("#gone")).to_be_visible(timeout=15_000)
    page.context.set_offline(False)
    expect(page.locator("#gone")).to_be_hidden(timeout=15_000)
    visit.complaints.clear()


def test_a_phone_shows_all_of_it_without_sideways_scrolling(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page, size=PHONE)
    broken = key_at("broken", several.now - HOUR)
    for path in ("/", "/next", "/schedule?name=broken", f"/run?key={broken}"):
        page.goto(recorded_page.origin + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]


def test_without_scripts_pages_and_actions_work(
    several: Recorded, recorded_page: Served, visit: Visitor
) -> None:
    page = visit(recorded_page, "/schedule?name=fine", scripts=False)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("main")).to_contain_text("is recorded as skipped")
    page.get_by_label("Note").fill("a walk")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("main")).to_contain_text("fine: paused by")
    page.goto(recorded_page.origin + "/?q=fine")
    expect(page.locator("#live")).to_contain_text("a walk")


def test_the_keyboard_is_enough(several: Recorded, recorded_page: Served, visit: Visitor) -> None:
    page = visit(recorded_page, "/schedule?name=fine")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Note").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("fine: paused by")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#live .badge").first).to_have_text("paused")
