"""Guided recovery: each suspect carrier answered for before the line goes on."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("recovery", "/recovery", router)


@router.get("/recovery")
async def recovery(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
