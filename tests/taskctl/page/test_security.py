"""Access to the page, and attacks by other pages."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser
from pytest_httpserver import HTTPServer

from taskctl.runs.pauses import read_pauses
from taskctl.web import security
from tests.taskctl.ledger import Recorded
from tests.taskctl.page.conftest import Served, Visitor

Answer = tuple[int, Mapping[str, str], str]


@pytest.fixture
def served(recorded: Recorded, recorded_page: Served) -> Served:
    recorded.add_schedule("nightly")
    return recorded_page


def ask(
    served: Served,
    path: str = "/",
    *,
    method: str = "GET",
    body: str | None = None,
    host: str | None = None,
    cookie: bool = True,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request that no browser would mend."""
    session = served.session
    connection = http.client.HTTPConnection("127.0.0.1", session.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host or f"127.0.0.1:{session.port}")
    if cookie:
        connection.putheader("Cookie", f"{session.cookie}={session.secret}")
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    read = answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return answer.status, read[1], read[0]


def is_paused(served: Served) -> bool:
    return bool(read_pauses(served.known.reader.schedule_items()))


def test_without_the_token_nobody_gets_in(served: Served) -> None:
    for path in ("/", "/run?key=a", "/assets/ui.js", "/?token=", f"/?token={'A' * 43}"):
        assert ask(served, path, cookie=False)[0] == 403
    status, headers, _ = ask(served, f"/?token={served.session.token}", cookie=False)
    assert status == 200
    cookie = headers["set-cookie"]
    assert served.session.secret in cookie
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.lower().split("; "))
    assert served.session.token not in cookie
    assert ask(served)[0] == 200


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1", "evil.test:{port}", "[::1]:{port}"])
def test_a_host_that_is_not_ours_is_refused(served: Served, host: str) -> None:
    """A name that somebody points at this machine would make their page one of ours."""
    own = host.format(port=served.session.port)
    assert ask(served, host=own)[0] == 421
    assert ask(served, f"/?token={served.session.token}", host=own, cookie=False)[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_an_action_must_come_from_a_page_of_ours(served: Served, headers: dict[str, str]) -> None:
    own = {name: value.format(port=served.session.port) for name, value in headers.items()}
    assert ask(served, "/do/pause", method="POST", body="schedule=nightly", headers=own)[0] == 403
    assert not is_paused(served)


def test_an_action_of_our_own_page_is_done(served: Served) -> None:
    own = {"Origin": f"http://127.0.0.1:{served.session.port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(served, "/do/pause", method="POST", body="schedule=nightly", headers=own)[0] == 200
    assert is_paused(served)


@pytest.mark.parametrize("action", ["run", "pause", "redrive", "discard", "cancel", "retry"])
def test_nothing_is_done_by_get(served: Served, action: str) -> None:
    assert ask(served, f"/do/{action}?schedule=nightly&id=1&run=nightly")[0] == 405
    assert not is_paused(served)


def test_words_of_an_action_do_nothing(served: Served) -> None:
    assert ask(served, "/ask/pause?schedule=nightly")[0] == 200
    assert not is_paused(served)


def test_each_answer_has_the_content_policy(served: Served) -> None:
    for path in ("/", "/nothing", "/assets/ui.css", "/ask/pause?schedule=nightly", "/run?key=x"):
        for cookie in (True, False):
            _, headers, _ = ask(served, path, cookie=cookie)
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"


def test_a_form_of_any_size_is_not_read(served: Served) -> None:
    own = {"Origin": f"http://127.0.0.1:{served.session.port}"}
    body = "schedule=nightly&note=" + "x" * 100_000
    assert ask(served, "/do/pause", method="POST", body=body, headers=own)[0] == 400
    assert not is_paused(served)


def test_files_outside_the_assets_are_not_served(served: Served) -> None:
    for path in ("/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd"):
        assert ask(served, path)[0] == 404


def test_only_this_machine_is_listened_to() -> None:
    from taskctl.web.server import listen

    with listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_the_token_is_in_no_page(served: Served, visit: Visitor) -> None:
    page = visit(served)
    assert served.session.token not in page.content()
    assert served.session.secret not in page.content()
    assert page.evaluate("document.cookie") == ""
    assert served.session.token not in repr(served.session)


def test_a_page_of_somebody_else_can_do_nothing(
    served: Served, visit: Visitor, httpserver: HTTPServer
) -> None:
    """It is on another port of this machine, which browsers take for the same site."""
    origin = served.origin
    httpserver.expect_request("/evil").respond_with_data(
        f"""<!doctype html><title>evil</title>
        <iframe name="frame" src="{origin}/"></iframe>
        <form method="post" target="frame" action="{origin}/do/pause">
        <input name="schedule" value="nightly"></form>
        <img src="{origin}/assets/icon.svg"><script src="{origin}/assets/ui.js"></script>
        <script>
        const refused = () => "refused";
        document.forms[0].submit();
        window.results = Promise.all([
          fetch("{origin}/").then((r) => r.text()).catch(refused),
          fetch("{origin}/do/pause", {{method: "POST", credentials: "include",
            body: new URLSearchParams({{schedule: "nightly"}})}})
            .then((r) => r.text()).catch(refused),
          fetch("{origin}/do/pause", {{method: "POST", credentials: "include", mode: "no-cors",
            body: new URLSearchParams({{schedule: "nightly"}})}})
            .then((r) => r.type).catch(refused),
        ]);
        </script>""",
        content_type="text/html",
    )
    page = visit(served)
    evil = page.context.new_page()
    evil.goto(httpserver.url_for("/evil"))
    assert evil.evaluate("window.results") == ["refused", "refused", "refused"]
    evil.wait_for_load_state("networkidle")
    frame = evil.frame("frame")
    assert frame is not None
    assert "Schedules" not in frame.content()
    assert not is_paused(served)


def test_a_name_that_points_here_shows_nothing(served: Served, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"http://evil.test:{served.session.port}/?token={served.session.token}")
    assert answer is not None
    assert answer.status == 421
    context.close()


def test_a_session_has_a_secret_of_its_own() -> None:
    one, two = security.Session(port=1), security.Session(port=1)
    assert len({one.token, one.secret, two.token, two.secret}) == 4
    assert not one.has_token(b"token=" + two.token.encode())
    assert not one.is_open_to([f"taskctl-1={two.secret}", "taskctl-1=é", "a=b; ;=", ""])
    assert one.is_open_to(["a=b", f"x=y; taskctl-1={one.secret}"])
