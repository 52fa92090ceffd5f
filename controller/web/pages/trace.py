"""Trace: a parcel's whole story, from any of its numbers."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("trace", "/trace", router)


@router.get("/trace")
async def trace(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
