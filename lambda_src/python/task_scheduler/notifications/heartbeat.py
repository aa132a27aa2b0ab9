"""Heartbeats: pings of a monitor when a run starts and ends.

https://healthchecks.io/docs/http_api/, "Pinging API": URL/start, URL and URL/fail, with ?rid=UUID
to tell runs apart. https://cronitor.io/docs/telemetry-api: ?state=run, complete or fail, with
&series=.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

from task_scheduler import config
from task_scheduler.errors import NoTargets
from task_scheduler.notifications.log_suppression import suppressed_logging
from task_scheduler.notifications.targets import Address, Monitor, read_addresses
from task_scheduler.observability.log import logger
from task_scheduler.runs.identity import RunState
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    import urllib3

MAX_SECONDS = 2.0
"""No run waits longer than this for a monitor, at its start or at its end."""


class Beat(StrEnum):
    """The state of a run, for its monitor."""

    START = "start"
    SUCCESS = "success"
    FAIL = "fail"

    @classmethod
    def of(cls, state: str) -> Beat:
        """Return what a monitor is told of a run that was closed in a state."""
        return cls.SUCCESS if state == RunState.SUCCEEDED else cls.FAIL


_PATHS = {Beat.START: "/start", Beat.SUCCESS: "", Beat.FAIL: "/fail"}
_STATES = {Beat.START: "run", Beat.SUCCESS: "complete", Beat.FAIL: "fail"}


def ping(name: str, run: str, beat: Beat, *, state: str, seconds: float) -> bool:
    """Ping the monitor of a run once; what fails is logged, without its address, and not raised.

    Args:
        name: the name of the monitor, in the parameter or the secret of `notify`.
        run: the run's key.
        beat: where it stands.
        state: the same in the ledger's words, for people who look at the monitor.
        seconds: the seconds that there are for it; at most MAX_SECONDS are taken.

    Returns:
        Whether the monitor took it.
    """
    seconds = min(seconds, MAX_SECONDS)
    try:
        reason = call_with_timeout(seconds, lambda: _ping(name, run, beat, state, seconds))
    except TimeoutError:
        reason = f"no answer within {seconds:.1f} s"
    except Exception as error:
        # the texts of other errors may hold the address
        reason = str(error) if isinstance(error, NoTargets) else type(error).__name__
    if reason is not None:
        extra = {"run": run, "heartbeat": name, "beat": beat.value, "reason": reason}
        logger.warning("heartbeat", extra=extra)
    return reason is None


def ping_url(address: Address, run: str, beat: Beat, state: str) -> str:
    """Return the URL that a monitor is pinged at, in its service's documented form."""
    parts = urlsplit(address.monitor_url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    path = parts.path.rstrip("/")
    if address.monitor is Monitor.CRONITOR:
        given += [("state", _STATES[beat]), ("series", run), ("message", state)]
    else:
        path += _PATHS[beat]
        given += [("rid", str(run_uuid(run)))]
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(given, quote_via=quote), ""))


def run_uuid(run: str) -> object:
    """Return the UUID of a run, the same each time that it is asked for."""
    return uuid5(NAMESPACE_URL, f"task-scheduler:{run}")


def _ping(name: str, run: str, beat: Beat, state: str, seconds: float) -> str | None:
    """Ping once; return why it failed."""
    if not config.load().notifies:
        return "there is no notify, whose parameter or secret has its address"
    address = next((each for each in read_addresses() if each.name == name), None)
    if address is None:
        return "no address of this name"
    if address.monitor is None:
        return "its address is not that of a monitor: must be healthchecks+https:// or cronitor+https://"
    with suppressed_logging():
        answer = _pool().request(
            "GET",
            ping_url(address, run, beat, state),
            timeout=seconds,
            retries=False,
            redirect=False,
            preload_content=False,
        )
    status = answer.status
    answer.release_conn()
    return None if 200 <= status < 300 else f"HTTP {status}"


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    import urllib3  # most schedules have no monitor

    return urllib3.PoolManager()
