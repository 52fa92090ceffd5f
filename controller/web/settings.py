"""The API of recipes and settings: what is in use, its versions, proposals and approvals."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from controller.plan.settings import Setting, settings_of
from controller.plan.settings_book import Version, versions
from controller.web.people.roles import Action, needs
from controller.web.plant import ThePlant, TheVisitor

settings_api = APIRouter(prefix="/api/settings")
Why = Annotated[str, Field(min_length=3, max_length=200)]
Number = Annotated[int, Path(ge=1)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Proposal(_Form):
    """Paths and their new values; null: back to what `line.toml` says."""

    changes: Annotated[
        dict[Annotated[str, Field(max_length=120)], Annotated[float, Field(allow_inf_nan=False)] | None],
        Field(min_length=1, max_length=500),
    ]
    why: Why


class Because(_Form):
    """Why."""

    why: Why


class SettingsView(BaseModel):
    """:ivar plant: every number as `line.toml` has it, with its bounds; :ivar versions: overlays, newest first."""

    plant: list[Setting]
    versions: list[Version]


@settings_api.get("")
@needs(Action.WATCH)
async def settings(plant: ThePlant) -> SettingsView:
    """What may be changed, as the plant's file has it, and every version that lies or lay over it."""
    return SettingsView(plant=settings_of(plant.config.recipes), versions=await plant.records.read(versions))


@settings_api.post("")
@needs(Action.PROPOSE)
async def propose(plant: ThePlant, visitor: TheVisitor, form: Proposal) -> dict[str, Any]:
    """Propose changes to what is in use, with a reason. Another person has to approve them."""
    return await plant.line.call("propose_settings", changes=dict(form.changes), why=form.why, by=visitor.name)


@settings_api.post("/{version}/approve")
@needs(Action.APPROVE)
async def approve(plant: ThePlant, visitor: TheVisitor, version: Number) -> dict[str, Any]:
    """Approve what another has proposed. It takes effect at the next line clearance."""
    return await plant.line.call("approve_settings", version=version, by=visitor.name)


@settings_api.post("/{version}/withdraw")
@needs(Action.PROPOSE)
async def withdraw(plant: ThePlant, visitor: TheVisitor, version: Number, form: Because) -> dict[str, Any]:
    """Take back a version that is not effective yet."""
    return await plant.line.call("withdraw_settings", version=version, why=form.why, by=visitor.name)
