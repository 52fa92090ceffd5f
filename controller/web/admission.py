"""Who may talk to the web process, and how: host, origin, token, size; and the headers of every answer.

One ASGI layer around the whole application, so that no page or endpoint can be forgotten. Until accounts exist there
is one token. A browser gets a key made from it (the token itself never lies in a browser) by opening `/?token=…` once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.web.refusals import Refusal, refusal_body

KEY_COOKIE = "sealline_key"
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
    """The layer. `scope["state"]["by"]` tells the endpoints who asks: `api`, `page`, or empty for nobody yet."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token
        self._key = browser_key(token)

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
            self._admit(scope)
            replay = await _whole_body(scope, receive)
        except _AskAtTheDoor:
            await RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)(scope, receive, protected)
            return
        except Refusal as refusal:
            await _answer(refusal)(scope, receive, protected)
            return
        await self._app(scope, replay, protected)

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = _local_host(headers)
        _same_origin(headers, host, navigates=scope["path"] == "/" and scope["method"] in _SAFE_METHODS)
        by = self._who(headers)
        scope.setdefault("state", {})["by"] = by
        if not by and not _is_open(scope["path"]):
            if _navigates(scope, headers):
                raise _AskAtTheDoor
            raise Refusal(HTTPStatus.UNAUTHORIZED, "token_needed")
        if scope["method"] not in _SAFE_METHODS and by == "page" and OWN_HEADER not in headers:
            raise Refusal(HTTPStatus.FORBIDDEN, "own_header_needed")

    def _who(self, headers: Headers) -> str:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if not same(given.strip(), self._token):
                raise Refusal(HTTPStatus.UNAUTHORIZED, "token_wrong")
            return "api"
        return "page" if same(_cookie(headers, KEY_COOKIE), self._key) else ""


def _local_host(headers: Headers) -> str:
    """Return the Host that was asked for. A name that is not this machine's own is a rebound foreign page's."""
    hosts = headers.getlist("host")
    found = hosts[0] if len(hosts) == 1 else ""
    try:
        name = urlsplit(f"//{found}").hostname
    except ValueError:
        name = None
    if name not in _LOCAL_NAMES:
        raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, "host", found=found, allowed=", ".join(_LOCAL_NAMES))
    return found


def _same_origin(headers: Headers, host: str, *, navigates: bool) -> None:
    """Refuse what another page asks for, except a link that leads to our page."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        raise Refusal(HTTPStatus.FORBIDDEN, "origin", found=origin, allowed=f"http://{host}")
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


def _is_open(path: str) -> bool:
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
