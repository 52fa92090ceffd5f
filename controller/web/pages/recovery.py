"""Guided recovery: each suspect carrier answered for before the line goes on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from controller.journal.owner import Owner, owner_of
from controller.masking import mask
from controller.web.frame import Page, TheFrame
from controller.web.people.roles import Action, needs
from controller.web.plant import Asker, ThePlant
from controller.web.refusals import Refusal

router = APIRouter()
PAGE = Page("recovery", "/recovery", router)


class SeenUntouched(BaseModel):
    """:ivar carrier: the number that the person read on the carrier."""

    model_config = ConfigDict(extra="forbid")
    carrier: Annotated[int, Field(ge=1, le=65535)]


@router.get("/recovery", include_in_schema=False)
async def recovery(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE)


@router.post("/api/suspects/{item}/answer")
async def answer(plant: ThePlant, by: Asker, item: Annotated[int, Path(ge=1)], seen: SeenUntouched) -> dict[str, Any]:
    """Say that a suspect's carrier stands where the line believes it, untouched: the line may take it to reject."""
    return await plant.line.call("answer_suspect", item=item, carrier=seen.carrier, by=by)


@router.get("/api/owner")
@needs(Action.TRACE)
async def owner(plant: ThePlant, code: Annotated[str, Query(min_length=1, max_length=200)]) -> Owner:
    """Whose a scanned code is: of a part, a waybill or an order."""
    found = await plant.records.read(lambda journal: owner_of(journal, code.strip()))
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_code", code=mask(code))
    return found
