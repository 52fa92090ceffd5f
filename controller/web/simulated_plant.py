"""The fault panel's way to a simulated plant: one JSON request a connection over its control port.

The product knows no simulator: what can be tried is what the far end offers by name. Where `line.toml` names no
control port there is no such plant, and no panel.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from controller.web.people.roles import Action, needs
from controller.web.plant import Plant, ThePlant
from controller.web.refusals import Refusal
from devices.links.address import TcpLink, parse_link

DEADLINE_S = 3.0
LONGEST_ANSWER = 1 << 20
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
Order = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9-]*$")]


class Taken(BaseModel):
    """An offer of the plant to take up, or a standing one to take back."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    place: Name
    on: bool = True


class Planned(BaseModel):
    """A fault to plan for an order's next attempt. :ivar other: the second order, for kinds that need one."""

    model_config = ConfigDict(extra="forbid")
    kind: Name
    kit: Annotated[Order, Field(min_length=1)]
    attempt: Annotated[int, Field(ge=1, le=100)] = 1
    other: Order = ""


simulation_api = APIRouter(prefix="/api/simulation")


def _control(plant: ThePlant) -> TcpLink:
    """Where the plant is commanded. :raises Refusal: the plant is none that is simulated."""
    return control_of(plant)


def control_of(plant: Plant) -> TcpLink:
    """As `line.toml` names it. :raises Refusal: it names none."""
    section = plant.config.simulation
    if section is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "not_simulated")
    link = parse_link(section.control)
    assert isinstance(link, TcpLink)  # the configuration demands it
    return link


Control = Annotated[TcpLink, Depends(_control)]


@simulation_api.get("")
@needs(Action.SERVICE)
async def offered(control: Control) -> dict[str, Any]:
    """What can be made to go wrong, what stands, what is planned for orders and what has struck."""
    return await ask_plant(control, {"do": "offers"})


@simulation_api.post("/offers")
@needs(Action.SERVICE)
async def take(control: Control, taken: Taken) -> dict[str, Any]:
    """Let something go wrong, or put it right again."""
    return await ask_plant(control, {"do": "take", **taken.model_dump()})


@simulation_api.post("/faults")
@needs(Action.SERVICE)
async def plan(control: Control, planned: Planned) -> dict[str, Any]:
    """Plan a fault for an order: it strikes when that order comes to where it can."""
    return await ask_plant(control, {"do": "fault", **planned.model_dump()})


async def ask_plant(control: TcpLink, request: dict[str, Any]) -> dict[str, Any]:
    """One request, one answer. :raises Refusal: the plant does not answer, or not so."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection(control.host, control.port, limit=LONGEST_ANSWER)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                told = json.loads(await reader.readline())
            finally:
                writer.close()
    except (OSError, ValueError, TimeoutError) as error:
        where = f"{control.host}:{control.port}"
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "plant_silent", where=where) from error
    if not isinstance(told, dict) or not told.pop("ok", False):
        why = told.get("error", "") if isinstance(told, dict) else ""
        raise Refusal(HTTPStatus.CONFLICT, "plant_refused", why=why)
    return told
