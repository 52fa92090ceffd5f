"""Rejects and rework: each reject with its picture, what was expected and found; spoiled parts and their remakes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from controller.clock import SystemClock
from controller.exits import Reason
from controller.journal.reject_reading import Pareto, Remake, VoidLabel, labels_to_destroy, pareto, remakes
from controller.web.frame import Page, TheFrame
from controller.web.people.roles import Action, needs
from controller.web.plant import Asker, ThePlant, TheVisitor

router = APIRouter()
PAGE = Page("rejects", "/rejects", router)


class SpoilReason(StrEnum):
    """Why a part can't be used any more."""

    SCRATCHED = "scratched"
    BENT = "bent"
    MISPRINTED = "misprinted"
    TORN = "torn"
    DIRTY = "dirty"
    OTHER = "other"


class Spoiled(BaseModel):
    """A part that can't be used any more.

    :ivar code: its bar code.
    :ivar witness: badge or account name of who saw it destroyed, another than who says so; empty: it is kept locked up
        and destroyed later. :ivar witness_secret: the witness' own, where the badge alone does not do.
    """

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(min_length=1, max_length=200)]
    reason: SpoilReason
    witness: Annotated[str, Field(max_length=200)] = ""
    witness_secret: Annotated[str, Field(max_length=200)] = ""


@router.get("/rejects", include_in_schema=False)
async def rejects(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE, reasons=list(Reason), spoil_reasons=list(SpoilReason))


@router.get("/api/rejects/pareto")
async def reasons(plant: ThePlant, hours: Annotated[int, Query(ge=1, le=24 * 31)] = 8) -> Pareto:
    """The rejects of the last hours by reason."""
    now = SystemClock().now()
    return await plant.records.read(lambda journal: pareto(journal, hours, now))


@router.get("/api/remakes")
async def asked_again(plant: ThePlant) -> list[Remake]:
    """Parts that upstream was asked to make again, newest first."""
    return await plant.records.read(remakes)


class DestroyedLabel(BaseModel):
    """The mail number of a label that has been destroyed, as it was scanned from it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    number: Annotated[str, Field(pattern=r"^[A-Z0-9]{8,40}$")]


@router.get("/api/labels/to-destroy")
@needs(Action.TRACE)
async def to_destroy(plant: ThePlant) -> list[VoidLabel]:
    """Labels of void mail numbers among the last rejects that nobody has told destroyed yet, newest first."""
    return await plant.records.read(labels_to_destroy)


@router.post("/api/labels/destroyed")
async def destroyed(plant: ThePlant, visitor: TheVisitor, label: DestroyedLabel) -> dict[str, Any]:
    """Say that a label was destroyed. 409: its number is not void, so the label must not be; or it was told before."""
    return await plant.line.call("label_destroyed", number=label.number, by=visitor.name)


@router.post("/api/parts/spoil")
async def spoil(plant: ThePlant, by: Asker, spoiled: Spoiled) -> dict[str, Any]:
    """Note a part as spoiled and ask upstream for another. Its destruction needs a second person."""
    witness = await _present(plant, spoiled) if spoiled.witness else ""
    return await plant.line.call(
        "spoil_part", code=spoiled.code.strip(), reason=spoiled.reason.value, witness=witness, by=by
    )


async def _present(plant: ThePlant, spoiled: Spoiled) -> str:
    """The witness proves to stand there as for a sign-in; it leaves no session."""
    signed = await plant.reception.sign_in(spoiled.witness.strip(), spoiled.witness_secret)
    await plant.reception.sign_out(signed.token)
    return signed.person.name
