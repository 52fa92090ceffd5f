"""Makes the snapshot: the line at this moment, for everybody who only looks."""

from __future__ import annotations

import asyncio

from controller.flow.items import Item
from controller.line import Line
from controller.plan.places import Station
from controller.snapshot import Snapshot, StationView, SuspectView
from controller.unit.packml import State, allowed_commands

_LEADING = frozenset(
    {
        State.STARTING,
        State.EXECUTE,
        State.HOLDING,
        State.HELD,
        State.UNHOLDING,
        State.SUSPENDING,
        State.SUSPENDED,
        State.UNSUSPENDING,
    }
)
"""In these a session leads the items that are on the line."""


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
        commands=tuple(command.name.lower() for command in allowed_commands(state, line.unit.mode)),
        hold_reason=holding.reason,
        hold_text=holding.text.en if holding.text else "",
        hold_text_zh=holding.text.zh if holding.text else "",
        stations=_stations(line),
        devices=line.equipment.views(),
        counters=line.tally.counters,
        alarms=line.alarms.views(),
        rejects=line.tally.rejects,
        matters=line.tally.matters,
        suspects=_suspects(line),
        escape=line.tally.escape,
        dispatch_online=line.dispatch.online and line.dispatch.dispatch_seen,
        decision_latency=line.permits.decision.summary(),
        echo_latency=line.permits.echo.summary(),
    )


def _suspects(line: Line) -> tuple[SuspectView, ...]:
    """Whom the line leads and can't vouch for; while it stands still without a session, whoever is open."""
    led = line.tracking.items if line.unit.state in _LEADING else {}
    journalled = {each.item: each for each in line.tally.open_items}
    fresh = {token: _fresh(item) for token, item in led.items() if item.suspect and token not in journalled}
    return tuple(
        each.model_copy(update={"led": True, "why": led[each.item].suspect}) if each.item in led else each
        for each in (journalled | fresh).values()
        if (led[each.item].suspect if each.item in led else line.unit.state not in _LEADING)
    )


def _fresh(item: Item) -> SuspectView:
    """One that the journal's last reading has not told yet."""
    return SuspectView(
        item=item.token,
        acceptance=item.acceptance,
        product=item.order.product,
        carrier=item.carrier,
        zone=item.zone,
        stage=item.stage,
    )


def _stations(line: Line) -> tuple[StationView, ...]:
    items = {item.zone: item for item in line.tracking.items.values()}
    return tuple(_station(line, station, items.get(station.zone)) for station in line.config.stations)


def _station(line: Line, station: Station, item: Item | None) -> StationView:
    carrier = line.tracking.carrier_at(station.zone)
    empty = StationView(
        zone=station.zone,
        kind=station.kind,
        title=station.title,
        title_zh=station.title_zh,
        carrier=carrier,
        cycle_s=round(line.tracking.cycle_s.get(station.zone, 0.0), 1),
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
            "challenge": item.challenge or "",
        }
    )
