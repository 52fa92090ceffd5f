"""Makes the snapshot: the line at this moment, for everybody who only looks."""

from __future__ import annotations

import asyncio

from controller.flow.items import Item
from controller.line import Line
from controller.plan.config import Station
from controller.snapshot import Snapshot, StationView
from controller.unit.packml import allowed_commands


def look_at(line: Line) -> Snapshot:
    """The line as it stands now."""
    state, holding = line.unit.state, line.holding
    return Snapshot(
        line=line.config.line.id,
        name=line.config.line.name,
        at=line.clock.now().isoformat(timespec="milliseconds"),
        epoch=line.epoch,
        mode=line.unit.mode.name.title(),
        state=state.name.title(),
        commands=tuple(command.name.lower() for command in allowed_commands(state)),
        hold_reason=holding.reason,
        hold_text=holding.text.en if holding.text else "",
        hold_text_zh=holding.text.zh if holding.text else "",
        stations=_stations(line),
        devices=line.equipment.views(),
        counters=line.tally.counters,
        alarms=line.alarms.views(),
        rejects=line.tally.rejects,
        matters=line.tally.matters,
        dispatch_online=line.dispatch.online and line.dispatch.dispatch_seen,
        decision_latency=line.permits.decision.summary(),
        echo_latency=line.permits.echo.summary(),
    )


def _stations(line: Line) -> tuple[StationView, ...]:
    items = {item.zone: item for item in line.tracking.items.values()}
    return tuple(_station(line, station, items.get(station.zone)) for station in line.config.stations)


def _station(line: Line, station: Station, item: Item | None) -> StationView:
    carrier = line.tracking.carrier_at(station.zone)
    empty = StationView(
        zone=station.zone, kind=station.kind, title=station.title, title_zh=station.title_zh, carrier=carrier
    )
    if item is None:
        return empty
    now = asyncio.get_running_loop().time()
    return empty.model_copy(
        update={
            "carrier": item.carrier,
            "item": item.token,
            "acceptance": item.acceptance,
            "product": item.order.product,
            "activity": str(item.activity),
            "activity_s": round(now - item.activity_since, 1),
            "suspect": item.suspect,
        }
    )
