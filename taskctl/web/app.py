"""The application: its addresses, and what is shown where something cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from taskctl import aws
from taskctl.errors import AwsUnavailable, TaskctlError
from taskctl.web.actions.table import ACTIONS
from taskctl.web.forms import form_of, query_of
from taskctl.web.pages.coming import coming
from taskctl.web.pages.dead_letters import dead_letters
from taskctl.web.pages.run import run
from taskctl.web.pages.schedule import schedule
from taskctl.web.pages.schedules import schedules
from taskctl.web.pages.task import task
from taskctl.web.render import render
from taskctl.web.security import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskctl.web.actions.question import Action
    from taskctl.web.known import Known
    from taskctl.web.security import Session

_ASSETS = Path(__file__).with_name("assets")
_CHANGED = {"HX-Trigger": "changed"}


def make_app(known: Known, session: Session) -> Starlette:
    """Return the application for a stack.

    Args:
        known: what is known of the stack.
        session: who may ask.
    """
    app = Starlette(
        routes=[
            *(Route(path, _page(read, template)) for path, (read, template) in _PAGES.items()),
            Route("/ask/{action}", _ask, methods=["GET", "POST"]),
            Route("/do/{action}", _do, methods=["POST"]),
            Mount("/assets", StaticFiles(directory=_ASSETS)),
        ],
        middleware=[Middleware(Guard, session=session)],
        exception_handlers={
            TaskctlError: _refused,
            HTTPException: _unknown,
            Exception: _broken,
        },
    )
    app.state.known = known
    return app


_PAGES: dict[str, tuple[Callable[..., dict[str, Any]], str]] = {
    "/": (schedules, "schedules"),
    "/schedule": (schedule, "schedule"),
    "/run": (run, "run"),
    "/task": (task, "task"),
    "/dead-letters": (dead_letters, "dead_letters"),
    "/next": (coming, "next"),
}
"""By address: reads what a page shows, and the name of its template."""

_PARTS = {
    "schedules": ("live",),
    "schedule": ("live", "history"),
    "run": ("live", "digest", "log"),
    "task": ("live", "log", "message"),
    "dead_letters": ("count", "list"),
    "next": ("live",),
}
"""The parts of each page, which have templates of their own and are read again by themselves."""


def _page(read: Callable[..., dict[str, Any]], template: str) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:
        part = request.query_params.get("part")
        if part is not None and part not in _PARTS[template]:
            raise HTTPException(404)
        form = query_of(request)
        with aws.explained():
            context = read(request.app.state.known, form, part)
        name = f"parts/{template}_{part}.html" if part else f"{template}.html"
        return HTMLResponse(render(name, _frame(request) | context))

    return show


async def _ask(request: Request) -> Response:
    """Show what an action will do; nothing is done."""
    action, form = _action(request), await form_of(request)
    known: Known = request.app.state.known
    question = await run_in_threadpool(_explained, action.ask, known, form)
    name = request.path_params["action"]
    return _dialog(request, "question", {"question": question, "action": name})


async def _do(request: Request) -> Response:
    """Do it."""
    action, form = _action(request), await form_of(request)
    known: Known = request.app.state.known
    answer = await run_in_threadpool(_explained, action.do, known, form)
    known.forget()
    return _dialog(request, "answer", {"answer": answer}, headers=_CHANGED)


def _explained(do: Callable[..., Any], *arguments: object) -> Any:
    with aws.explained():
        return do(*arguments)


def _action(request: Request) -> Action:
    action = ACTIONS.get(request.path_params["action"])
    if action is None:
        raise HTTPException(404)
    return action


def _dialog(
    request: Request,
    name: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with what is shown in the dialog, or on a page where there are no scripts."""
    template = f"parts/{name}.html" if _is_script(request) else "dialog.html"
    context = _frame(request) | context | {"dialog": f"parts/{name}.html"}
    return HTMLResponse(render(template, context), status, headers)


def _is_script(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _frame(request: Request) -> dict[str, Any]:
    """Return what every page has."""
    known: Known = request.app.state.known
    url = request.url.include_query_params()
    return {
        "prefix": known.stack.prefix,
        "path": request.url.path,
        "part_address": lambda part: _relative(url.include_query_params(part=part)),
    }


def _relative(url: Any) -> str:
    return f"{url.path}?{url.query}"


def _refused(request: Request, error: Exception) -> Response:
    """Show why something cannot be had, and try again where that may help."""
    status = 503 if isinstance(error, AwsUnavailable) else 400
    return _problem(request, str(error), status)


def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _problem(request, "There is no such page.", status)


def _broken(request: Request, error: Exception) -> Response:
    if type(error).__name__ == "ClientError":
        return _problem(request, f"AWS refuses it: {error}", 502)
    return _problem(request, f"taskctl failed: {type(error).__name__}: {error}", 500)


def _problem(request: Request, reason: str, status: int) -> Response:
    context = {"reason": reason, "part": request.query_params.get("part")}
    if request.url.path.startswith(("/ask/", "/do/")):
        return _dialog(request, "refusal", context, status=status)
    template = "parts/error.html" if context["part"] and _is_script(request) else "error.html"
    return HTMLResponse(render(template, _frame(request) | context), status)
