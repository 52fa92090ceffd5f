"""Manual mode on a whole line over real wires: what a technician may move, what nobody may, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.desk.channel import ChannelRefused
from simulators.history import CarrierMoved, JawClosed
from tests.line.asked import PATIENCE_S
from tests.line.floor import Floor, floor
from tests.line.plans import quick


async def test_a_technician_leads_a_stopped_item_to_reject_and_the_line_goes_on() -> None:
    async with floor(quick(2)) as here:
        await here.hand_in()
        await here.begin()
        with pytest.raises(ChannelRefused, match="illegal_mode"):
            await turn(here, "manual")
        await here.comes(here.moment(CarrierMoved, target="verify"))
        await here.command("stop", "Stopped")
        carrier = next(
            here.plant.world.zones[zone].number for zone in ("verify", "label") if zone in here.plant.world.zones
        )
        await turn(here, "manual")
        with pytest.raises(ChannelRefused, match="Manual") as refused:
            await here.call("command", command="reset", by="test")
        assert set(refused.value.allowed) == {"stop", "hold", "abort"}
        assert (await here.view()).mode == "Manual"
        shown = await here.line_shows(
            lambda view: carrier in {each.carrier for each in view.suspects if each.why}, "the suspect"
        )
        led = next(each for each in shown.suspects if each.carrier == carrier)
        assert {each.why for each in shown.suspects} <= {"manual", "stopped"}

        assert "jaw-seal_1" in await movable(here)
        await move(here, "jaw-seal_1")
        assert not [each for each in here.plant.world.history if isinstance(each, JawClosed)]
        assert await move(here, "weigh-inspect", "zero-inspect") == "zeroed"
        assert "no code" in await move(here, "scan-collate") or "read" in await move(here, "scan-collate")
        await move(here, "print-label")
        if "verify" in here.plant.world.zones:
            await move(here, "move-verify-label")
        for forbidden in ("press-label", "print-label"):
            # Whether the printer has taken its test label's end in by now is its own affair.
            assert await why(here, forbidden) - {"printer_fault"} == {"bears_item"}
        await move(here, "move-label-seal_2")
        assert await why(here, "jaw-seal_2") == {"jaw_occupied"}
        assert await why(here, "zero-inspect") == set()
        await move(here, "move-seal_2-inspect")
        assert await why(here, "zero-inspect") == {"scale_loaded"}
        await move(here, "move-inspect-divert")
        assert await why(here, "move-divert-load") == {"loaded"}
        assert "reject" in await move(here, "push-divert")
        assert here.rejected() == [led.acceptance]
        assert here.reasons()[led.acceptance] == ["suspect"]
        await move(here, "move-divert-load")

        here.plant.world.swing_guards(closed=False)
        await here.state("Aborted")
        assert {"aborted", "guard_open"} <= await why(here, "jaw-seal_1")
        here.plant.world.swing_guards(closed=True)
        await here.command("clear", "Stopped")
        async with asyncio.timeout(PATIENCE_S):
            while await why(here, "jaw-seal_1"):  # noqa: ASYNC110 - until each PLC's next image tells of the guard
                await asyncio.sleep(0.02)
        await here.command("hold", "Aborted")
        await here.command("clear", "Stopped")
        await turn(here, "production")
        await here.command("reset", "Stopped")
        assert "label" in (await here.alarm("label_left")).alarms[0].text
        here.plant.world.throw_away(here.plant.world.peel_off(), "the test label")
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert result.reasons[led.acceptance] == ["suspect"]
        assert {each for each, *_ in here.journal("SELECT kind FROM history WHERE kind LIKE 'manual%'")} == {
            "manual_entered", "manual_motion", "manual_ended", "manual_left",
        }  # fmt: skip


async def turn(here: Floor, mode: str) -> None:
    await here.call("turn_mode", mode=mode, by="li")


async def move(here: Floor, *names: str) -> str:
    """Make these, and return what was said of the last."""
    told: dict[str, Any] = {}
    for name in names:
        told = await here.call("move_by_hand", motion=name, by="li")
        assert told["good"], told
    return str(told["en"])


async def why(here: Floor, name: str) -> set[str]:
    looked = await here.call("manual")
    return {each["code"] for motion in looked["motions"] if motion["name"] == name for each in motion["blocked"]}


async def movable(here: Floor) -> set[str]:
    return {motion["name"] for motion in (await here.call("manual"))["motions"] if not motion["blocked"]}
