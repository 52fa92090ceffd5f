"""Slips: which readings contradict a proof, where doubt begins, and what becomes of what has fallen already."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from order_bench import LINE, SteppingClock, car_order, rows, until
from test_answers import GOOD, Bench

from controller.alarms import Alarms
from controller.dispatch.outbox import Receipt, settle
from controller.exits import Nonconformance, Outcome, Reason
from controller.flow.calling import call_next
from controller.flow.ending import record_packed, record_rejected
from controller.flow.holding import Holding
from controller.flow.items import Item, Stage
from controller.flow.memory import Memory
from controller.flow.recalls import Recalls, raise_open
from controller.flow.slips import Slip, SlipKind, Slips, contradicted, record_slip, unanchored
from controller.flow.tracking import record_stage
from controller.journal import Journal, Ledger
from controller.journal.open_matters import open_matters
from controller.journal.reading import counters
from controller.journal.tally import Tally
from controller.orders.mail_numbers import MailNumberState, advance, fill_pool, reserve
from controller.orders.work_orders import OrderRefused, accept_orders, release_rework
from controller.plan.config import LineConfig
from controller.unit.machine import UnitMachine
from controller.unit.packml import TRANSITIONS, State
from controller.words.alarm_texts import AlarmKind

NUMBERS = [f"99000000{number:05d}" for number in range(1, 20)]
BAD = Outcome.rejected(Nonconformance(Reason.SEAL_OUT_OF_LIMITS))


@pytest.fixture
async def bench(journal: Journal, example: LineConfig) -> Bench:
    orders = [car_order(number) for number in range(1, 10)]
    await journal.write(lambda ledger: accept_orders(ledger, rows(*orders), example.recipes))
    await journal.write(lambda ledger: fill_pool(ledger, NUMBERS))
    return Bench(journal, example)


async def reach(bench: Bench, stage: Stage, carrier: int = 4) -> Item:
    """The next order's item, proven up to a stage."""
    item = await bench.journal.write(lambda ledger: call_next(ledger, carrier, bench.config.recipes))
    assert item is not None
    await bench.journal.write(lambda ledger: _proven_to(ledger, item, stage))
    return item


def _proven_to(ledger: Ledger, item: Item, stage: Stage) -> None:
    for each in Stage:
        if each is Stage.LABELLED:
            item.mail_number = reserve(ledger, item.token, item.acceptance)
            advance(ledger, item.mail_number, MailNumberState.PRINTED)
            advance(ledger, item.mail_number, MailNumberState.APPLIED)
        if each is not Stage.CALLED:
            record_stage(ledger, item, each, measured={"dwell_ms": 600}, weight_g=405.0)
        if each is stage:
            return


async def fall(bench: Bench, item: Item) -> None:
    await bench.journal.write(lambda ledger: record_packed(ledger, item, LINE))


async def packed(bench: Bench) -> Item:
    item = await reach(bench, Stage.INSPECTED)
    await fall(bench, item)
    return item


async def doubtful(bench: Bench, disproven: int | None = None) -> list[int]:
    return await bench.journal.write(lambda ledger: unanchored(ledger.connection, disproven))


async def test_a_parcel_that_proves_itself_at_inspect_anchors_all_that_fell_before(bench: Bench) -> None:
    assert await doubtful(bench) == []
    first = await packed(bench)
    assert await doubtful(bench) == [first.token]
    second = await reach(bench, Stage.SEALED)
    assert await doubtful(bench) == [first.token], "a proof before the jaw anchors nothing"
    await bench.journal.write(lambda ledger: record_stage(ledger, second, Stage.INSPECTED))
    assert await doubtful(bench) == []
    await fall(bench, second)
    third = await packed(bench)
    assert await doubtful(bench) == [third.token]


async def test_two_that_fall_without_a_proof_between_them_are_both_doubtful(bench: Bench) -> None:
    first, second = await reach(bench, Stage.INSPECTED), await reach(bench, Stage.INSPECTED)
    await fall(bench, first)
    await fall(bench, second)
    assert await doubtful(bench) == [first.token, second.token]


async def test_a_start_that_finds_the_line_empty_anchors(bench: Bench) -> None:
    await packed(bench)
    await bench.journal.write(lambda ledger: ledger.enter("line_clear"))
    assert await doubtful(bench) == []


async def test_a_disproven_parcel_opens_the_interval_around_its_fall_again(bench: Bench) -> None:
    items = [await packed(bench) for _ in range(5)]
    assert await doubtful(bench, items[1].token) == [items[1].token, items[4].token]
    on_line = await reach(bench, Stage.LABELLED)
    assert await doubtful(bench, on_line.token) == [items[4].token]


async def told_slip(bench: Bench, item: Item, *codes: str) -> Slip | None:
    return await bench.journal.write(lambda ledger: contradicted(ledger, item, codes))


async def test_a_part_proven_elsewhere_is_a_slip_and_one_in_its_tray_is_none(bench: Bench) -> None:
    item, other = await reach(bench, Stage.CALLED), await reach(bench, Stage.CALLED, carrier=5)
    code = other.order.parts[0].code
    assert await told_slip(bench, item, code) is None, "it may still lie in its tray"
    assert await told_slip(bench, item, item.order.parts[1].code) is None, "its own"
    assert await told_slip(bench, item, "PM9999999999") is None, "nobody's"
    await bench.journal.write(lambda ledger: record_stage(ledger, other, Stage.MATCHED))
    slip = await told_slip(bench, item, "QR", code)
    assert slip == Slip(SlipKind.PART, "1", "its own parts", "a part of item 2", 2)
    by_number = await told_slip(bench, item, other.order.parts[0].number)
    assert by_number is not None
    assert by_number.disproven == 2
    await bench.journal.write(lambda ledger: record_rejected(ledger, other, BAD))
    assert await told_slip(bench, item, code) is None, "a reject is opened by hand"


async def test_a_waybill_read_back_elsewhere_is_a_slip_and_one_that_never_was_is_none(bench: Bench) -> None:
    item, other = await reach(bench, Stage.COLLATED), await reach(bench, Stage.COLLATED, carrier=5)
    other.mail_number = number = await bench.journal.write(
        lambda ledger: reserve(ledger, other.token, other.acceptance)
    )
    await bench.journal.write(lambda ledger: advance(ledger, number, MailNumberState.PRINTED))
    assert await told_slip(bench, item, number) is None, "its own parcel shows that it is missing"
    await bench.journal.write(lambda ledger: advance(ledger, number, MailNumberState.APPLIED))
    slip = await told_slip(bench, item, number)
    assert slip is not None
    assert (slip.kind, slip.disproven) == (SlipKind.WAYBILL, other.token)
    assert await told_slip(bench, other, number) is None
    await fall(bench, other)
    again = await told_slip(bench, item, number)
    assert again is not None
    await bench.journal.write(lambda ledger: record_slip(ledger, again, [], LINE))
    assert await told_slip(bench, item, number) is None, "recalled already"


async def test_another_carrier_is_a_slip(bench: Bench) -> None:
    item = await reach(bench, Stage.CALLED, carrier=4)
    assert await told_slip(bench, item, "C004") is None
    slip = await told_slip(bench, item, "C012")
    assert slip is not None
    assert (slip.kind, slip.expected, slip.found) == (SlipKind.CARRIER, "carrier 4", "carrier 12")


async def test_a_recall_is_an_event_and_leaves_the_order_open_for_a_person(bench: Bench) -> None:
    first, last = await packed(bench), await packed(bench)
    stays = await reach(bench, Stage.LABELLED)
    stays.suspect = "slip"
    slip = Slip(SlipKind.CARRIER, "verify", "carrier 4", "carrier 7")
    assert await bench.journal.write(lambda ledger: record_slip(ledger, slip, [stays], LINE)) == [last.token]
    assert await bench.told() == ["sealed", "sealed", "recalled"]
    event = json.loads((await bench.rows("SELECT body FROM outbox ORDER BY seq DESC"))[0][0])
    assert event["subject"] == last.mail_number
    assert event["data"]["reason"] == "slip_carrier"
    assert event["data"]["bag"] == 1
    assert await bench.rows("SELECT outcome, suspect FROM items ORDER BY item") == [
        ("packed", ""),
        ("recalled", ""),
        (None, "slip"),
    ]
    assert await bench.rows("SELECT state FROM orders ORDER BY acceptance LIMIT 2") == [("packed",), ("recalled",)]
    assert await bench.rows("SELECT state FROM bags ORDER BY bag") == [("frozen",), ("open",)]
    with pytest.raises(OrderRefused):
        await bench.journal.write(lambda ledger: release_rework(ledger, last.acceptance, "op1"))
    assert (await bench.refused("answer_bag", bag=1, parcels=1)).code == "items_open"
    refused = await bench.refused("answer_item", item=last.token, found="dispatch")
    assert list(refused.allowed) == ["reject", "on_line", "gone"]
    await bench.ask("answer_item", item=last.token, found="reject")
    assert await bench.told() == ["sealed", "sealed", "recalled"], "its number was ended by the recall"
    await bench.journal.write(lambda ledger: release_rework(ledger, last.acceptance, "op1"))
    await bench.ask("answer_bag", bag=1, parcels=1)
    assert first.mail_number is not None


async def test_a_recalled_parcel_that_is_gone_is_made_again_only_when_its_parts_are_given_up(bench: Bench) -> None:
    last = await packed(bench)
    slip = Slip(SlipKind.CARRIER, "verify", "carrier 4", "carrier 7")
    await bench.journal.write(lambda ledger: record_slip(ledger, slip, [], LINE))
    await bench.ask("answer_item", item=last.token, found="gone")
    assert await bench.told() == ["sealed", "recalled"]
    with pytest.raises(OrderRefused, match="lost"):
        await bench.journal.write(lambda ledger: release_rework(ledger, last.acceptance, "op1"))


async def test_a_bag_counted_twice_with_the_same_wrong_result_is_recalled_as_a_whole(bench: Bench) -> None:
    items = [await packed(bench) for _ in range(3)]
    unknown, bag = await bench.unknown(GOOD)
    await bench.ask("answer_item", item=unknown.token, found="reject")
    for parcels in (2, 4):
        refused = await bench.refused("answer_bag", bag=bag, parcels=parcels)
        assert refused.code == "count_differs"
        assert "3" not in refused.text.en.replace(f"bag {bag}", ""), "whoever counts must not know"
    answer = await bench.ask("answer_bag", bag=bag, parcels=4)
    assert answer["recalled"] == [item.token for item in items]
    assert await bench.one("SELECT state FROM bags WHERE bag = ?", bag) == "frozen"
    for item in items:
        await bench.ask("answer_item", item=item.token, found="reject")
    await bench.ask("answer_bag", bag=bag, parcels=0)


class Unit:
    """What holding needs of a unit that executes."""

    def __init__(self) -> None:
        self.state = State.EXECUTE
        self.commands: list[str] = []

    def takes(self, command: Any) -> bool:
        return (self.state, command) in TRANSITIONS

    def command(self, command: Any, by: str) -> State:
        self.commands.append(command.name)
        return self.state


@pytest.fixture
def unit() -> Any:
    return Unit()


async def test_a_slip_holds_the_line_before_it_is_written_down(bench: Bench, unit: UnitMachine) -> None:
    await packed(bench)
    alarms, kicked = Alarms(SteppingClock()), list[str]()
    holding = Holding(unit, alarms)
    slips = Slips(LINE, Memory(bench.journal, holding), holding, lambda: kicked.append("recalled"))
    item = await reach(bench, Stage.CALLED, carrier=5)
    await slips.look_into(item, ("no code at all", ""), lambda: [item])
    await slips.look_into(item, (), lambda: [item])
    assert kicked == []
    item.suspect = "slip"
    await slips.look_into(item, ("QR C009",), lambda: [item])
    assert unit.commands == ["HOLD"]  # type: ignore[attr-defined]
    assert [view.kind for view in alarms.views()] == ["slip"]
    assert "载具 5" in alarms.views()[0].text_zh
    assert kicked == ["recalled"]
    assert await bench.one("SELECT suspect FROM items WHERE item = ?", item.token) == "slip"


async def test_a_recall_alarms_again_and_again_until_dispatch_acknowledges_and_then_holds(
    bench: Bench, unit: UnitMachine, example: LineConfig
) -> None:
    await packed(bench)
    slip = Slip(SlipKind.CARRIER, "verify", "carrier 4", "carrier 7")
    await bench.journal.write(lambda ledger: record_slip(ledger, slip, [], LINE))
    alarms = Alarms(SteppingClock())
    holding = Holding(unit, alarms)
    quick = example.dispatch.model_copy(update={"recall_repeat_s": 0.1, "recall_hold_s": 1.2})
    tally = Tally(bench.journal.reading(), SteppingClock())
    following = [asyncio.create_task(tally.serve())]
    following.append(asyncio.create_task(again_and_again(Recalls(alarms, holding, quick, tally).look)))
    try:
        await until(lambda: any(view.kind == "recall" for view in alarms.views()))
        [view] = alarms.views()
        assert (view.priority, view.acknowledged) == (1, False)
        assert alarms.acknowledge(view.alarm, "op1")
        await until(lambda: not alarms.views()[0].acknowledged)
        assert alarms.views()[0].alarm == view.alarm, "the same alarm, annunciated anew"
        await until(lambda: unit.commands == ["HOLD"])  # type: ignore[attr-defined]
        holding.resolved()
        assert not alarms.views()[0].cleared, "an Unhold is no answer"
        event = await bench.one("SELECT id FROM outbox WHERE type LIKE '%.recalled.%'")
        no = Receipt(id=event, accepted=False, reason="?")
        await bench.journal.write(lambda ledger: settle(ledger, no))
        assert (await bench.journal.write(lambda ledger: counters(ledger.connection))).recalls_open == 1
        await bench.ask("send_event_again", sequence=2)
        await bench.journal.write(lambda ledger: settle(ledger, Receipt(id=event, accepted=True)))
        tally.touch()
        await until(lambda: alarms.views()[0].cleared)
    finally:
        for each in following:
            each.cancel()
        await asyncio.wait(following)


async def again_and_again(look: Callable[[], None]) -> None:
    while True:
        look()
        await asyncio.sleep(0.1)


async def test_a_restart_raises_the_alarms_of_all_that_is_open(bench: Bench) -> None:
    item, bag = await bench.unknown()
    alarms = Alarms(SteppingClock())
    raise_open(alarms, await bench.journal.write(lambda ledger: open_matters(ledger.connection)))
    [view] = alarms.views()
    assert view.kind == AlarmKind.BAG_FROZEN
    assert (view.source, str(item.token) in view.text) == (str(bag), True)
