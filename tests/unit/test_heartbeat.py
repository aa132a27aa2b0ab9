"""Heartbeats, to servers of the tests' own, as healthchecks.io and Cronitor document them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from task_scheduler.config import Settings
from task_scheduler.errors import LedgerUnavailable, NoTargets
from task_scheduler.keeping.keeper import Keeper
from task_scheduler.notifications import heartbeat
from task_scheduler.notifications.heartbeat import Beat, ping, ping_url, run_uuid
from task_scheduler.notifications.run_digest import notify
from task_scheduler.notifications.targets import Monitor, choose, parse
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.claims import Claims, Overlap
from task_scheduler.runs.closing import close
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from tests.model.still import Still, still_ledger
from tests.unit.conftest import Context, Fire, Log, Queue

KEY = "nightly@2026-11-23T02:00:00Z"
RUN = RunId.of(KEY)
Point = Callable[..., None]


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def books(clock: Still) -> Ledger:
    return still_ledger(clock)


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Point:
    """Put addresses in the place of the parameter."""

    def point(text: str) -> None:
        monkeypatch.setenv("NOTIFY_SSM_PARAMETER", "/notify")
        monkeypatch.setattr(heartbeat, "read_addresses", lambda: parse(text))

    return point


def requests(server: HTTPServer) -> list[tuple[str, dict[str, str]]]:
    return [(request.path, dict(request.args)) for request, _ in server.log]


def beat(name: str, which: Beat, state: str = "running", seconds: float = 5.0) -> bool:
    return ping(name, KEY, which, state=state, seconds=seconds)


# -- forms -----------------------------------------------------------------------------------


def test_healthchecks_is_pinged_at_the_paths_that_it_documents(
    httpserver: HTTPServer, point: Point
) -> None:
    for path in ("/ping/abc/start", "/ping/abc", "/ping/abc/fail"):
        httpserver.expect_request(path).respond_with_data("OK")
    point(f"nightly=healthchecks+{httpserver.url_for('/ping/abc')}")
    assert all(beat("nightly", which) for which in Beat)
    assert {request.method for request, _ in httpserver.log} == {"GET"}
    made = requests(httpserver)
    assert [path for path, _ in made] == ["/ping/abc/start", "/ping/abc", "/ping/abc/fail"]
    [rid] = {query.pop("rid") for _, query in made}
    assert UUID(rid).version == 5
    assert not any(query for _, query in made)


def test_cronitor_is_told_the_states_that_it_documents(
    httpserver: HTTPServer, point: Point
) -> None:
    httpserver.expect_request("/p/key/nightly").respond_with_data("OK")
    point(f"nightly=cronitor+{httpserver.url_for('/p/key/nightly')}")
    for which, state in zip(Beat, ("running", "succeeded", "failed"), strict=True):
        assert beat("nightly", which, state)
    assert [query for _, query in requests(httpserver)] == [
        {"state": "run", "series": KEY, "message": "running"},
        {"state": "complete", "series": KEY, "message": "succeeded"},
        {"state": "fail", "series": KEY, "message": "failed"},
    ]


def test_runs_differ_in_their_ids_and_a_run_has_one() -> None:
    [address] = parse("a=https://hc-ping.com/key/slug?create=1")
    urls = [ping_url(address, run, Beat.START, "running") for run in ("s@1", "s@1", "s@2")]
    assert urls[0] == urls[1] != urls[2]
    assert urls[0].startswith("https://hc-ping.com/key/slug/start?create=1&rid=")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://hc-ping.com/key/MAX/?create=1&tag=",
            f"https://hc-ping.com/key/MAX/fail?create=1&tag=&rid={run_uuid(KEY)}",
        ),
        (
            "https://cronitor.link/p/key/name?host=a%20b&env=#part",
            "https://cronitor.link/p/key/name?host=a%20b&env="
            "&state=fail&series=nightly%402026-11-23T02%3A00%3A00Z&message=gave%20up",
        ),
    ],
)
def test_what_the_address_of_a_monitor_asks_for_itself_is_kept(url: str, expected: str) -> None:
    [address] = parse(f"a={url}")
    assert ping_url(address, KEY, Beat.FAIL, "gave up") == expected


@pytest.mark.parametrize(
    ("url", "monitor"),
    [
        ("https://hc-ping.com/abc", Monitor.HEALTHCHECKS),
        ("https://HC-ping.com/abc", Monitor.HEALTHCHECKS),
        ("https://cronitor.link/p/key/name", Monitor.CRONITOR),
        ("healthchecks+http://localhost:8000/ping/abc", Monitor.HEALTHCHECKS),
        ("Cronitor+https://eu.example/p/k/n", Monitor.CRONITOR),
        ("https://hc-ping.com.example/abc", None),
        ("https://hooks.slack.com/services/a/b/c", None),
        ("slack://a/b/c", None),
    ],
)
def test_a_monitor_is_known_by_its_address(url: str, monitor: Monitor | None) -> None:
    [address] = parse(f"a={url}")
    assert address.monitor is monitor


def test_no_message_goes_to_a_monitor() -> None:
    addresses = parse("team=slack://a/b/c\nnightly=https://hc-ping.com/abc")
    assert [address.name for address in choose(addresses, None)[0]] == ["team"]
    assert choose(addresses, ["nightly"]) == ([], ["nightly"])


# -- monitors that are down --------------------------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 404, 429, 500])
def test_a_monitor_that_refuses_is_in_the_log_by_name_and_asked_once(
    httpserver: HTTPServer, point: Point, log_text: Callable[[], str], status: int
) -> None:
    httpserver.expect_request("/secret").respond_with_data(
        "no", status, headers={"Location": "/elsewhere"}
    )
    point(f"nightly=healthchecks+{httpserver.url_for('/secret')}")
    assert not beat("nightly", Beat.SUCCESS)
    assert len(httpserver.log) == 1
    line = json.loads(log_text())
    facts = ("level", "message", "run", "heartbeat", "beat", "reason")
    assert [line[name] for name in facts] == [
        "WARNING", "heartbeat", KEY, "nightly", "success", f"HTTP {status}",
    ]  # fmt: skip
    assert "/secret" not in log_text()


def test_a_monitor_that_does_not_answer_delays_by_two_seconds_at_most(
    httpserver: HTTPServer, point: Point
) -> None:
    done = threading.Event()

    def hang(_: Request) -> Response:
        done.wait(30)
        return Response("late")

    httpserver.expect_request("/hang").respond_with_handler(hang)
    point(f"nightly=healthchecks+{httpserver.url_for('/hang')}")
    begun = time.monotonic()
    assert not beat("nightly", Beat.SUCCESS, seconds=60.0)
    assert time.monotonic() - begun < 4.0
    done.set()


def test_a_monitor_that_breaks_the_connection_is_asked_once(point: Point) -> None:
    asked: list[bytes] = []

    def break_off(server: socket.socket) -> None:
        with suppress(OSError):  # until the server is shut down
            while True:
                connection, _ = server.accept()
                with connection:
                    asked.append(connection.recv(1_000))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=break_off, args=[server])
        thread.start()
        point(f"nightly=healthchecks+http://127.0.0.1:{server.getsockname()[1]}/abc")
        assert not beat("nightly", Beat.SUCCESS)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(asked) == 1


def test_the_body_of_an_answer_is_not_waited_for(httpserver: HTTPServer, point: Point) -> None:
    done = threading.Event()

    def drip(_: Request) -> Response:
        def body() -> Iterator[bytes]:
            yield b"OK"
            done.wait(30)

        return Response(body())

    httpserver.expect_request("/drip").respond_with_handler(drip)
    point(f"nightly=healthchecks+{httpserver.url_for('/drip')}")
    assert beat("nightly", Beat.SUCCESS)
    done.set()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("other=https://hc-ping.com/abc", "no address of this name"),
        (
            "nightly=slack://a/b/c",
            "its address is not that of a monitor: "
            "must be healthchecks+https:// or cronitor+https://",
        ),
        ("nightly=healthchecks+http://127.0.0.1:9/abc", "NewConnectionError"),
    ],
)
def test_a_monitor_that_cannot_be_reached_fails_nothing(
    point: Point, log_lines: Log, text: str, reason: str
) -> None:
    point(text)
    assert not beat("nightly", Beat.START)
    assert [line["reason"] for line in log_lines()] == [reason]


def test_why_no_address_can_be_read_is_in_the_log(
    point: Point, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise NoTargets("SSM parameter /notify cannot be read: denied")

    point("")
    monkeypatch.setattr(heartbeat, "read_addresses", refuse)
    assert not beat("nightly", Beat.START)
    assert [line["reason"] for line in log_lines()] == [
        "SSM parameter /notify cannot be read: denied"
    ]


def test_addresses_that_take_too_long_to_read_are_not_waited_for(
    point: Point, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    point("")
    monkeypatch.setattr(heartbeat, "read_addresses", lambda: done.wait(5))
    assert not beat("nightly", Beat.START, seconds=0.1)
    done.set()
    assert [line["reason"] for line in log_lines()] == ["no answer within 0.1 s"]


# -- when ------------------------------------------------------------------------------------


@pytest.fixture
def beats(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The pings that are asked for: monitor, run, beat."""
    made: list[tuple[str, str, str]] = []

    def note(name: str, run: str, which: Beat, **_: object) -> bool:
        made.append((name, run, which.value))
        return True

    monkeypatch.setattr(heartbeat, "ping", note)
    return made


@pytest.mark.usefixtures("runs_dead_letter")
def test_a_run_pings_when_it_starts_and_once_however_often_it_is_delivered(
    queue: Queue, fire: Fire, beats: list[tuple[str, str, str]]
) -> None:
    for _ in range(2):
        fire(tasks=["one"], heartbeat="nightly")
    assert beats == [("nightly", "s@2026-11-23T02:00:00Z", "start")]
    assert len(queue.receive_all()) == 1


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_the_ping_at_the_start_may_take_a_tenth_of_the_time_that_is_left(
    fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(heartbeat, "ping", lambda *_, **options: made.append(options))
    fire(Context(8.0), tasks=["one"], heartbeat="nightly")
    assert made == [{"state": "running", "seconds": pytest.approx(0.8)}]


@pytest.mark.usefixtures("queue", "runs_dead_letter")
@pytest.mark.parametrize(
    "more",
    [
        {"skip_on": ["2026-11-23"]},
        {"number": 1, "only": 1},
        {"started_by": "anna"},
        {"cursor": {"line": 2, "offset": 0}, "tasks": ["one", "two"]},
    ],
)
def test_what_is_no_start_of_a_run_pings_nothing(
    fire: Fire, beats: list[tuple[str, str, str]], more: dict[str, Any]
) -> None:
    fire(**{"tasks": ["one"], "heartbeat": "nightly", **more})
    assert beats == []


@pytest.mark.usefixtures("runs_dead_letter")
def test_a_run_without_a_ledger_pings_too(
    queue: Queue,
    fire: Fire,
    beats: list[tuple[str, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise LedgerUnavailable("throttled")

    monkeypatch.setattr(Claims, "start", refuse)
    fire(tasks=["one"], heartbeat="nightly")
    assert [which for *_, which in beats] == ["start"]
    assert len(queue.receive_all()) == 1


def begin(books: Ledger, total: int = 2) -> None:
    claims = Claims(books, owner="a", lease_seconds=60)
    claims.start(RUN, {"heartbeat": "nightly"}, overlap=Overlap.ALLOW, event={})
    books.table.update(RUN.item, "SET #total = :total", {"total": total})


@pytest.mark.parametrize(
    ("counts", "state", "expected"),
    [
        (Counts(ended=2), None, "success"),
        (Counts(ended=2, failed=1), None, "fail"),
        (Counts(ended=1), RunState.INCOMPLETE, "fail"),
    ],
)
def test_a_run_pings_when_it_is_closed_and_keep_runs_does_not_again(
    books: Ledger,
    clock: Still,
    beats: list[tuple[str, str, str]],
    counts: Counts,
    state: RunState | None,
    expected: str,
) -> None:
    begin(books)
    closed = close(books, RUN, counts, closer="b", seconds=10, state=state)
    assert closed is not None
    assert beats == []
    notify(books, [closed], seconds=lambda: 10.0)
    assert beats == [("nightly", KEY, expected)]
    assert "due_at" not in books.table.get(RUN.item)
    clock.now += 600
    assert keeper(books).look(RUN) == "nothing"
    assert len(beats) == 1


def test_keep_runs_pings_for_a_function_that_died_before_it_did(
    books: Ledger, clock: Still, beats: list[tuple[str, str, str]]
) -> None:
    begin(books)
    assert close(books, RUN, Counts(ended=2), closer="b", seconds=10) is not None
    assert keeper(books).look(RUN) == "nothing"  # whoever closed it may be about to
    clock.now += 200
    assert keeper(books).look(RUN) == "notified"
    assert beats == [("nightly", KEY, "success")]
    assert "due_at" not in books.table.get(RUN.item)


def test_a_close_whose_answer_was_lost_is_pinged_by_whoever_made_it(books: Ledger) -> None:
    begin(books)
    first = close(books, RUN, Counts(ended=2), closer="b", seconds=10)
    again = close(books, RUN, Counts(ended=2), closer="b", seconds=10)
    assert first is not None
    assert again is not None
    assert close(books, RUN, Counts(ended=2), closer="c", seconds=10) is None


def keeper(books: Ledger) -> Keeper:
    environment = {"LEDGER_TABLE": "ledger", "SEND_TASK_FUNCTION": "send"}
    settings = Settings.from_environment(environment, None)
    return Keeper(books, settings, closer="keep", seconds=lambda: 60.0)


# -- requests --------------------------------------------------------------------------------


def test_a_monitor_is_asked_once_and_its_answer_is_not_read(
    point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Pool:
        def request(self, method: str, url: str, **options: Any) -> Any:
            asked.append((method, options))
            return SimpleNamespace(status=204, release_conn=lambda: None)

    monkeypatch.setattr(heartbeat, "_pool", Pool)
    point("nightly=healthchecks+https://hc.example/ping/abc")

    assert beat("nightly", Beat.START, seconds=1.5)
    assert beat("nightly", Beat.START, seconds=60.0)

    once = {"retries": False, "redirect": False, "preload_content": False}
    assert asked == [
        ("GET", {"timeout": 1.5, **once}),
        ("GET", {"timeout": heartbeat.MAX_SECONDS, **once}),
    ]


def test_a_monitor_that_redirects_has_not_taken_the_ping(
    httpserver: HTTPServer, point: Point, log_lines: Log
) -> None:
    httpserver.expect_request("/ping/abc/start").respond_with_data(
        status=302, headers={"Location": "/elsewhere"}
    )
    point(f"nightly=healthchecks+{httpserver.url_for('/ping/abc')}")

    assert not beat("nightly", Beat.START)

    assert [path for path, _ in requests(httpserver)] == ["/ping/abc/start"]
    assert [line["reason"] for line in log_lines()] == ["HTTP 302"]


def test_without_a_parameter_no_monitor_is_known(log_lines: Log) -> None:
    assert not beat("nightly", Beat.START)
    assert [line["reason"] for line in log_lines()] == [
        "there is no notify, whose parameter or secret has its address"
    ]
