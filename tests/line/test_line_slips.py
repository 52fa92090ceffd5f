"""The line slips under parcels that have fallen already: they are recalled, dispatch knows, people end it."""

from __future__ import annotations

from tests.line.asked import standing
from tests.line.floor import Floor, floor
from tests.line.people import Mendable
from tests.line.plans import EBIKE, MOTORCYCLE, calm, with_code_of


async def hand_in(here: Floor, *places: int) -> None:
    """Give the line these orders of the plan."""
    orders = [here.plan.orders[place] for place in places]
    rows = [{"line": n, "data": each.model_dump(mode="json")} for n, each in enumerate(orders, 1)]
    report = await here.call("import_orders", rows=rows)
    assert not report["refused"], report


def one_part_twice() -> Mendable:
    """The second order's plate bears the bar code that was read on the first order's."""
    plan = calm(MOTORCYCLE, MOTORCYCLE, EBIKE)
    return with_code_of(plan, plan.orders[1], plan.orders[0])


async def test_a_part_that_was_proven_in_a_fallen_parcel_recalls_that_parcel() -> None:
    async with floor(one_part_twice()) as here:
        await here.call("import_mail_numbers", numbers=list(here.plan.mail_numbers))
        await hand_in(here, 0)
        await here.begin()
        first = await here.entry("packed")
        await hand_in(here, 1)
        view = await here.state("Held")
        assert "slip" in standing(view)
        assert "item 1" in view.hold_text
        await here.entry("event_acknowledged", 2)
        assert [each["type"].split(".")[-2] for each in here.events()] == ["sealed", "recalled"]
        assert "recall" not in standing(await here.line_shows(lambda view: not view.counters.recalls_open, "answered"))
        await here.command("unhold", "Execute")
        await hand_in(here, 2)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        bad, twin, good = (order.acceptance for order in here.plan.orders)
        assert result.states == {bad: "recalled", twin: "rejected", good: "packed"}
        matters = (await here.view()).matters
        assert {(each.kind, each.number, each.state) for each in matters} == {
            ("item", first, "recalled"),
            ("bag", 1, "frozen"),
        }
        await here.call("answer_item", item=first, found="reject", by="test", why="taken out of bag 1")
        await here.call("answer_bag", bag=1, parcels=0, by="test", why="counted by two")
        assert here.states()[bad] == "rejected"
        assert "bag_frozen" not in standing(await here.view())


async def test_a_slip_among_parcels_that_are_all_on_the_line_recalls_none() -> None:
    async with floor(one_part_twice()) as here:
        await here.hand_in()
        await here.begin()
        await here.alarm("slip")
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        mended, twin, good = (order.acceptance for order in here.plan.orders)
        assert set(here.sent()) == {mended, good}
        assert result.reasons[mended] == ["suspect"]
        assert result.reasons[twin] == ["wrong_part"]
        assert not [each for each in here.events() if "recalled" in each["type"]]
