"""Carriers that no reader shows while the line starts, and that show again afterwards."""

from __future__ import annotations

import asyncio

import pytest

from simulators.history import CarrierMoved
from simulators.virtual.soak import told
from tests.virtual.scripted import GLANCE_S, ScriptedFloor, run_scripted

DARK = 0


async def called(floor: ScriptedFloor) -> bool:
    """Whether an order is under way on the carrier that stands at load."""
    answer = await floor.call("snapshot")
    return answer is not None and any(each["zone"] == "load" and each["item"] for each in answer["stations"])


@pytest.mark.parametrize("zone", ["load", "infeed", "label", "divert"])
def test_a_carrier_that_was_misread_during_the_restart_is_taken_to_reject_when_it_shows_again(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def script(floor: ScriptedFloor) -> None:
        await floor.happens(CarrierMoved, target="collate" if zone == "load" else zone)
        while zone == "load" and not await called(floor):  # noqa: ASYNC110 -- the line tells nobody
            await asyncio.sleep(GLANCE_S)
        floor.read(zone, DARK)
        floor.kill_line(0)
        await floor.holds(lambda: "carrier_missing" in floor.alarms())
        await floor.holds(lambda: floor.line.state in ("EXECUTE", "HELD"))
        floor.read(zone, None)
        await floor.holds(lambda: not floor.alarms())
        seen.append(zone)

    # In this seed's time no push at the gate has ended the item yet when the line is killed.
    run = run_scripted(monkeypatch, script, 5, seed=3)
    assert not run.findings, "\n".join(told(run))
    assert seen == [zone]
    assert not run.rare.get("entry item_answered")
    assert not run.rare["operator began anew"]
