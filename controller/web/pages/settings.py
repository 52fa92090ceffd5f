"""Recipes and settings: versions side by side, proposals and approvals."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("settings", "/settings", router)


@router.get("/settings")
async def settings(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
