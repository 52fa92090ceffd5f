"""Rejects and rework: each reject with its picture and what was expected and found."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("rejects", "/rejects", router)


@router.get("/rejects")
async def rejects(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
