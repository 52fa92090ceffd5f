"""Hold, stop and abort under way: nothing moves that should not, and what can't be vouched for goes to reject."""

from __future__ import annotations

import asyncio

import pytest

from devices.plc.contract import BlockState
from simulators.history import CarrierMoved, JawClosed
from tests.line.floor import Floor, floor
from tests.line.plans import quick

STANDSTILL_S = 0.4
"""Forty PLC scans: time enough for a command that should not come."""


async def _stands_still(here: Floor) -> bool:
    """Whether no PLC takes a command and nothing moves for a while."""
    taken, moved = here.commands_taken(), len(here.witness)
    await asyncio.sleep(STANDSTILL_S)
    laid_by_hand = {type(event).__name__ for event in here.witness[moved:]} <= {"PartLaid"}
    return here.commands_taken() == taken and laid_by_hand


async def _came_to_rest(here: Floor) -> None:
    """What was permitted before a Stop or an Abort may still end; only Held says that it has."""

    async def ended() -> bool:
        blocks = [block for plc in here.plant.plcs.values() for block in plc.status().blocks]
        return all(block.state is not BlockState.BUSY for block in blocks)

    await here.wait_for(ended, "the motions that had been permitted have ended")
    await asyncio.sleep(STANDSTILL_S)


async def test_no_command_is_taken_between_held_and_unhold() -> None:
    async with floor(quick(5)) as here:
        await here.hand_in()
        await here.begin()
        for zone in ("collate", "label", "inspect", "divert"):
            await here.comes(here.moment(CarrierMoved, target=zone))
            await here.command("hold", "Held")
            assert await _stands_still(here), zone
            await here.command("unhold", "Execute")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert not any(result.reasons.values()), "a hold alone makes nothing suspect"


async def test_the_time_that_a_hold_takes_is_not_taken_from_those_who_lay_parts_in() -> None:
    async with floor(quick(2), scan_s=6) as here:
        await here.hand_in()
        here.screen.dark = True
        brought = here.moment(CarrierMoved, target="infeed")
        await here.begin()
        await here.comes(brought)
        await here.command("hold", "Held")
        await asyncio.sleep(6.5)  # a busy machine takes seconds for what hands do then
        here.screen.dark = False
        await here.command("unhold", "Execute")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert not any(result.reasons.values())


async def test_what_a_stop_left_on_the_line_goes_to_reject_and_is_packed_anew() -> None:
    async with floor(quick(4)) as here:
        await here.hand_in()
        await here.begin()
        await here.comes(here.moment(JawClosed))
        on_line = [row[0] for row in here.journal("SELECT acceptance FROM items WHERE ended_at IS NULL")]
        await here.command("stop", "Stopped")
        await _came_to_rest(here)
        assert await _stands_still(here)
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert {kit for kit, reasons in result.reasons.items() if reasons == ["suspect"]} == set(on_line)


async def test_abort_and_clear() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("proven")
        await here.command("abort", "Aborted")
        await _came_to_rest(here)
        assert await _stands_still(here)
        await here.command("clear", "Stopped")
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}


@pytest.mark.serial
async def test_an_opened_guard_aborts_and_everything_on_the_line_is_suspect() -> None:
    async with floor(quick(4)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry("sealed")
        sent = here.sent()
        await here.ask_plant(do="guards", closed=False)
        await here.state("Aborted")
        on_line = here.journal("SELECT acceptance, suspect FROM items WHERE ended_at IS NULL")
        assert all(row[1] for row in on_line), [tuple(row) for row in on_line]
        await here.command("clear", "Stopped")
        await here.call("command", command="reset", by="test")
        await here.alarm("not_ready")
        await here.state("Stopped")
        await here.ask_plant(do="guards", closed=True)
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        for acceptance, _ in on_line:
            assert result.reasons[acceptance] == ["suspect"]
            assert acceptance in here.rejected()
        first_attempts = [each for each in here.sent() if each not in sent and not result.reasons[each]]
        assert set(first_attempts).isdisjoint(row[0] for row in on_line)


async def test_a_carrier_moved_by_hand_holds_the_line_and_can_be_left_by_unhold() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.comes(here.moment(CarrierMoved, target="verify"))
        await here.command("hold", "Held")
        await here.ask_plant(do="move_by_hand", source="verify", target="inspect")
        await here.alarm("disturbance")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
