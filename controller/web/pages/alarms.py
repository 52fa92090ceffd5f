"""The alarms: what stands, what to do about it, what was; and what people may say about one."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from controller.alarms import LONGEST_REASON, LONGEST_SHELF_MIN
from controller.clock import SystemClock
from controller.journal.alarm_reading import AlarmRates, PastAlarm, Wanted, alarm_rates, past_alarms
from controller.web.csv_file import csv_file
from controller.web.frame import Page, TheFrame
from controller.web.plant import Asker, ThePlant
from controller.words.alarm_texts import AlarmKind

router = APIRouter()
PAGE = Page("alarms", "/alarms", router)
Number = Annotated[int, Path(ge=1)]
A_PAGE = 100
A_FILE = 20_000


class ShelfAsked(BaseModel):
    """:ivar minutes: after which the alarm comes back; :ivar reason: why, for who comes next."""

    model_config = ConfigDict(extra="forbid")
    minutes: Annotated[int, Field(ge=1, le=LONGEST_SHELF_MIN)]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """Past alarms, newest first. :ivar next: the `before` of the following page; 0 on the last."""

    alarms: list[PastAlarm]
    next: int


@router.get("/alarms", include_in_schema=False)
async def alarms(frame: TheFrame) -> HTMLResponse:
    """The page."""
    return frame.show(PAGE, kinds=list(AlarmKind))


@router.get("/api/alarms")
async def history(
    plant: ThePlant,
    words: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    priority: Annotated[int, Query(ge=0, le=3)] = 0,
    before: Annotated[int, Query(ge=0)] = 0,
) -> AlarmHistory:
    """Past alarms that fit, newest first, a page at a time: pass `next` as `before`."""
    wanted, names = Wanted(words, kind, priority, before), plant.config.names()
    found = await plant.records.read(lambda journal: past_alarms(journal, wanted, A_PAGE + 1, names))
    return AlarmHistory(found[:A_PAGE], found[A_PAGE - 1].alarm if len(found) > A_PAGE else 0)


@router.get("/api/alarms.csv", response_class=Response)
async def history_file(
    plant: ThePlant,
    words: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    priority: Annotated[int, Query(ge=0, le=3)] = 0,
) -> Response:
    """Past alarms that fit, as a table for the office."""
    wanted, names = Wanted(words, kind, priority), plant.config.names()
    found = await plant.records.read(lambda journal: past_alarms(journal, wanted, A_FILE, names))
    return csv_file("alarms", list(PastAlarm.__dataclass_fields__), [astuple(alarm) for alarm in found])


@router.get("/api/alarms/rates")
async def rates(plant: ThePlant) -> AlarmRates:
    """How many alarms came in each ten minutes of the last eight hours, and whether they are a flood."""
    now = SystemClock().now()
    return await plant.records.read(lambda journal: alarm_rates(journal, now))


@router.post("/api/alarms/{alarm}/acknowledge")
async def acknowledge(plant: ThePlant, by: Asker, alarm: Number) -> dict[str, Any]:
    """Say that a person has seen the alarm. It does not clear it."""
    return await plant.line.call("acknowledge_alarm", alarm=alarm, by=by)


@router.post("/api/alarms/{alarm}/shelve")
async def shelve(plant: ThePlant, by: Asker, alarm: Number, asked: ShelfAsked) -> dict[str, Any]:
    """Put an alarm aside until a moment that is told now. The highest priority can't be."""
    return await plant.line.call("shelve_alarm", alarm=alarm, minutes=asked.minutes, reason=asked.reason, by=by)


@router.post("/api/alarms/{alarm}/unshelve")
async def unshelve(plant: ThePlant, by: Asker, alarm: Number) -> dict[str, Any]:
    """Take an alarm back before its time."""
    return await plant.line.call("unshelve_alarm", alarm=alarm, by=by)
