"""The operator's page: one server-made frame in the chosen language, kept live by its own script."""

from __future__ import annotations

from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from controller.web.admission import KEY_COOKIE, browser_key, same
from controller.web.plant import Asker, Plant, ThePlant
from controller.web.texts import CATALOGUES, Language

STATIC = files(__package__).joinpath("static")
LANGUAGE_COOKIE = "sealline_language"
YEAR_S = 365 * 86400
page = APIRouter(include_in_schema=False)
_templates = Environment(
    loader=PackageLoader("controller.web"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Chosen = Annotated[str, Cookie(alias=LANGUAGE_COOKIE)]


@page.get("/")
async def overview(
    plant: ThePlant, by: Asker, token: Annotated[str | None, Query()] = None, chosen: Chosen = ""
) -> Response:
    """The line at a glance; without the token the page that asks for it."""
    if token is not None and same(token.strip(), plant.token):
        return _remembered(plant)
    if not by:
        status = HTTPStatus.UNAUTHORIZED
        return HTMLResponse(_render("token.html", plant, chosen, wrong=token is not None), status_code=status)
    return HTMLResponse(_render("overview.html", plant, chosen))


@page.get("/language/{language}")
async def speak(language: Language) -> Response:
    """Switch the page's language and come back to it."""
    answer = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="strict")
    return answer


@page.get("/texts/{language}.json")
async def texts(plant: ThePlant, language: Language) -> dict[str, str]:
    """The catalogue that the page's script speaks from, with the names of this line's products."""
    zh = language is Language.ZH
    products = {f"product.{key}": each.title_zh if zh else each.title for key, each in plant.config.recipes.items()}
    return {**CATALOGUES[language], **products}


@page.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """Browsers ask for it by themselves."""
    return RedirectResponse(str(request.url_for("static", path="icon.svg").path), status_code=HTTPStatus.SEE_OTHER)


def _remembered(plant: Plant) -> Response:
    """Let this browser in from now on, and take the token out of its address line."""
    answer = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    answer.set_cookie(KEY_COOKIE, browser_key(plant.token), max_age=YEAR_S, httponly=True, samesite="strict")
    return answer


def _render(template: str, plant: Plant, chosen: str, **values: Any) -> str:
    language = Language(chosen) if chosen in tuple(Language) else Language(plant.config.line.language)
    words = CATALOGUES[language]
    return _templates.get_template(template).render(
        language=language.value, t=words.__getitem__, config=plant.config, **values
    )
