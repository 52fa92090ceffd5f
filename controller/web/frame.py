"""The frame of every page: its language, its navigation, the state of the line, the message, Hold.

A page is one module in `pages/` with a `Page` and a router, one template `pages/<name>.html`, one script and one style
sheet `static/pages/<name>.*`, and a part of the catalogue. None of them knows another page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from controller.web.plant import Plant, ThePlant
from controller.web.texts import CATALOGUES, Language

STATIC = files(__package__).joinpath("static")
LANGUAGE_COOKIE = "sealline_language"
_templates = Environment(
    loader=PackageLoader("controller.web"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the navigation. Its title is the text `nav.<name>`, its sign the shape `nav-<name>`."""

    name: str
    path: str
    router: APIRouter


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page is shown in, made for each request."""

    plant: Plant
    pages: Sequence[Page]
    language: Language

    def show(self, page: Page, **values: Any) -> HTMLResponse:
        """The page in its frame. :param values: what its template names beside `config`, `language` and `t`."""
        return HTMLResponse(self._render(f"pages/{page.name}.html", page=page, pages=self.pages, **values))

    def show_bare(self, template: str, status: HTTPStatus, **values: Any) -> HTMLResponse:
        """A page without the frame: for who is not let in yet."""
        return HTMLResponse(self._render(template, **values), status_code=status)

    def _render(self, template: str, **values: Any) -> str:
        words = CATALOGUES[self.language]
        return _templates.get_template(template).render(
            language=self.language.value, t=words.__getitem__, config=self.plant.config, **values
        )


def _frame(request: Request, plant: ThePlant) -> Frame:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    language = Language(chosen) if chosen in tuple(Language) else Language(plant.config.line.language)
    return Frame(plant, request.app.state.pages, language)


TheFrame = Annotated[Frame, Depends(_frame)]
