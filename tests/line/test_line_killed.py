"""kill -9 of the line at chosen moments, then a restart: nothing lost, nothing doubled, suspects go to rework."""

from __future__ import annotations

import pytest

from simulators.history import JawClosed, LabelApplied, LabelPrinted, ParcelFell
from simulators.matter import Label
from tests.line.asked import standing
from tests.line.floor import Floor, floor
from tests.line.plans import quick

VOIDED = "cn.sealline.item.voided.v1"


async def _killed_and_started_again(here: Floor) -> None:
    await here.kill_line()
    await here.start_line()
    await here.begin()


@pytest.mark.parametrize(("stage", "count"), [("labelled", 2), ("sealing", 1), ("diverting", 1)])
async def test_killed_when_a_stage_shows_in_the_journal(stage: str, count: int) -> None:
    async with floor(quick(4)) as here:
        await here.hand_in()
        await here.begin()
        await here.entry(stage, count)
        await _killed_and_started_again(here)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert {why for reasons in result.reasons.values() for why in reasons} == {"suspect"}


async def test_a_push_that_the_gate_confirmed_is_finished_from_its_retained_result() -> None:
    """The line is frozen in the very step in which the parcel falls, and killed before it can know."""
    async with floor(quick(3)) as here:
        await here.hand_in()
        fall = here.moment(ParcelFell, do=here.freeze_line)
        await here.begin()
        event = await here.comes(fall)
        await here.retained("gate")
        assert here.journal("SELECT stage FROM items WHERE acceptance = ?", event.kit)[0][0] == "diverting"
        assert here.journal("SELECT COUNT(*) FROM outbox")[0][0] == 0
        await _killed_and_started_again(here)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert result.reasons[event.kit] == []
        told = here.sealed_event(event.kit)
        assert told["chute"] == "dispatch"
        assert told["seal"]["dwell_ms"] > 0
        assert told["weight_g"] > 0


async def test_a_parcel_sealed_without_the_line_knowing_is_opened_and_packed_anew() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        closed = here.moment(JawClosed, do=here.freeze_line)
        await here.begin()
        event = await here.comes(closed)
        await here.retained("sealer_1" if event.zone == "seal_1" else "sealer_2")
        await _killed_and_started_again(here)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert result.reasons[event.kit] == ["suspect"]
        jaws = [each for each in here.witness if isinstance(each, JawClosed) and each.kit == event.kit]
        assert [(each.attempt, each.again) for each in jaws] == [(1, False), (2, False)]


async def test_a_label_printed_without_the_line_knowing_leaves_on_its_own_parcel() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        printed = here.moment(LabelPrinted, do=here.freeze_line)
        await here.begin()
        number = (await here.comes(printed)).mail_number
        assert here.journal("SELECT state FROM mail_numbers WHERE number = ?", number)[0][0] == "reserved"
        await _killed_and_started_again(here)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert here.plant.world.peel is None
        [bearer] = [each for each in here.witness if isinstance(each, LabelApplied) and each.mail_number == number]
        assert bearer.kit == here.journal("SELECT acceptance FROM mail_numbers WHERE number = ?", number)[0][0]
        assert [each["type"] for each in here.events() if each["data"]["mail_number"] == number] == [VOIDED]


async def test_a_label_that_belongs_to_no_parcel_keeps_the_line_from_starting() -> None:
    async with floor(quick(2)) as here:
        here.plant.world.print_label(Label("1100000000060", "1100000000060"))
        await here.hand_in()
        await here.call("command", command="reset", by="test")
        await here.alarm("label_left")
        await here.state("Stopped")
        here.plant.world.throw_away(here.plant.world.peel_off(), "hands took it off and destroyed it")
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert "label_left" not in standing(await here.view())


async def test_the_vision_workers_end_with_the_line() -> None:
    async with floor(quick(1)) as here:
        await here.command("reset", "Idle")
        workers = here.workers()
        assert workers
        await here.kill_line()
        await here.gone(workers)
