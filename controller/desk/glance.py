"""Makes the snapshot: the line at this moment, for everybody who only looks."""

from __future__ import annotations

import asyncio
import re

from controller.flow.items import Item
from controller.line import Line
from controller.plan.places import Station
from controller.snapshot import DeviceView, Snapshot, StationView, SuspectView, named
from controller.unit.packml import State, allowed_commands
from controller.words.cause_texts import in_chinese, in_english
from controller.words.text import Text

_BEGINNING = re.compile(r"^[a-z0-9_]+: ")

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
    state, holding, names = line.unit.state, line.holding, line.names
    suspects = _suspects(line)
    hold_text = names.told(holding.text) if holding.text else Text("", "")
    return Snapshot(
        line=line.config.line.id,
        name=line.config.line.name,
        at=line.clock.now().isoformat(timespec="milliseconds"),
        epoch=line.epoch,
        mode=line.unit.mode.name.title(),
        state=state.name.title(),
        commands=tuple(command.name.lower() for command in allowed_commands(state, line.unit.mode)),
        hold_reason=holding.reason,
        hold_text=hold_text.en,
        hold_text_zh=hold_text.zh,
        stations=_stations(line, suspects),
        devices=tuple(_explained(line, view) for view in line.equipment.views()),
        counters=line.tally.counters,
        alarms=tuple(named(view, names) for view in line.alarms.views()),
        rejects=tuple(named(view, names) for view in line.tally.rejects),
        matters=line.tally.matters,
        suspects=suspects,
        escape=line.tally.escape,
        dispatch_online=line.dispatch.online and line.dispatch.dispatch_seen,
        decision_latency=line.permits.decision.summary(),
        echo_latency=line.permits.echo.summary(),
    )


def _suspects(line: Line) -> tuple[SuspectView, ...]:
    """Whom the line leads and can't vouch for; while it stands still without a session, whoever is open.

    Each where the conveyor sees its carrier: a move that was cut off may have ended in the next zone.
    """
    led = line.tracking.items if line.unit.state in _LEADING else {}
    journalled = {each.item: each for each in line.tally.open_items}
    fresh = {token: _fresh(item) for token, item in led.items() if item.suspect and token not in journalled}
    return tuple(
        _doubted(line, each, led.get(each.item))
        for each in (journalled | fresh).values()
        if (led[each.item].suspect if each.item in led else line.unit.state not in _LEADING)
    )


def _doubted(line: Line, view: SuspectView, led: Item | None) -> SuspectView:
    why = led.suspect if led is not None else view.why
    told = _in_words(line, why or "stopped")
    where = line.tracking.zone_of(view.carrier) or view.zone
    about = {"zone": where, "why": why, "why_text": told.en, "why_text_zh": told.zh, "led": led is not None}
    return view.model_copy(update=about)


def _explained(line: Line, view: DeviceView) -> DeviceView:
    if not view.detail:
        return view
    told = _in_words(line, _BEGINNING.sub("", view.detail))
    return view.model_copy(update={"detail": told.en, "detail_zh": told.zh})


def _in_words(line: Line, cause: str) -> Text:
    return line.names.told(Text(in_chinese(cause), in_english(cause)))


def _briefly(line: Line, cause: str) -> dict[str, str]:
    """A cause without the device that it begins with: at a station there is little room."""
    told = _in_words(line, _BEGINNING.sub("", cause))
    return {"suspect": cause, "suspect_text": told.en, "suspect_text_zh": told.zh}


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


def _stations(line: Line, suspects: tuple[SuspectView, ...]) -> tuple[StationView, ...]:
    """Each zone with its item. One that nobody leads any more still lies on its carrier: it is no empty one."""
    where = {each.item: each.zone for each in suspects}
    items = {where.get(item.token, item.zone): item for item in line.tracking.items.values()}
    left = {each.zone: each for each in suspects if each.item not in line.tracking.items}
    return tuple(
        _station(line, station, items.get(station.zone), left.get(station.zone)) for station in line.config.stations
    )


def _station(line: Line, station: Station, item: Item | None, left: SuspectView | None) -> StationView:
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
        return empty if left is None or left.carrier != carrier else empty.model_copy(update=_left_behind(line, left))
    now = asyncio.get_running_loop().time()
    return empty.model_copy(
        update={
            "carrier": item.carrier,
            "item": item.token,
            "acceptance": item.acceptance,
            "product": item.order.product,
            "activity": str(item.activity),
            "activity_s": round(now - item.activity_since, 1),
            "challenge": item.challenge or "",
        }
        | (_briefly(line, item.suspect) if item.suspect else {})
    )


def _left_behind(line: Line, left: SuspectView) -> dict[str, object]:
    about = {"item": left.item, "acceptance": left.acceptance, "product": left.product}
    return {**about, **_briefly(line, left.why or "stopped")}
