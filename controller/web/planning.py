"""The API of planning: backlog and cut-offs, priorities, batches, mail bags with manifests, voided numbers."""

from __future__ import annotations

from datetime import UTC
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from controller.clock import SystemClock
from controller.dispatch.manifests import BagLine, Manifest, bags, manifest
from controller.journal.planning import Backlog, backlog
from controller.orders.batches import Batch, batches
from controller.web.api import Acceptance
from controller.web.csv_file import csv_file
from controller.web.papers.printing import pdf_file, printed
from controller.web.people.roles import Action, needs
from controller.web.plant import Plant, ThePlant, TheVisitor
from controller.web.refusals import Refusal
from controller.web.texts import Language

planning_api = APIRouter(prefix="/api")
Why = Annotated[str, Field(min_length=3, max_length=200)]
BagNumber = Annotated[int, Path(ge=1)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class NewPriority(_Form):
    """0 is called first, 9 last."""

    priority: Annotated[int, Field(ge=0, le=9)]
    why: Why


class NewBatch(_Form):
    """Which waiting orders are packed by themselves; what is left out is not asked about."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    product: Annotated[str, Field(max_length=40)] = ""
    route: Annotated[str, Field(max_length=40)] = ""
    due_before: AwareDatetime | None = None


class Because(_Form):
    """Why."""

    why: Why


@planning_api.get("/backlog")
@needs(Action.WATCH)
async def what_is_open(plant: ThePlant) -> Backlog:
    """What is not packed yet, by product and route; late, due today, and before the next collections."""
    now = SystemClock().now().astimezone()
    return await plant.records.read(lambda journal: backlog(journal, now, plant.config.dispatch.cut_offs))


@planning_api.post("/orders/{acceptance}/priority")
@needs(Action.PLAN)
async def prefer(plant: ThePlant, visitor: TheVisitor, acceptance: Acceptance, form: NewPriority) -> dict[str, Any]:
    """Let a waiting order be called sooner or later."""
    return await plant.line.call(
        "set_priority", acceptance=acceptance, priority=form.priority, why=form.why, by=visitor.name
    )


@planning_api.get("/batches")
@needs(Action.WATCH)
async def list_batches(plant: ThePlant) -> list[Batch]:
    """Batches, newest first, each with its account: ordered = packed + spoiled + open."""
    return await plant.records.read(batches)


@planning_api.post("/batches")
@needs(Action.PLAN)
async def begin_batch(plant: ThePlant, visitor: TheVisitor, form: NewBatch) -> dict[str, Any]:
    """Line clearance: from now on only the orders of this batch are called. 409: the line is not clear."""
    due = form.due_before.astimezone(UTC).isoformat() if form.due_before else ""
    chosen = {"name": form.name, "product": form.product, "route": form.route, "due_before": due}
    return await plant.line.call("open_batch", by=visitor.name, **chosen)


@planning_api.post("/batches/close")
@needs(Action.PLAN)
async def end_batch(plant: ThePlant, visitor: TheVisitor, form: Because) -> dict[str, Any]:
    """Line clearance: close the batch with its account. 409: the line is not clear."""
    return await plant.line.call("close_batch", why=form.why, by=visitor.name)


@planning_api.get("/bags")
@needs(Action.WATCH)
async def list_bags(plant: ThePlant) -> list[BagLine]:
    """Mail bags, newest first."""
    return await plant.records.read(bags)


@planning_api.post("/bags/close")
@needs(Action.OPERATE)
async def close_bag(plant: ThePlant, visitor: TheVisitor) -> dict[str, Any]:
    """Close the bag under the chute; the next one is hung."""
    return await plant.line.call("close_bag", by=visitor.name)


@planning_api.get("/bags/{bag}/manifest")
@needs(Action.FOLLOW)
async def what_it_holds(plant: ThePlant, bag: BagNumber) -> Manifest:
    """What a bag holds."""
    return await _manifest(plant, bag)


@planning_api.get("/bags/{bag}/manifest.csv", response_class=Response)
@needs(Action.FOLLOW)
async def manifest_csv(plant: ThePlant, bag: BagNumber) -> Response:
    """The manifest for an office's spreadsheet."""
    held = await _manifest(plant, bag)
    rows = [(each.mail_number, each.acceptance, each.item, each.packed_at) for each in held.parcels]
    return csv_file(f"{plant.config.line.id}-bag-{bag}", ("mail_number", "acceptance", "item", "packed_at"), rows)


@planning_api.get("/bags/{bag}/manifest.pdf", response_class=Response)
@needs(Action.FOLLOW)
async def manifest_pdf(
    plant: ThePlant, bag: BagNumber, language: Annotated[Language, Query()] = Language.ZH
) -> Response:
    """The manifest on paper, with places for two signatures."""
    held = await _manifest(plant, bag)

    def pages() -> bytes:
        from controller.web.papers.manifest import print_manifest

        return print_manifest(held, plant.config, language)

    return pdf_file(f"{plant.config.line.id}-bag-{bag}", await printed(pages))


@planning_api.post("/mail-numbers/{number}/void")
@needs(Action.VOID)
async def void_number(
    plant: ThePlant,
    visitor: TheVisitor,
    number: Annotated[str, Path(pattern=r"^[A-Z0-9]{8,40}$")],
    form: Because,
) -> dict[str, Any]:
    """End a number: one that was never given out at once, one that an item holds with that item, which is rejected.

    `item` names that one; its order's next attempt takes another number. 409: it can't end by hand, and why.
    """
    return await plant.line.call("void_mail_number", number=number, why=form.why, by=visitor.name)


async def _manifest(plant: Plant, bag: int) -> Manifest:
    held = await plant.records.read(lambda journal: manifest(journal, bag))
    if held is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_bag", bag=bag)
    return held
