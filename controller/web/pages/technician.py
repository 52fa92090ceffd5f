"""The technician's pages: each device with its link and state."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("technician", "/technician", router)


@router.get("/technician")
async def technician(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)
