"""Overview: the line as it stands on the floor, its counters and the commands that it takes now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from controller.web.entrance import let_in
from controller.web.frame import Page, TheFrame
from controller.web.plant import Asker

router = APIRouter(include_in_schema=False)
PAGE = Page("overview", "/", router)


@router.get("/")
async def overview(frame: TheFrame, by: Asker, token: Annotated[str | None, Query()] = None) -> Response:
    """The line at a glance; without the token the page that asks for it."""
    return let_in(frame, by, token) or frame.show(PAGE)
