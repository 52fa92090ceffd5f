"""HTTP endpoints of a person's answers: where a parcel was found, a carrier, what a bag holds, an event sent again.

What fits now stands in the refusal's `allowed`; a refused answer is 409, of a thing that is not known 404.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from controller.flow.found import LONGEST_WHY, Found
from controller.web.people.roles import Action, needs
from controller.web.plant import Asker, ThePlant

answers = APIRouter(prefix="/api")
Number = Annotated[int, Path(ge=1)]


class Why(BaseModel):
    """:ivar why: how the person knows; never a citizen's name."""

    model_config = ConfigDict(extra="forbid")
    why: Annotated[str, Field(min_length=1, max_length=LONGEST_WHY)]


class WhereFound(Why):
    """Where a parcel, or what a carrier bore, was found."""

    found: Found


class Counted(Why):
    """What was counted in a bag."""

    parcels: Annotated[int, Field(ge=0, le=100_000)]


@answers.post("/items/{item}/answer")
@needs(Action.OPERATE)
async def answer_item(plant: ThePlant, by: Asker, item: Number, answer: WhereFound) -> dict[str, Any]:
    """Say where a parcel is that the line lost sight of, that it recalled, or that was lost."""
    return await plant.line.call("answer_item", item=item, found=answer.found.value, why=answer.why, by=by)


@answers.post("/carriers/{carrier}/answer")
@needs(Action.OPERATE)
async def answer_carrier(plant: ThePlant, by: Asker, carrier: Number, answer: WhereFound) -> dict[str, Any]:
    """Say what became of what a missing carrier bore. The carrier itself goes back to load, empty."""
    return await plant.line.call("answer_carrier", carrier=carrier, found=answer.found.value, why=answer.why, by=by)


@answers.post("/bags/{bag}/answer")
@needs(Action.OPERATE)
async def answer_bag(plant: ThePlant, by: Asker, bag: Number, answer: Counted) -> dict[str, Any]:
    """Say how many parcels were counted in a frozen bag, once each of its open items is answered for."""
    return await plant.line.call("answer_bag", bag=bag, parcels=answer.parcels, why=answer.why, by=by)


@answers.post("/events/{sequence}/send-again")
@needs(Action.OPERATE)
async def send_event_again(plant: ThePlant, by: Asker, sequence: Number, answer: Why) -> dict[str, Any]:
    """Send an event again that dispatch had refused, after it was settled there."""
    return await plant.line.call("send_event_again", sequence=sequence, why=answer.why, by=by)
