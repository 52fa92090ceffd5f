"""The alarms: what stands, what to do about it, what was."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("alarms", "/alarms", router)


@router.get("/alarms")
async def alarms(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
