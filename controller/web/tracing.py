"""The API of tracing: from any number to a parcel's whole story and its dossier. Every look-up is journalled."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from controller.clock import SystemClock
from controller.journal.tracing import Found, Trace, find, proven_entries, trace
from controller.web.api import Acceptance
from controller.web.papers.gauge import gauges
from controller.web.papers.printing import pdf_file, printed
from controller.web.papers.signed_file import file_digest, with_data, with_signature
from controller.web.people.roles import Action, needs
from controller.web.plant import Plant, ThePlant, TheVisitor
from controller.web.refusals import Refusal
from controller.web.storytelling import Storyteller
from controller.web.texts import Language

tracing_api = APIRouter(prefix="/api")


class Look(BaseModel):
    """A mail number, acceptance number, plate number, part code or item number. In the body: no address keeps it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    key: Annotated[str, Field(min_length=1, max_length=64)]


@tracing_api.post("/trace")
@needs(Action.TRACE)
async def look_up(plant: ThePlant, visitor: TheVisitor, look: Look) -> list[Found]:
    """Orders that a number leads to. 404: none."""
    found = await plant.records.read(lambda journal: find(journal, look.key))
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, "nothing_found")
    for each in found:
        await plant.reception.note("looked_up", visitor.name, acceptance=each.acceptance, by_what=each.by)
    return found


@tracing_api.get("/trace/{acceptance}")
@needs(Action.TRACE)
async def whole_story(plant: ThePlant, visitor: TheVisitor, acceptance: Acceptance) -> dict[str, Any]:
    """One order's whole story, masked: attempts, parts, seal cycles before their limits, pictures, time line."""
    story = await _traced(plant, acceptance)
    await plant.reception.note("looked_up", visitor.name, acceptance=acceptance)
    recipe = plant.config.recipes.get(story.product)
    cycles = [
        {**asdict(each), "gauges": [asdict(gauge) for gauge in gauges(each, recipe.seal if recipe else None, str)]}
        for each in story.cycles
    ]
    return {**asdict(story), "cycles": cycles, **_in_words(plant, story)}


@tracing_api.get("/trace/{acceptance}/dossier.pdf", response_class=Response)
@needs(Action.TRACE)
async def dossier(
    plant: ThePlant, visitor: TheVisitor, acceptance: Acceptance, language: Annotated[Language, Query()] = Language.ZH
) -> Response:
    """The dossier as PDF, signed by the line: `sealline dossier verify` holds it against its own proof."""
    story = await _traced(plant, acceptance)
    entries = await plant.records.read(lambda journal: proven_entries(journal, acceptance))

    def pages() -> bytes:
        from controller.web.papers.dossier import DossierWish, print_dossier

        wish = DossierWish(story, language, visitor.name, SystemClock().now().isoformat())
        return print_dossier(wish, plant.config)

    unsigned = with_data(await printed(pages), entries)
    signed = await plant.line.call("sign_dossier", acceptance=acceptance, file=file_digest(unsigned), by=visitor.name)
    return pdf_file(f"{plant.config.line.id}-{acceptance}", with_signature(unsigned, signed))


def _in_words(plant: Plant, story: Trace) -> dict[str, Any]:
    """Entries and parts with their words in both languages beside what they hold."""
    tellers = {language.value: Storyteller(plant.config, language) for language in Language}
    entries = [
        {**asdict(entry), "told": {name: teller.tell(entry.kind, entry.data) for name, teller in tellers.items()}}
        for entry in story.entries
    ]
    parts = [
        {**asdict(part), "told": {name: teller.role(part.role) for name, teller in tellers.items()}}
        for part in story.parts
    ]
    return {"entries": entries, "parts": parts}


async def _traced(plant: Plant, acceptance: str) -> Trace:
    story = await plant.records.read(lambda journal: trace(journal, acceptance))
    if story is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_order", acceptance=acceptance)
    return story
