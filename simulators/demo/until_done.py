"""Waiting for the end of a run: every order ended, every event acknowledged. A run that stands still is named."""

from __future__ import annotations

import asyncio

from simulators.demo.line_api import LineApi, LineView, OrderLine
from simulators.demo.progress import Show
from simulators.scenario import Scenario

LOOK_S = 0.2
STANDSTILL_S = 60.0
"""Longer than any of the line's own deadlines."""
HELD_S = 15.0
"""Nobody is there to release a line that holds itself."""
NAMED = 5
"""So many of the orders that are waited for are named."""
_NEEDS_PEOPLE = ("Held", "Aborted", "Stopped")


class StandstillError(Exception):
    """The run does not go on; the message says what it waits for."""


async def until_done(api: LineApi, scenario: Scenario, show: Show, deadline_s: float) -> LineView:
    """Return the line's last view once every order has ended and every event is acknowledged.

    :raises StandstillError: nothing changed for too long, or the whole takes longer than `deadline_s`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    moved_at, before = loop.time(), ""
    while True:
        view = await api.view()
        show(view)
        if _quiet(view) and not await waited_for(api, scenario):
            return view
        if (now := _signature(view)) != before:
            moved_at, before = loop.time(), now
        if view.state in _NEEDS_PEOPLE and not (view.hold_reason or view.hold_text):
            # Somebody who stopped it is there to let it go on; their time does not count.
            moved_at, end = loop.time(), end + LOOK_S
        patience = HELD_S if view.state in _NEEDS_PEOPLE else STANDSTILL_S
        if loop.time() - moved_at > patience:
            raise StandstillError(f"nothing has moved for {patience:g} s; {await _waits_for(api, scenario, view)}")
        if loop.time() > end:
            raise StandstillError(f"not done after {deadline_s:.0f} s; {await _waits_for(api, scenario, view)}")
        await asyncio.sleep(LOOK_S)


def deadline_for(orders: int, speed: float) -> float:
    """How long a run may take at most, s: generous, so that only a run that hangs meets it."""
    return 120 + orders * (5 + 20 / speed)


async def waited_for(api: LineApi, scenario: Scenario) -> list[OrderLine]:
    """The orders that have not ended: under way, waiting, or rejected with a rework to come."""
    expected = scenario.expected()
    return [
        order
        for order in await api.orders()
        if order.acceptance in expected
        and order.state != "packed"
        and not (order.state == "rejected" and order.attempt >= expected[order.acceptance].attempts)
    ]


def _quiet(view: LineView) -> bool:
    counters = view.counters
    return counters.waiting == counters.under_way == counters.events_pending == 0


def _signature(view: LineView) -> str:
    """Whatever changes when the line does something."""
    return view.model_dump_json(include={"state", "stations", "counters"})


async def _waits_for(api: LineApi, scenario: Scenario, view: LineView) -> str:
    orders = await waited_for(api, scenario)
    waited = [f"{order.acceptance} ({order.state}, attempt {order.attempt})" for order in orders[:NAMED]]
    waited += [f"{len(orders) - NAMED} more"] if len(orders) > NAMED else []
    busy = [f"{each.zone}: {each.acceptance or 'empty'} {each.activity}" for each in view.stations if each.carrier]
    counters = view.counters
    return (
        f"line {view.state} {view.hold_text or view.hold_reason}; "
        f"waits for orders {', '.join(waited) or 'none'}; at the stations {', '.join(busy) or 'nothing'}; "
        f"{counters.events_pending} events unacknowledged, {counters.events_parked} parked"
    )
