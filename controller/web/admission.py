"""Who may talk to the web process, and how: host, origin, token, size; and the headers of every answer.

One ASGI layer around the whole application, so that no page or endpoint can be forgotten. A browser is let in by
opening `/?token=…` once: it gets a key made from the token, never the token itself, and may watch. Who does more signs
in; which role may what is asked by `people.permits`. Hold is let through for everybody at this machine, always.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.web.people.reception import Reception
from controller.web.people.sessions import Session
from controller.web.people.visitor import (
    ANYBODY,
    BROWSER,
    MACHINE,
    UNSIGNED_NAME,
    Visitor,
    person_visits,
    program_visits,
)
from controller.web.rates import STRANGERS, VISITORS, Rate, Rates
from controller.web.refusals import Refusal, refusal_body
from controller.web.share import Share

KEY_COOKIE = "sealline_key"
SESSION_COOKIE = "sealline_session"
HOLD = ("POST", "/api/commands/hold")
OWN_HEADER = "x-sealline"
"""Our page sends it with each POST; a foreign page can't without being asked about first, and is then refused."""
BODY_LIMIT = 4 * 1024 * 1024
BODY_S = 10.0
_LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
_SAFE_METHODS = ("GET", "HEAD")
_OPEN_PATHS = ("/", "/health")
"""The page at `/` asks for the token itself, in words."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def browser_key(token: str) -> str:
    """What a browser's cookie holds instead of the token."""
    return hmac.new(token.encode(), b"sealline browser key", hashlib.sha256).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


class _AskAtTheDoor(Exception):
    """A person's browser came to an inner page without the key: the page at `/` asks for the token."""


class Admission:
    """The layer. `scope["state"]["visitor"]` tells the endpoints who asks, `["by"]` how the journal names that one."""

    def __init__(self, app: ASGIApp, token: str, reception: Reception, share: Share, names: Sequence[str] = ()) -> None:
        self._app = app
        self._token = token
        self._key = browser_key(token)
        self._reception = reception
        self._names = tuple(names)
        self._rates = Rates()
        self._share = share

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with a refusal."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        protected = _with_headers(send, str(scope["path"]))
        try:
            await self._admit(scope)
            replay = await _whole_body(scope, receive)
        except _AskAtTheDoor:
            await RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)(scope, receive, protected)
            return
        except Refusal as refusal:
            await _answer(refusal)(scope, receive, protected)
            return
        await self._app(scope, replay, protected)

    async def _admit(self, scope: Scope) -> None:
        holds = (scope["method"], scope["path"]) == HOLD
        if not holds:
            await self._share.turn()
        headers = Headers(scope=scope)
        host = _known_host(headers, self._names)
        _same_origin(headers, host, navigates=scope["path"] == "/" and scope["method"] in _SAFE_METHODS)
        visitor = await self._who(headers, holds=holds)
        state = scope.setdefault("state", {})
        state |= {"visitor": visitor, "by": visitor.name, "behind_tls": host.name in self._names}
        if holds and not visitor.name:
            state["by"] = UNSIGNED_NAME
        if not visitor.name and not holds and not is_open(scope["path"]):
            if _navigates(scope, headers):
                raise _AskAtTheDoor
            raise Refusal(HTTPStatus.UNAUTHORIZED, "token_needed")
        if scope["method"] not in _SAFE_METHODS and visitor.is_browser and OWN_HEADER not in headers:
            raise Refusal(HTTPStatus.FORBIDDEN, "own_header_needed")
        if not holds and visitor.name:
            self._count(visitor.name, VISITORS)

    async def _who(self, headers: Headers, *, holds: bool) -> Visitor:
        """Who asks. Whoever holds the line is let do it, whatever else is wrong."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if same(given.strip(), self._token):
                return MACHINE
            if holds:
                return ANYBODY
            self._count("", STRANGERS)
            program = await self._reception.program(given.strip())
            if program is None:
                raise Refusal(HTTPStatus.UNAUTHORIZED, "token_wrong")
            return program_visits(program)
        token = _cookie(headers, SESSION_COOKIE)
        session = await self._signed_in(token, holds=holds) if token else None
        if session is not None:
            if OWN_HEADER in headers or "text/html" in headers.get("accept", ""):
                self._reception.sessions.use(session)  # a person did it; a feed that only goes on is nobody's deed
            return person_visits(session.person, self._reception.sessions.left_s(session))
        if same(_cookie(headers, KEY_COOKIE), self._key):
            return BROWSER
        if not holds:
            self._count("", STRANGERS)
        return ANYBODY

    async def _signed_in(self, token: str, *, holds: bool) -> Session | None:
        try:
            return await self._reception.session(token)
        except Refusal:
            if holds:  # the book of people can't be read: the line is held all the same
                return None
            raise

    def _count(self, who: str, rate: Rate) -> None:
        wait = self._rates.wait_s(who, rate)
        if wait:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_fast", seconds=max(1, round(wait)))


@dataclass(frozen=True, slots=True)
class _Host:
    """Under which name and port a browser sees this page."""

    name: str
    found: str
    scheme: str


def _known_host(headers: Headers, names: Sequence[str]) -> _Host:
    """Return the Host that was asked for. A name that is not this line's own is a rebound foreign page's."""
    hosts = headers.getlist("host")
    found = hosts[0] if len(hosts) == 1 else ""
    try:
        name = urlsplit(f"//{found}").hostname
    except ValueError:
        name = None
    if name in _LOCAL_NAMES:
        return _Host(name or "", found, "http")
    if name in names:
        return _Host(name or "", found, "https")
    allowed = ", ".join([*_LOCAL_NAMES, *names])
    raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, "host", found=found, allowed=allowed)


def _same_origin(headers: Headers, host: _Host, *, navigates: bool) -> None:
    """Refuse what another page asks for, except a link that leads to our page."""
    origin, own = headers.get("origin"), f"{host.scheme}://{host.found}"
    if origin is not None and origin != own:
        raise Refusal(HTTPStatus.FORBIDDEN, "origin", found=origin, allowed=own)
    site = headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") and not navigates:
        raise Refusal(HTTPStatus.FORBIDDEN, "origin", found=site, allowed="same-origin")


def _cookie(headers: Headers, name: str) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _navigates(scope: Scope, headers: Headers) -> bool:
    """Whether a person's browser opens a page, and no program or script asks."""
    return scope["method"] in _SAFE_METHODS and "text/html" in headers.get("accept", "")


def is_open(path: str) -> bool:
    """Whether anybody at this machine may ask for it: it tells nothing of the line."""
    return path in _OPEN_PATHS or path.startswith(("/static/", "/language/"))


async def _whole_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body up to the limit before anybody works on it, and hand it on as one piece."""
    headers = Headers(scope=scope)
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > BODY_LIMIT:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_long", found=declared, allowed=BODY_LIMIT)
    if declared == "0" and "transfer-encoding" not in headers:
        return receive
    try:
        async with asyncio.timeout(BODY_S):
            body = await _collect(receive)
    except TimeoutError as error:
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "body_too_slow", allowed=BODY_S) from error
    return _replay(body, receive)


async def _collect(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_long", found=len(body), allowed=BODY_LIMIT)
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _with_headers(send: Send, path: str) -> Send:
    kept = "no-cache" if path.startswith("/static/") else "no-store"

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update({**SECURITY_HEADERS, "Cache-Control": kept})
        await send(message)

    return protected


def _answer(refusal: Refusal) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status is HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(refusal_body(refusal.code, refusal.text), status_code=refusal.status, headers=headers)
