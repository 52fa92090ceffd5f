"""A PLC that falls silent, starts anew or forgets: nothing moves on a guess, and the line can be brought back."""

from __future__ import annotations

import asyncio

import pytest

from simulators.history import JawClosed, ParcelFell
from tests.line.floor import floor
from tests.line.plans import quick


async def test_a_short_silence_of_the_conveyor_is_waited_out() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("proven")
        await here.ask_plant(do="pause", device="conveyor")
        await asyncio.sleep(1.0)
        await here.ask_plant(do="resume", device="conveyor")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert not any(result.reasons.values())


async def test_a_long_silence_holds_the_line_and_it_goes_on_after_unhold() -> None:
    async with floor(quick(4), move_s=2, divert_s=2, apply_s=2) as here:
        await here.hand_in()
        await here.begin()
        for device, stage in (("applicator", "proven"), ("conveyor", "labelled"), ("gate", "inspected")):
            await here.entry(stage)
            await here.ask_plant(do="pause", device=device)
            await here.state("Held")
            await here.ask_plant(do="resume", device=device)
            await here.command("unhold", "Execute")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        frozen = here.journal("SELECT COUNT(*) FROM bags WHERE state = 'frozen'")[0][0]
        assert frozen == 0, "a gate that shows that it never took a push leaves no doubt"


async def test_a_gate_that_falls_silent_in_its_push_is_asked_when_it_is_back() -> None:
    """Its result comes after the line's deadline: it is waited for, the bag need not be frozen."""
    async with floor(quick(2), divert_s=1) as here:
        await here.hand_in()
        fall = here.moment(ParcelFell, do=lambda: here.plant.wires["gate"].pause())
        await here.begin()
        event = await here.comes(fall)
        await here.state("Held")
        await asyncio.sleep(1.5)
        await here.ask_plant(do="resume", device="gate")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert here.sealed_event(event.kit)["chute"] == "dispatch"
        assert here.journal("SELECT COUNT(*) FROM bags WHERE state = 'frozen'")[0][0] == 0


@pytest.mark.parametrize("keep_memory", [True, False])
async def test_a_gate_that_starts_anew_in_its_push(keep_memory: bool) -> None:
    """Retained, its result finishes the item. Forgotten, the bag is frozen and nothing is told."""
    async with floor(quick(2), divert_s=2) as here:
        await here.hand_in()
        fall = here.moment(ParcelFell, do=here.freeze_line)
        await here.begin()
        event = await here.comes(fall)
        await here.retained("gate")
        await here.ask_plant(do="restart", device="gate", keep_memory=keep_memory)
        here.thaw_line()
        await here.state("Held")
        await here.unhold_until_done()
        result = here.result()
        told = [each["type"] for each in here.events() if each["data"]["acceptance"] == event.kit]
        found = [each for findings in result.judgement.findings.values() for each in findings]
        frozen = here.journal("SELECT COUNT(*) FROM bags WHERE state = 'frozen'")[0][0]
        if keep_memory:
            assert (told, found, frozen) == (["cn.sealline.item.sealed.v1"], [], 0)
        elif told:
            # A reply with the result was on its way when the line was frozen: the gate's word, read before it forgot.
            assert (told, found, frozen) == (["cn.sealline.item.sealed.v1"], [], 0)
        else:
            assert frozen == 1
            assert found == [each for each in found if f"filled for {event.kit}" in each and "never told" in each]


async def test_a_gate_that_forgot_before_its_push_lets_the_parcel_go_to_reject() -> None:
    """Killed with the divert permitted and not done, and the gate's memory lost: what lies there is swept to reject."""
    async with floor(quick(2)) as here:
        await here.hand_in()
        await here.begin()
        item = await here.entry("inspected")
        here.plant.wires["gate"].pause()
        await here.entry("diverting")
        await here.kill_line()
        await here.ask_plant(do="restart", device="gate", keep_memory=False)
        here.plant.wires["gate"].resume()
        await here.start_line()
        await here.begin()
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        kit = here.journal("SELECT acceptance FROM items WHERE item = ?", item)[0][0]
        assert kit in here.rejected()
        assert set(result.states.values()) == {"packed"}
        assert here.journal("SELECT COUNT(*) FROM bags WHERE state = 'frozen'")[0][0] == 1


async def test_a_sealer_that_starts_anew_under_a_parcel_never_seals_it_twice() -> None:
    async with floor(quick(3), seal_s=3) as here:
        await here.hand_in()
        closed = here.moment(JawClosed)
        await here.begin()
        event = await here.comes(closed)
        device = "sealer_1" if event.zone == "seal_1" else "sealer_2"
        await here.ask_plant(do="restart", device=device, keep_memory=True)
        await here.state("Held")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert not any(each.again for each in here.witness if isinstance(each, JawClosed))


async def test_tracking_lost_at_a_plc_makes_everything_suspect() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("proven")
        await here.ask_plant(do="tracking", device="conveyor", ok=False)
        await here.alarm("disturbance")
        await here.ask_plant(do="tracking", device="conveyor", ok=True)
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert any(result.reasons.values())
