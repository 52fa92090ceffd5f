"""The shift report: OEE, states, stops, throughput, rejects, alarms, trends; on the page, on paper, as a table."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("report", "/report", router)


@router.get("/report")
async def report(frame: TheFrame) -> HTMLResponse:
    """The page."""
    seals = [recipe.seal.temperature_tolerance_c for recipe in frame.plant.config.recipes.values()]
    return frame.show(PAGE, tolerance=min(seals))
