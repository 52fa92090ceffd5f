"""People: signing in and out, the own secret, and for supervisors the accounts."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame
from controller.web.people.roles import PERSONS

router = APIRouter(include_in_schema=False)
PAGE = Page("people", "/people", router)


@router.get("/people")
async def people(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE, roles=PERSONS)
