"""Access control: this machine, through an address with a token, from pages of our own.

Other users of the machine, other servers on it, and every page on the web can reach a port on
loopback. So a request needs the session's cookie, which only the token gives; its Host must be
ours (a name that an attacker points at 127.0.0.1 is not); and what changes something must say
that it comes from a page of ours.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"  # noqa: S105  # the name of the parameter
_READING = ("GET", "HEAD")
_OWN = ("same-origin", "none")
"""Of Sec-Fetch-Site: by a page of ours, or by the user."""

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # with no-referrer browsers would send forms from the origin "null"
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# The cookie is for requests of our own pages alone: a redirect that another page began would not
# have it, a refresh that this one begins does.
_WELCOME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>taskctl</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<meta http-equiv="refresh" content="0; url=/"><p><a href="/">Open the page</a></p></html>"""
_NO_SESSION = "Open the address that `taskctl ui` printed: it has the token that this page needs.\n"


@dataclass(frozen=True)
class Session:
    """The credentials that a browser must present.

    Attributes:
        port: the port that is listened on.
        token: is in the address at the start.
        secret: is in the cookie.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie: cookies do not tell ports apart."""
        return f"taskctl-{self.port}"

    @property
    def address(self) -> str:
        """The address that lets a browser in."""
        return f"http://127.0.0.1:{self.port}/?{TOKEN}={self.token}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The values of Host that are ours."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def has_token(self, query: bytes) -> bool:
        """Return True if a query string has the token."""
        given = parse_qs(query.decode("latin-1")).get(TOKEN, [""])[-1]
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_open_to(self, cookies: Iterable[str]) -> bool:
        """Return True if one of the Cookie headers has the session's."""
        for header in cookies:
            try:
                morsel = SimpleCookie(header).get(self.cookie)
            except CookieError:
                continue
            if morsel and hmac.compare_digest(morsel.value.encode(), self.secret.encode()):
                return True
        return False


class Guard:
    """Lets in what belongs to a session, and adds the headers that browsers guard a page by."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self._app = app
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that does not get to the page."""
        headers, session = Headers(scope=scope), self._session
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or host not in session.hosts:
            return PlainTextResponse(f"Host must be {session.hosts[0]}\n", 421)
        reads = scope["method"] in _READING
        if not reads and headers.get("origin") != f"http://{host}":
            return PlainTextResponse("Origin must be that of this page\n", 403)
        if reads and scope["path"] == "/" and session.has_token(scope["query_string"]):
            return self._welcome()
        if headers.get("sec-fetch-site", "none") not in _OWN:
            return PlainTextResponse("This page is not for other pages\n", 403)
        if not session.is_open_to(headers.getlist("cookie")):
            return PlainTextResponse(_NO_SESSION, 403)
        return None

    def _welcome(self) -> Response:
        response = HTMLResponse(_WELCOME)
        response.set_cookie(
            self._session.cookie, self._session.secret, httponly=True, samesite="strict", path="/"
        )
        return response
