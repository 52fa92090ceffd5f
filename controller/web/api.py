"""The HTTP API. What changes anything goes to the line over the channel; what is looked up comes from the journal."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from controller.desk.handing_in import NumbersReport, OrdersReport, hand_in_numbers, hand_in_orders, rows_of
from controller.journal import reading
from controller.journal.reject_views import recent_rejects
from controller.orders.work_orders import OrderState
from controller.snapshot import Counters, RejectView, Snapshot, named
from controller.web.people.roles import Action, needs
from controller.web.plant import Asker, ThePlant
from controller.web.records import order_list, order_story
from controller.web.refusals import Refusal

api = APIRouter(prefix="/api")
Acceptance = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$", description="Acceptance number of the order.")]


class LineCommand(StrEnum):
    """What may be asked of the line; which of them it takes now stands in the snapshot's `commands`."""

    START = "start"
    HOLD = "hold"
    UNHOLD = "unhold"
    STOP = "stop"
    ABORT = "abort"
    CLEAR = "clear"
    RESET = "reset"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"


_GO_ON = (LineCommand.START, LineCommand.UNHOLD)


class OrderList(BaseModel):
    """Orders in the form that `sealline orders import` takes."""

    model_config = ConfigDict(extra="forbid")
    orders: Annotated[list[Any], Field(max_length=20_000)]


class NumberList(BaseModel):
    """Mail numbers, in the order in which the pool shall give them out."""

    model_config = ConfigDict(extra="forbid")
    numbers: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100_000)]


@api.get("/snapshot")
@needs(Action.WATCH)
async def snapshot(plant: ThePlant) -> Snapshot:
    """The line at this moment."""
    return await plant.feed.now()


@api.get("/events", response_class=StreamingResponse)
@needs(Action.WATCH)
async def events(plant: ThePlant) -> StreamingResponse:
    """Server-sent events: `snapshot` at most five times a second, `away` while the line is not heard."""
    return StreamingResponse(plant.feed.watch(), media_type="text/event-stream")


@api.post("/commands/hold")
@needs(Action.HOLD)
async def hold(plant: ThePlant, by: Asker) -> dict[str, Any]:
    """Hold the line. Anybody may, signed in or not; no lock-out and no limit stands before it."""
    return await plant.line.call("command", command=LineCommand.HOLD.value, by=by)


@api.post("/commands/{command}")
@needs(Action.OPERATE)
async def command(plant: ThePlant, by: Asker, command: LineCommand) -> dict[str, Any]:
    """Command the line. 409 names the commands that it takes now.

    A person's Start or Unhold waits until every suspect is answered for. A program's doesn't: the line's own rule, that
    whatever is suspect goes to reject, holds for both.
    """
    if by != "api" and command in _GO_ON:
        _demand_answers(plant)
    return await plant.line.call("command", command=command.value, by=by)


def _demand_answers(plant: ThePlant) -> None:
    seen = plant.feed.snapshot
    open_ones = [str(each.carrier) for each in seen.suspects if not each.answered] if seen else []
    if open_ones:
        raise Refusal(HTTPStatus.CONFLICT, "suspects_open", carriers=", ".join(open_ones))


@api.post("/orders", responses={207: {"model": OrdersReport, "description": "Some rows were refused."}})
@needs(Action.HAND_IN)
async def hand_in(plant: ThePlant, orders: Annotated[OrderList | list[Any], Body()]) -> JSONResponse:
    """Hand orders in, each row for itself. 200: all are known now; 207: some were refused, with row and reason."""
    rows, report = rows_of(orders.orders if isinstance(orders, OrderList) else orders)
    return _reported(report.plus(await hand_in_orders(plant.line, rows)))


@api.get("/orders")
@needs(Action.FOLLOW)
async def orders(
    plant: ThePlant,
    state: Annotated[OrderState | None, Query()] = None,
    after: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Orders by acceptance number, a page at a time: pass `next` as `after`."""
    return await plant.records.read(lambda journal: order_list(journal, state or "", after, limit))


@api.get("/orders/{acceptance}")
@needs(Action.FOLLOW)
async def order(plant: ThePlant, acceptance: Acceptance) -> dict[str, Any]:
    """One order: how far it is, its attempts, its parts."""
    return await plant.records.read(lambda journal: order_story(journal, acceptance))


@api.post("/orders/{acceptance}/rework")
@needs(Action.OPERATE)
async def rework(plant: ThePlant, by: Asker, acceptance: Acceptance) -> dict[str, Any]:
    """Let a rejected order be packed again, as its next attempt from infeed."""
    return await plant.line.call("rework", acceptance=acceptance, by=by)


@api.get("/pick-list")
@needs(Action.PICK)
async def pick_list(plant: ThePlant) -> list[reading.Pick]:
    """What hands have to fetch from the store, next first."""
    return await plant.records.read(reading.pick_list)


@api.post("/mail-numbers", responses={207: {"model": NumbersReport, "description": "Some were refused."}})
@needs(Action.HAND_IN)
async def mail_numbers(plant: ThePlant, numbers: Annotated[NumberList | list[str], Body()]) -> JSONResponse:
    """Take mail numbers into the pool."""
    given = numbers.numbers if isinstance(numbers, NumberList) else numbers
    return _reported(await hand_in_numbers(plant.line, given))


@api.get("/items/{key}")
@needs(Action.TRACE)
async def item(plant: ThePlant, key: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]) -> reading.Story:
    """The whole story of an item, by mail number, acceptance number or item number."""
    story = await plant.records.read(lambda journal: reading.item_story(journal, key))
    if story is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_item", key=key)
    return story


@api.get("/rejects")
@needs(Action.WATCH)
async def rejects(plant: ThePlant, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> list[RejectView]:
    """The last rejects, newest first, with the names of their pictures in `/api/evidence/`."""
    names = plant.config.names()
    found = await plant.records.read(lambda journal: recent_rejects(journal, limit))
    return [named(each, names) for each in found]


@api.get("/summary")
@needs(Action.WATCH)
async def summary(plant: ThePlant) -> Counters:
    """The counters, among them rejects by reason."""
    return await plant.records.read(reading.counters)


@api.get("/evidence/{digest}.jpg", response_class=FileResponse)
@needs(Action.WATCH)
async def evidence(plant: ThePlant, digest: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]) -> FileResponse:
    """One picture, by the SHA-256 of its bytes. Pictures are deleted when their time is over."""
    picture = plant.config.store.evidence / f"{digest}.jpg"
    if not picture.is_file():
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_picture", digest=digest)
    return FileResponse(picture, media_type="image/jpeg")


def _reported(report: OrdersReport | NumbersReport) -> JSONResponse:
    status = HTTPStatus.MULTI_STATUS if report.refused else HTTPStatus.OK
    return JSONResponse(report.model_dump(mode="json"), status_code=status)
