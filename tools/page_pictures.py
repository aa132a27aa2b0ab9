"""`make page-pictures`: pictures of the page, from a sample ledger, in a real Chromium.

Each view, light and dark, wide and on a phone, in docs/pictures/page. Names of views may be given,
for those alone.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from task_scheduler_local import LocalError
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT
from taskctl.stack.stack import Stack
from taskctl.web.app import make_app
from taskctl.web.known import Known
from taskctl.web.security import Session
from taskctl.web.server import serving
from tests.taskctl.ledger import Recorded
from tools.page_sample import Sample, fill
from tools.page_story import tell

PICTURES = ROOT / "docs" / "pictures" / "page"
_SIZES = {"wide": (1200, 800), "phone": (390, 844)}
_HIGHEST = 1_500
"""Pixels of a picture."""
_DAYS = 90
_SAMPLES = [
    Sample(name="invoices", expression="cron(0 6 1 * ? *)", every=30 * 86_400, tasks=240,
           seconds=900, streak=1),
    Sample(name="nightly-report", expression="cron(30 2 * * ? *)", offset=5_400, seconds=310,
           streak=3,
           input={"tasks": ["sales", "stock", "returns"], "args": {"format": "pdf"}}),
    Sample(name="sync-customers", expression="rate(1 hour)", every=3_600, seconds=40, tasks=800),
    Sample(name="warehouse-export", expression="cron(0 */6 * * ? *)", every=21_600, seconds=1_500),
    Sample(name="heartbeat", expression="rate(15 minutes)", every=900, seconds=2, tasks=1,
           failing=0.004),
    Sample(name="backup-check", expression="cron(0 5 ? * SUN *)", every=7 * 86_400, tasks=4),
    Sample(name="price-list", expression="cron(0 8 ? * MON-FRI *)", offset=46_800,
           timezone="America/New_York"),
    Sample(name="clean-up", expression="cron(15 3 * * ? *)", offset=65_700,
           timezone="Asia/Tokyo", seconds=70),
]  # fmt: skip


def main() -> None:
    """Take the pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise LocalError("Chromium is not on PATH (Debian: apt-get install chromium)")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Emulator() as emulator:
        recorded = Recorded(emulator, prefix="jobs")
        fill(recorded, _SAMPLES, _DAYS)
        views = _views(tell(recorded))
        os.environ |= recorded.aws
        with _page(Known(Stack("jobs"))) as session, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"]
            )
            _take(browser, session, {name: views[name] for name in sys.argv[1:] or views})
            browser.close()


@contextmanager
def _page(known: Known) -> Iterator[Session]:
    for cached in (known.schedules, known.costs, known.running):
        cached.get()
    with serving(lambda session: make_app(known, session)) as session:
        yield session


def _views(key: str) -> dict[str, str]:
    return {
        "schedules": "/",
        "schedule": "/schedule?name=nightly-report",
        "run": f"/run?key={key}",
        "task": f"/task?key={key}&position=3",
        "dead-letters": "/dead-letters",
        "next": "/next",
        "action": "/schedule?name=nightly-report",
    }


def _take(browser: Browser, session: Session, views: dict[str, str]) -> None:
    for size, (width, height) in _SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(session.address)
            page.wait_for_url("**/")
            page.goto("about:blank")
            coder = context.new_page()
            for name, path in views.items():
                taken = _picture(page, session, name, path)
                (PICTURES / f"{name}-{size}-{scheme}.webp").write_bytes(_webp(coder, taken))
            context.close()


def _picture(page: Page, session: Session, name: str, path: str) -> bytes:
    page.goto(f"http://127.0.0.1:{session.port}{path}")
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    if path == "/":
        expect(page.locator("tr.need-running")).to_have_count(1, timeout=60_000)
    if name == "action":
        page.get_by_role("button", name="Run now").click()
        page.get_by_role("dialog").wait_for()
        return page.screenshot()
    height = page.evaluate("document.documentElement.scrollHeight")
    width = page.evaluate("document.documentElement.clientWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, _HIGHEST)}
    return page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]


_ENCODE = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const blob = await canvas.convertToBlob({type: "image/webp", quality: 0.8});
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def _webp(page: Page, png: bytes) -> bytes:
    """Turn a picture into WebP, a fifth of its size, by the browser that is there."""
    return base64.b64decode(page.evaluate(_ENCODE, base64.b64encode(png).decode()))


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
