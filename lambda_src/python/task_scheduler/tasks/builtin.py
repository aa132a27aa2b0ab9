"""Built-in tasks: a heartbeat (`ping`) and an HTTP request (`http`).

They are there without being registered; a function of the task folder by the same name is
preferred.
"""

from __future__ import annotations

from typing import Any

from task_scheduler.errors import RequestRefused, Retry
from task_scheduler.tasks.headers import Headers, read_headers
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.retry_after import retry_after
from task_scheduler.tasks.web_request import Answer, WebRequest, fetch

MAX_BYTES = 64 * 1024

MAX_SECONDS = 900.0
"""No function of Lambda runs for longer."""

_WORTH_ANOTHER_TRY = (408, 425, 429)
"""Of the answers 4xx, those that say so: RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4."""


def ping(url: str, timeout: float = 10, headers: Headers = "") -> None:
    """Send a heartbeat to a monitor (healthchecks.io, Cronitor, Dead Man's Snitch ...).

    Args:
        url: the monitor's address; asked for by GET.
        timeout: seconds for the whole of it.
        headers: as of http.

    Raises:
        RequestRefused: the answer is a 3xx or 4xx that another try would not change.
        Retry: the answer is another error; after the time that it asks for, if it does.
        OSError: there is no answer.
    """
    http(url, timeout=timeout, headers=headers)


def http(
    url: str,
    method: str = "GET",
    body: str | None = None,
    content_type: str = "application/json",
    timeout: float = 10,
    max_bytes: int = MAX_BYTES,
    headers: Headers = "",
) -> dict[str, Any]:
    """Make a request.

    Args:
        url: http:// or https://.
        method: such as GET or POST.
        body: what is sent.
        content_type: the type of the body.
        timeout: seconds for the whole of it, redirects included.
        max_bytes: the most bytes of the answer's body; more than that is refused.
        headers: lines such as "Authorization: Bearer {secret:API_TOKEN}", or an object. What
            stands in braces is the value of a secret, by its key in the variable `secrets`. They
            are not sent on to another host that the answer redirects to.

    Returns:
        status, and the answer's body as a text.

    Raises:
        RequestRefused: the URL is not http or https or is that of Lambda's own runtime, the time is
            not above 0, the answer is too large, or it is a 3xx or 4xx that another try would not
            change.
        Retry: the answer is another error; after the time that it asks for, if it does.
        InvalidHeaders: the headers are malformed.
        UnknownSecret, SecretUnavailable: a secret that they name cannot be had.
        OSError: there is no answer.
    """
    if not timeout > 0:  # NaN is not, either
        raise RequestRefused(f"timeout is {timeout:g}: must be a number of seconds above 0")
    own = {"User-Agent": "task-scheduler", "Accept-Encoding": "identity"}
    if body is not None:
        own["Content-Type"] = content_type
    given = read_headers(headers)
    request = WebRequest(
        url=url,
        method=method.upper(),
        body=None if body is None else body.encode(),
        headers={name: own[name] for name in own if name.lower() not in map(str.lower, given)},
        private_headers=given,
        max_bytes=max_bytes,
    )
    answer = fetch(request, timeout=min(timeout, MAX_SECONDS))
    if answer.status >= 300:
        raise _refusal(answer)
    return {"status": answer.status, "body": answer.text}


def _refusal(answer: Answer) -> Exception:
    reason = f"{answer.host} answers {answer.status}"
    if answer.status < 500 and answer.status not in _WORTH_ANOTHER_TRY:
        return RequestRefused(reason)
    return Retry(reason, after=retry_after(answer.retry_after))


BUILTIN_TASKS = {task.name: task for task in (Task("ping", ping), Task("http", http))}
