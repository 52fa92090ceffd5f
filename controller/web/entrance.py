"""The way in: the token asked once, the language, the catalogue that the scripts speak from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from controller.web.admission import KEY_COOKIE, browser_key, same
from controller.web.frame import LANGUAGE_COOKIE, Frame
from controller.web.plant import ThePlant
from controller.web.texts import CATALOGUES, Language

YEAR_S = 365 * 86400
entrance = APIRouter(include_in_schema=False)


def let_in(frame: Frame, by: str, token: str | None) -> Response | None:
    """Take the token of an opened link, or ask for it. None: who asks is let in already."""
    if token is not None and same(token.strip(), frame.plant.token):
        return _remembered(frame)
    if not by:
        return frame.show_bare("token.html", HTTPStatus.UNAUTHORIZED, wrong=token is not None)
    return None


@entrance.get("/language/{language}")
async def speak(language: Language, to: Annotated[str, Query(pattern=r"^/[a-z-]*$")] = "/") -> Response:
    """Switch the pages' language and come back to the page `to`."""
    answer = RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER)
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="strict")
    return answer


@entrance.get("/texts/{language}.json")
async def texts(plant: ThePlant, language: Language) -> dict[str, str]:
    """The catalogue that the scripts speak from, with the names of this line's products, devices and zones."""
    zh, config = language is Language.ZH, plant.config
    products = {f"product.{key}": each.title_zh if zh else each.title for key, each in config.recipes.items()}
    names = {f"name.{key}": each.zh if zh else each.en for key, each in config.names().known.items()}
    return {**CATALOGUES[language], **products, **names}


@entrance.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """Browsers ask for it by themselves."""
    return RedirectResponse(str(request.url_for("static", path="icon.svg").path), status_code=HTTPStatus.SEE_OTHER)


def _remembered(frame: Frame) -> Response:
    """Let this browser in from now on, and take the token out of its address line."""
    answer = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    key = browser_key(frame.plant.token)
    answer.set_cookie(KEY_COOKIE, key, max_age=YEAR_S, httponly=True, samesite="strict")
    return answer
