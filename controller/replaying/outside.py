"""What befell a recorded line from outside, in plain words: devices, disk, broker, vision, the machine, and people."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from controller.recording.tape import Kind, Record, ticks_of
from controller.recording.turns import TICKS_A_SECOND
from controller.replaying.timeline import Connection, Timeline

Told = tuple[float, str]
"""Loop time, and what happened."""
_STOOD_STILL_S = 0.6
"""A line that runs looks at its devices more often than this, also where none of them can be reached."""
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT})
_SILENT_S = 0.25
_JUMPED_S = 1.0
_SPEECH = frozenset({Kind.IN, Kind.PIECE, Kind.PICTURE})
_UNTOLD = frozenset({"note", "subscribe"})


def outside(line: Timeline) -> Iterator[Told]:
    """Everything that was not as it should be, and what people asked; in no order."""
    yield from _devices(line)
    yield from _process(line)
    yield from _time_of_day(line)
    for record in line.records:
        match record.kind:
            case Kind.CALL:
                yield from _call(record)
            case Kind.COMMIT if refused := record.said()["refused"]:
                yield record.at, f"the disk did not take the journal: {refused}"
            case Kind.ASIDE if (facts := record.said()).get("number") in _OF_THE_DISK:
                yield record.at, f"the disk refused: {facts['says']}"
            case Kind.VERDICT if failed := record.said().get("failed"):
                yield record.at, f"vision gave no verdict: {failed}"
            case Kind.READY if failed := record.said().get("failed"):
                yield record.at, f"vision was not ready: {failed}"
            case Kind.BROKER:
                yield from _broker(record)
    for said in line.refusals:
        yield said.at, f"the line refused {said.facts['name']}: {said.facts['refused']}"


def _devices(line: Timeline) -> Iterator[Told]:
    """How each device was lost and found again. Attempts in between that found it as it was are not told."""
    until = line.end if line.stopped_at is None else line.stopped_at
    for device, connections in line.connections.items():
        away = False
        for number, connection in enumerate(connections):
            if connection.opened is None:
                continue
            if connection.refused is not None:
                if not away:
                    yield connection.over_at, f"{device} could not be reached: {connection.refused}"
                away = True
                continue
            answered_at = _answered_at(connection)
            if number and answered_at is not None and answered_at < until:
                yield answered_at, f"{device} was reached again"
            if connection.over_at < until and not (away and answered_at is None):
                yield connection.over_at, f"{device} {_why_over(connection)}"
            away = connection.over_at < until


def _answered_at(connection: Connection) -> float | None:
    """When the device first said something; when it was reached, if it was asked nothing; None if it was silent."""
    said = [record for record in connection.passed if record.kind in _SPEECH]
    if said:
        return said[0].at
    asked = any(record.kind is Kind.OUT for record in connection.passed)
    return None if asked or connection.opened is None else connection.opened.record.at


def _why_over(connection: Connection) -> str:
    """Why a link ended, as far as bytes tell it."""
    for record in connection.passed:
        if record.kind is Kind.ENDED:
            return f"ended its link: {record.data.decode()}" if record.data else "ended its link"
        if record.kind is Kind.AT_ONCE and "error" in (facts := record.said()):
            return f"took nothing: {facts['error']}"
    said = [record for record in connection.passed if record.kind is not Kind.AT_ONCE]
    if said and said[-1].kind is Kind.OUT:
        silent_s = connection.over_at - said[-1].at
        return f"did not answer for {silent_s:.2f} s, so the line hung up" if silent_s > _SILENT_S else "was hung up on"
    return "answered what the line did not believe, so it hung up" if said else "was hung up on"


def _process(line: Timeline) -> Iterator[Told]:
    for before, now in pairwise(line.turns):
        stood_s = (ticks_of(now) - ticks_of(before)) / TICKS_A_SECOND
        if stood_s > _STOOD_STILL_S:
            yield ticks_of(before) / TICKS_A_SECOND, f"the line process stood still for {stood_s:.2f} s"
    if line.stopped is None:
        yield line.end, "the recording ends here: the line process died, or still ran"


def _time_of_day(line: Timeline) -> Iterator[Told]:
    for (at, wall), (later, then) in pairwise(line.walls):
        jumped_s = (then - wall - timedelta(seconds=later - at)).total_seconds()
        if abs(jumped_s) > _JUMPED_S:
            yield later, f"the time of day jumped {'forth' if jumped_s > 0 else 'back'} by {abs(jumped_s):.0f} s"


def _call(record: Record) -> Iterator[Told]:
    facts = record.said()
    name, asked = facts["name"], json.loads(facts["arguments"])
    who = str(asked.get("by") or "somebody")
    if name == "command":
        yield record.at, f"{who} pressed {str(asked.get('command', '')).title()}"
    elif name == "import_orders":
        yield record.at, f"{len(asked.get('rows', []))} orders were handed in"
    elif name == "import_mail_numbers":
        yield record.at, f"{len(asked.get('numbers', []))} mail numbers were handed in"
    elif name not in _UNTOLD:
        yield record.at, f"{who} asked for {name.replace('_', ' ')}"


def _broker(record: Record) -> Iterator[Told]:
    facts: dict[str, Any] = record.said()
    what, error = facts["what"], facts.get("error")
    if error is None:
        if what == "opened":
            yield record.at, "the broker was reached"
    elif what == "opened":
        yield record.at, f"the broker could not be reached: {error}"
    elif what == "tell":
        yield record.at, f"the broker did not take a message: {error}"
    else:
        yield record.at, f"the broker was lost: {error}"


def wall_of(line: Timeline, at: float) -> datetime:
    """The time of day at a loop time of the recording."""
    known = [each for each in line.walls if each[0] <= at] or line.walls[:1]
    since, wall = known[-1]
    return wall + timedelta(seconds=at - since)
