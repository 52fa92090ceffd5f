"""Suspects on the whole line: told to the page, answered for by people, cleared to reject by the line itself."""

from __future__ import annotations

from controller.desk.channel import ChannelRefused
from controller.snapshot import Snapshot
from simulators.history import CarrierMoved, JawClosed
from tests.line.asked import standing
from tests.line.floor import Floor, floor
from tests.line.plans import quick


async def answer_all(here: Floor) -> Snapshot:
    """Say of every suspect that its carrier stands untouched."""
    view = await here.view()
    for suspect in view.suspects:
        await here.call("answer_suspect", item=suspect.item, carrier=suspect.carrier, by="li")
    return await here.line_shows(
        lambda seen: bool(seen.suspects) and all(each.answered for each in seen.suspects), "every suspect answered"
    )


async def test_a_disturbance_is_one_alarm_and_its_suspects_are_answered_for() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.comes(here.moment(CarrierMoved, target="verify"))
        await here.command("hold", "Held")
        await here.ask_plant(do="move_by_hand", source="verify", target="inspect")
        await here.alarm("disturbance")
        await here.line_shows(lambda seen: bool(seen.suspects), "suspects")
        view = await answer_all(here)
        assert all(each.led for each in view.suspects)
        disturbed = [alarm for alarm in view.alarms if alarm.kind == "disturbance"]
        assert len(disturbed) == 1, [alarm.text for alarm in disturbed]
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        assert (await here.view()).suspects == ()


async def test_what_a_stop_left_is_suspect_until_somebody_has_looked_and_again_after_a_guard() -> None:
    async with floor(quick(3)) as here:
        await here.hand_in()
        await here.begin()
        await here.comes(here.moment(JawClosed))
        await here.command("stop", "Stopped")
        on_line = {row[0] for row in here.journal("SELECT item FROM items WHERE ended_at IS NULL")}
        view = await here.line_shows(lambda seen: {each.item for each in seen.suspects} == on_line, "all are suspect")
        assert not any(each.led for each in view.suspects)
        first = view.suspects[0]
        try:
            await here.call("answer_suspect", item=first.item, carrier=first.carrier + 1, by="li")
        except ChannelRefused as refused:
            assert refused.code == "not_suspect"
        else:
            raise AssertionError("another carrier's number was taken")
        await answer_all(here)
        await here.ask_plant(do="guards", closed=False)
        await here.line_shows(lambda seen: "guard_open" in standing(seen), "the guard is open")
        await here.line_shows(lambda seen: not any(each.answered for each in seen.suspects), "the answers are void")
        await here.ask_plant(do="guards", closed=True)
        await here.state("Aborted")
        await here.command("clear", "Stopped")
        await here.begin()
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
