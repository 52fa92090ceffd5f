"""The technician's pages: devices with their links, a PLC's registers, what a camera sees, moving by hand."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from controller.journal.judged import Judged, last_judged
from controller.web.frame import Page, TheFrame
from controller.web.people.roles import Action, needs
from controller.web.plant import Asker, ThePlant
from controller.web.texts import Language

router = APIRouter()
PAGE = Page("technician", "/technician", router)
Device = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,40}$", description="Its name in the configuration.")]
MotionName = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,60}$", description="As `GET /api/manual` names it.")]


class Turn(BaseModel):
    """The mode to turn to."""

    model_config = ConfigDict(extra="forbid")
    mode: Literal["manual", "production"]


@router.get("/technician", include_in_schema=False)
async def technician(frame: TheFrame) -> HTMLResponse:
    """The page."""
    zh = frame.language is Language.ZH
    known = frame.plant.config.names().known
    return frame.show(PAGE, names={key: each.zh if zh else each.en for key, each in known.items()})


@router.get("/api/devices")
async def devices(plant: ThePlant) -> dict[str, Any]:
    """Each device: its link, what happened on it, its health by NAMUR NE 107."""
    return await plant.line.call("devices")


@router.get("/api/devices/{device}/registers")
async def registers(plant: ThePlant, device: Device) -> dict[str, Any]:
    """A PLC's status image by name and unit, as the contract lays it out."""
    return await plant.line.call("registers", device=device)


@router.get("/api/devices/{device}/picture.jpg", response_class=Response)
@needs(Action.SERVICE)
async def picture(plant: ThePlant, device: Device) -> Response:
    """What a camera sees now; 409 while the line needs it, and at most every two seconds."""
    seen = await plant.line.call("look_through", device=device)
    return Response(base64.b64decode(seen["jpeg"]), media_type="image/jpeg")


@router.get("/api/devices/{device}/judged")
async def judged(plant: ThePlant, device: Device) -> Judged | None:
    """The camera's last judged picture, with the checks that were made on it."""
    return await plant.records.read(lambda journal: last_judged(journal, device))


@router.post("/api/devices/{device}/print-trend")
@needs(Action.SERVICE)
async def begin_print_trend(plant: ThePlant, by: Asker, device: Device) -> dict[str, Any]:
    """Say that labels, print head or camera lamp were changed: later labels are compared with the next ones."""
    return await plant.line.call("begin_print_trend", camera=device, by=by)


@router.get("/api/manual")
async def manual(plant: ThePlant) -> dict[str, Any]:
    """The mode; every motion that can be made by hand, with what forbids it now; how the last ones ended."""
    return await plant.line.call("manual")


@router.post("/api/manual/mode")
@needs(Action.SERVICE)
async def turn_mode(plant: ThePlant, by: Asker, turn: Turn) -> dict[str, Any]:
    """Turn to Manual, in a wait state, or back. Both make everything that is on the line suspect."""
    return await plant.line.call("turn_mode", mode=turn.mode, by=by)


@router.post("/api/manual/motions/{motion}")
@needs(Action.SERVICE)
async def move_by_hand(plant: ThePlant, by: Asker, motion: MotionName) -> dict[str, Any]:
    """Make one motion by hand, once, and tell how it ended; 409 says what forbids it."""
    return await plant.line.call("move_by_hand", motion=motion, by=by)
