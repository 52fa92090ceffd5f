"""The API of the shift report: figures, a table for the office, and paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from controller.clock import SystemClock
from controller.journal.shift_report import ShiftReport, shift_report
from controller.plan.shifts import rests, shift_of
from controller.web.csv_file import csv_file
from controller.web.papers.printing import pdf_file, printed
from controller.web.papers.rows import report_rows
from controller.web.people.roles import Action, needs
from controller.web.plant import Plant, ThePlant, TheVisitor
from controller.web.texts import Language

reporting_api = APIRouter(prefix="/api")
Back = Annotated[int, Query(ge=0, le=400, description="0: the shift that runs; 1: the one before; …")]


@reporting_api.get("/shift-report")
@needs(Action.WATCH)
async def figures(plant: ThePlant, back: Back = 0) -> ShiftReport:
    """OEE by ISO 22400 with its factors, time in each PackML state, stops, throughput, rejects, alarms, trends."""
    return await _report(plant, back)


@reporting_api.get("/shift-report.csv", response_class=Response)
@needs(Action.WATCH)
async def table(plant: ThePlant, visitor: TheVisitor, back: Back = 0) -> Response:
    """The same as a table: what, of what, value, unit."""
    report = await _report(plant, back)
    await plant.reception.note("report_exported", visitor.name, start=report.start, form="csv")
    return csv_file(_name(plant, report), ("what", "of", "value", "unit"), report_rows(report))


@reporting_api.get("/shift-report.pdf", response_class=Response)
@needs(Action.WATCH)
async def paper(
    plant: ThePlant, visitor: TheVisitor, back: Back = 0, language: Annotated[Language, Query()] = Language.ZH
) -> Response:
    """The same on paper, readable without colour."""
    report = await _report(plant, back)

    def pages() -> bytes:
        from controller.web.papers.report import print_report

        return print_report(report, plant.config, language)

    file = await printed(pages)
    await plant.reception.note("report_exported", visitor.name, start=report.start, form="pdf")
    return pdf_file(_name(plant, report), file)


async def _report(plant: Plant, back: int) -> ShiftReport:
    now = SystemClock().now().astimezone()
    shifts = plant.config.shifts
    start, end = shift_of(shifts, now, back)
    resting = rests(shifts, start, end)
    report = await plant.records.read(
        lambda journal: shift_report(
            journal, start, end, now, resting, shifts.design_per_hour, heard=plant.feed.away is None
        )
    )
    heard = plant.feed.snapshot
    return report if heard is None else replace(report, escape=heard.escape)


def _name(plant: Plant, report: ShiftReport) -> str:
    return f"{plant.config.line.id}-shift-{report.start[:13].replace(':', '').replace('T', '-')}"
