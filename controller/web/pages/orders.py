"""Orders: what is due, the pick list, batches with line clearance, mail bags with manifests."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from controller.orders.work_orders import OrderState
from controller.web.frame import Page, TheFrame

router = APIRouter(include_in_schema=False)
PAGE = Page("orders", "/orders", router)


@router.get("/orders")
async def orders(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE, states=OrderState)
