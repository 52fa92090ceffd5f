"""How the API says no: one shape for every refusal, in both languages, whoever refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from controller.desk.channel import ChannelRefused, LineUnreachable
from controller.web.texts import text
from controller.words.text import Text

_log = structlog.get_logger()
_RETRY = {"Retry-After": "2"}
_QUOTED = re.compile(r"'([^']*)'")
"""Each choice in pydantic's "'start', 'hold' or 'stop'"."""


class Refusal(Exception):
    """The web process itself refuses. :param values: fill the names in the text `refusal.<code>`."""

    def __init__(self, status: HTTPStatus, code: str, /, **values: object) -> None:
        self.status = status
        self.code = code
        self.text = text(f"refusal.{code}", **values)
        super().__init__(self.text.en)


def refusal_body(code: str, says: Text, allowed: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON of every refusal."""
    return {"error": {"code": code, "en": says.en, "zh": says.zh, "allowed": list(allowed)}}


def refuse(app: FastAPI) -> None:
    """Give the app an answer to each way in which a request can fail."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(ChannelRefused, _channel_refused)
    app.add_exception_handler(LineUnreachable, _line_unreachable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return _answer(error.status, error.code, error.text)


async def _channel_refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ChannelRefused)
    status = HTTPStatus.NOT_FOUND if error.code.startswith("unknown_") else HTTPStatus.CONFLICT
    return _answer(status, error.code, error.text, error.allowed)


async def _line_unreachable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LineUnreachable)
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "line_unreachable", error.text, headers=_RETRY)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if isinstance(first.get("input"), bytes):  # a body of another type is handed on as it came
        found = request.headers.get("content-type", "none")
        return _answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", text("refusal.not_json", found=found))
    where = ".".join(str(part) for part in first["loc"])
    says = text("refusal.invalid", where=where, what=first["msg"])
    allowed = _QUOTED.findall(str(first.get("ctx", {}).get("expected", "")))
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", says, allowed)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    says = text("refusal.http", status=error.status_code, what=error.detail)
    return _answer(HTTPStatus(error.status_code), "http", says, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("web_request_failed", path=request.url.path, cause=repr(error))
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", text("refusal.failed"))


def _answer(
    status: HTTPStatus, code: str, says: Text, allowed: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(refusal_body(code, says, allowed), status_code=status, headers=headers)
