"""Measure `taskctl ui`: `python -m tools.page_measure`, with Chromium on PATH.

100 schedules with 90 days of runs, 20 of them hourly, in the emulator's table. What DynamoDB is
asked is counted; how long an answer of it takes is the emulator's affair.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from task_scheduler_local import LocalError
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT
from taskctl.stack import ledger_table
from taskctl.stack.stack import Stack
from taskctl.web.app import make_app
from taskctl.web.known import Known
from taskctl.web.server import serving
from tests.taskctl.ledger import Recorded
from tools.page_sample import Sample, fill
from tools.page_story import make_functions

_DAYS = 90
_SAMPLES = [
    Sample(name=f"hourly-{number:02}", expression="rate(1 hour)", every=3_600)
    if number < 20
    else Sample(name=f"daily-{number:02}", expression="cron(30 2 * * ? *)", offset=5_400)
    for number in range(100)
]
_PAINT = """new Promise((done) => {
  const look = () => {
    const [entry] = performance.getEntriesByName("first-contentful-paint");
    entry ? done(entry.startTime) : setTimeout(look, 5);
  };
  look();
})"""
_VIEWS = {
    "schedules": "/",
    "schedule, hourly": "/schedule?name=hourly-07",
    "schedule, daily": "/schedule?name=daily-77",
    "next 24 hours": "/next",
    "dead letters": "/dead-letters",
}


def main() -> None:
    """Print what each view takes, what it reads, and the memory."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise LocalError("Chromium is not on PATH (Debian: apt-get install chromium)")
    with Emulator() as emulator:
        recorded = Recorded(emulator, prefix="jobs")
        runs = fill(recorded, _SAMPLES, _DAYS)
        make_functions(recorded)
        os.environ |= recorded.aws
        _print(f"{len(_SAMPLES)} schedules, {_DAYS} days, {runs:,} runs")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            _measure_views(browser.new_page())
            _measure_command(browser.new_page())
            browser.close()


def _measure_views(page: Page) -> None:
    """Measure each view in this process, where requests of AWS can be counted."""
    asked: Counter[str] = Counter()

    def count(parsed: Any, model: Any, **_: Any) -> None:
        asked[model.name] += 1
        asked["items"] += len(parsed.get("Items", ())) + ("Item" in parsed)

    ledger_table.client().meta.events.register("after-call.dynamodb", count)
    known = Known(Stack("jobs"))
    took = []
    for _ in range(20):
        began = time.perf_counter()
        known.reader.last_runs("daily-77", 3)
        took.append(time.perf_counter() - began)
    _print(f"a query for three runs takes the emulator {1_000 * median(took):.0f} ms")
    known.warm_up()
    with serving(lambda session: make_app(known, session)) as session:
        page.goto(session.address)
        page.wait_for_load_state("networkidle")
        for name, path in _VIEWS.items():
            asked.clear()
            page.goto(f"http://127.0.0.1:{session.port}{path}")
            paint = page.evaluate(_PAINT)
            page.locator("[aria-busy=true]").first.wait_for(state="detached", timeout=60_000)
            whole = page.evaluate("performance.now()")
            _print(f"{name:18} first paint {paint:5.0f} ms, whole {whole:5.0f} ms, {dict(asked)}")


def _measure_command(page: Page) -> None:
    """Measure the command from its start, and its memory."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'lambda_src' / 'python'}"}
    began = time.monotonic()
    command = [sys.executable, "-m", "taskctl", "ui", "--prefix", "jobs", "--no-browser"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        _print(f"address printed after {time.monotonic() - began:.2f} s")
        page.goto(address)
        page.wait_for_url("**/")
        paint = page.evaluate(_PAINT)
        _print(f"first page of a new process: first paint {paint:.0f} ms after it was asked for")
        page.locator("tbody tr").nth(99).wait_for(timeout=60_000)
        _print(f"all 100 schedules are shown {time.monotonic() - began:.2f} s after the start")
        page.goto(address.partition("?")[0] + "schedule?name=hourly-07")
        page.locator("[aria-busy=true]").first.wait_for(state="detached", timeout=60_000)
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = {
            line.split(":")[0]: int(line.split()[1]) // 1_024
            for line in status.splitlines()
            if line.startswith(("VmRSS", "VmHWM"))
        }
        _print(f"memory in MiB, now and at most: {memory}")
        process.terminate()


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
