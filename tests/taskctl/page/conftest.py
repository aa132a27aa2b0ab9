"""The page in a real Chromium, over a stack of the emulator."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from task_scheduler_local.leftovers import client
from taskctl import aws
from taskctl.stack import ledger_table
from taskctl.stack.stack import Stack
from taskctl.web.app import make_app
from taskctl.web.known import Known
from taskctl.web.security import Session
from taskctl.web.server import serving
from tests.taskctl.conftest import Applied
from tests.taskctl.ledger import Recorded

WIDE = (1280, 900)
PHONE = (375, 740)
REQUIRED = "BROWSER_TESTS"


def find_chromium() -> str:
    """Return Chromium's path; skip the test where there is none, or fail where there must be."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    reason = "no Chromium is on PATH (Debian: apt-get install chromium): the page is not tested"
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for a file alone: while Playwright runs, its event loop runs in this thread."""
    path = find_chromium()
    # evil.test is a name that an attacker points at this machine
    resolve = "--host-resolver-rules=MAP evil.test 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", resolve]
        )
        yield browser
        browser.close()


@dataclass
class Served:
    """A page that is served.

    Attributes:
        known: what it shows.
        session: who may ask.
    """

    known: Known
    session: Session

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.session.port}"


Serve = Callable[[str, Mapping[str, str]], Served]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve the page over a stack, while the test lasts."""

    def forget() -> None:
        aws.client.cache_clear()
        ledger_table.client.cache_clear()

    with ExitStack() as served:

        def start(prefix: str, environment: Mapping[str, str]) -> Served:
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            forget()
            known = Known(Stack(prefix))
            session = served.enter_context(serving(lambda one: make_app(known, one)))
            return Served(known, session)

        yield start
    forget()


@pytest.fixture
def recorded_page(recorded: Recorded, serve: Serve) -> Served:
    """The page over a stack that has a ledger, dead-letter queues, and nothing that runs."""
    for queue in ("tasks", "runs"):
        client("sqs", recorded.aws).create_queue(QueueName=f"{recorded.prefix}-{queue}-dead-letter")
    return serve(recorded.prefix, recorded.aws)


@pytest.fixture
def applied_page(applied: Applied, serve: Serve) -> Served:
    """The page over a stack that runs."""
    return serve("operated", applied.aws)


@dataclass
class Visitor:
    """Opens pages, and takes note of what must not happen on them.

    Attributes:
        browser: that opens them.
        complaints: errors of scripts, refusals of the content policy, requests to elsewhere.
    """

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        served: Served,
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        dark: bool = False,
        scripts: bool = True,
    ) -> Page:
        """Come in by the address with the token, and open a page."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", lambda one: self._requested(one.url, served.origin))
        page.goto(served.session.address)
        page.wait_for_url(f"{served.origin}/")
        if path != "/":
            page.goto(served.origin + path)
        return page

    def _console(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        if getattr(message, "type", "") == "error":
            self.complaints.append(f"console: {text} at {getattr(message, 'location', '')}")

    def _requested(self, url: str, origin: str) -> None:
        if not url.startswith((origin + "/", "data:")):
            self.complaints.append(f"request: {url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Open pages; at the end nothing must have gone wrong on them."""
    visitor = Visitor(browser)
    yield visitor
    visitor.close()
    assert visitor.complaints == []
