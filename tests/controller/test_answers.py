"""A person's answers for what the line lost sight of: taken only where they fit, each journalled with who and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from order_bench import LINE, SteppingClock, car_order, rows

from controller.alarms import Alarms
from controller.desk.answers import Answers
from controller.desk.channel_wire import ChannelRefused
from controller.dispatch.outbox import Receipt, settle
from controller.exits import Nonconformance, Outcome, Reason
from controller.flow.calling import call_next
from controller.flow.ending import record_divert_permitted, record_packed, record_unknown
from controller.flow.items import Item
from controller.journal import Journal, Ledger
from controller.journal.open_matters import open_matters
from controller.journal.reading import verify_chain
from controller.orders.mail_numbers import MailNumberState, advance, fill_pool, reserve
from controller.orders.parts_ledger import PartState, parts_of_order, spoil_part
from controller.orders.work_orders import OrderRefused, accept_orders, release_rework
from controller.plan.config import LineConfig
from controller.snapshot import MatterView
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind

NUMBERS = ("EA123456785CN", "1100000001460", "EA123456794CN")
GOOD = Outcome.accepted()
BAD = Outcome.rejected(Nonconformance(Reason.SEAL_OUT_OF_LIMITS))


@dataclass
class Bench:
    """A line's books, and a desk that answers for them; nothing moves."""

    journal: Journal
    config: LineConfig
    alarms: Alarms = field(default_factory=lambda: Alarms(SteppingClock()))
    carried: set[int] = field(default_factory=set)
    state: State = State.STOPPED
    kicks: int = 0

    def kick(self) -> None:
        self.kicks += 1

    async def ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        line: Any = SimpleNamespace(
            config=self.config,
            journal=self.journal,
            alarms=self.alarms,
            unit=SimpleNamespace(state=self.state),
            dispatch=SimpleNamespace(kick=self.kick),
            tally=SimpleNamespace(touch=lambda: None),
            tracking=SimpleNamespace(missing=set()),
            session=SimpleNamespace(carries=self.carried.__contains__),
        )
        return await Answers(line).handlers[call]({"by": "op1", "why": "looked", **arguments})

    async def refused(self, call: str, **arguments: Any) -> ChannelRefused:
        with pytest.raises(ChannelRefused) as caught:
            await self.ask(call, **arguments)
        assert caught.value.text.zh != caught.value.text.en
        return caught.value

    async def call(self) -> Item:
        """The next order on carrier 4, labelled."""
        item = await self.journal.write(lambda ledger: call_next(ledger, 4, self.config.recipes))
        assert item is not None
        await self.journal.write(lambda ledger: _label(ledger, item))
        return item

    async def unknown(self, asked: Outcome = GOOD) -> tuple[Item, int]:
        """An item of which nobody knows the chute, and the bag that was frozen for it."""
        item = await self.call()
        await self.journal.write(lambda ledger: record_divert_permitted(ledger, item, asked))
        nobody = Outcome(packed=False, reason=Reason.UNKNOWN_OUTCOME)
        return item, await self.journal.write(lambda ledger: record_unknown(ledger, item, nobody))

    async def packed(self) -> Item:
        item = await self.call()
        await self.journal.write(lambda ledger: record_packed(ledger, item, LINE))
        return item

    async def rows(self, question: str, *values: object) -> list[Any]:
        found = await self.journal.write(lambda ledger: ledger.connection.execute(question, values).fetchall())
        return [tuple(row) for row in found]

    async def told(self) -> list[str]:
        return [row[0].split(".")[-2] for row in await self.rows("SELECT type FROM outbox ORDER BY seq")]

    async def one(self, question: str, *values: object) -> Any:
        return (await self.rows(question, *values))[0][0]


def _label(ledger: Ledger, item: Item) -> None:
    item.mail_number = reserve(ledger, item.token, item.acceptance)
    advance(ledger, item.mail_number, MailNumberState.PRINTED)
    advance(ledger, item.mail_number, MailNumberState.APPLIED)


@pytest.fixture
async def bench(journal: Journal, example: LineConfig) -> Bench:
    orders = [car_order(number) for number in (1, 2, 3)]
    await journal.write(lambda ledger: accept_orders(ledger, rows(*orders), example.recipes))
    await journal.write(lambda ledger: fill_pool(ledger, NUMBERS))
    return Bench(journal, example)


async def test_an_unknown_parcel_found_in_its_bag_is_packed_and_told(bench: Bench) -> None:
    item, bag = await bench.unknown()
    assert await bench.ask("answer_item", item=item.token, found="dispatch") == {"item": 1, "found": "dispatch"}
    assert await bench.told() == ["sealed"]
    event = json.loads(await bench.one("SELECT body FROM outbox"))
    assert (event["data"]["bag"], event["subject"]) == (bag, item.mail_number)
    assert await bench.rows("SELECT outcome, chute, bag FROM items") == [("packed", "dispatch", bag)]
    assert await bench.one("SELECT state FROM orders WHERE acceptance = 'GA000001'") == "packed"
    [(data,)] = await bench.rows("SELECT data FROM history WHERE kind = 'item_answered'")
    assert json.loads(data) == {"by": "op1", "found": "dispatch", "was": "unknown", "why": "looked"}
    assert bench.kicks == 1
    again = await bench.refused("answer_item", item=item.token, found="reject")
    assert "ended packed" in again.text.en
    assert await bench.journal.write(lambda ledger: verify_chain(ledger.connection)) is None


async def test_a_parcel_that_was_never_permitted_into_dispatch_is_never_packed(bench: Bench) -> None:
    item, _ = await bench.unknown(BAD)
    refused = await bench.refused("answer_item", item=item.token, found="dispatch")
    assert refused.code == "answer_refused"
    assert set(refused.allowed) == {"reject", "on_line", "gone"}
    assert await bench.told() == []
    assert await bench.one("SELECT outcome FROM items") == "unknown"


@pytest.mark.parametrize("found", ["reject", "on_line"])
async def test_an_unknown_parcel_that_is_here_goes_to_rework_with_a_void_number(bench: Bench, found: str) -> None:
    item, _ = await bench.unknown()
    await bench.ask("answer_item", item=item.token, found=found)
    assert await bench.told() == ["voided"]
    assert await bench.rows("SELECT outcome, bag FROM items") == [("rejected", None)]
    await bench.journal.write(lambda ledger: release_rework(ledger, item.acceptance, "op1"))
    assert await bench.one("SELECT state FROM orders WHERE acceptance = 'GA000001'") == "waiting"


async def test_a_parcel_that_is_gone_is_never_silently_made_again(bench: Bench) -> None:
    item, _ = await bench.unknown()
    await bench.ask("answer_item", item=item.token, found="gone")
    assert await bench.told() == ["voided"]
    with pytest.raises(OrderRefused, match="spoiled or lost"):
        await bench.journal.write(lambda ledger: release_rework(ledger, item.acceptance, "op1"))
    matters = await bench.journal.write(_matters)
    assert ("item", item.token, "lost") in [(each.kind, each.number, each.state) for each in matters]
    for code in ("PM0000000002", "PM0000000003"):
        await bench.journal.write(lambda ledger, code=code: spoil_part(ledger, code, "lost", "boss"))
    assert (await bench.told())[1:] == ["remake_requested", "remake_requested"]
    matters = await bench.journal.write(_matters)
    assert [each.kind for each in matters] == ["bag"]


async def test_a_lost_parcel_that_turns_up_goes_to_rework(bench: Bench) -> None:
    item, _ = await bench.unknown()
    await bench.ask("answer_item", item=item.token, found="gone")
    assert "allowed" in (await bench.refused("answer_item", item=item.token, found="gone")).text.en
    await bench.ask("answer_item", item=item.token, found="reject")
    parts = await bench.journal.write(lambda ledger: parts_of_order(ledger.connection, item.acceptance))
    assert {part.state for part in parts} == {PartState.ON_LINE}
    await bench.journal.write(lambda ledger: release_rework(ledger, item.acceptance, "op1"))


async def test_a_bag_is_released_only_by_the_right_count_of_answered_parcels(bench: Bench) -> None:
    await bench.packed()
    item, bag = await bench.unknown()
    bench.alarms.raise_alarm(AlarmKind.BAG_FROZEN, str(bag), item=item.token)
    assert (await bench.refused("answer_bag", bag=bag, parcels=2)).code == "items_open"
    await bench.ask("answer_item", item=item.token, found="dispatch")
    assert (await bench.refused("answer_bag", bag=bag, parcels=1)).code == "count_differs"
    assert await bench.one("SELECT state FROM bags WHERE bag = ?", bag) == "frozen"
    assert bench.alarms.views()[0].cleared is False
    await bench.ask("answer_bag", bag=bag, parcels=2)
    assert await bench.one("SELECT state FROM bags WHERE bag = ?", bag) == "closed"
    assert bench.alarms.views()[0].cleared is True
    counted = [json.loads(row[0]) for row in await bench.rows("SELECT data FROM history WHERE kind = 'bag_counted'")]
    assert [(each["expected"], each["found"]) for each in counted] == [(2, 1), (2, 2)]
    assert (await bench.refused("answer_bag", bag=bag, parcels=2)).code == "answer_refused"
    assert (await bench.refused("answer_bag", bag=99, parcels=0)).code == "unknown_bag"


async def test_a_missing_carrier_is_answered_for_with_what_it_bore(bench: Bench) -> None:
    item = await bench.call()
    bench.alarms.raise_alarm(AlarmKind.CARRIER_MISSING, "4")
    assert "never permitted" in (await bench.refused("answer_carrier", carrier=4, found="dispatch")).text.en
    await bench.ask("answer_carrier", carrier=4, found="on_line")
    assert await bench.rows("SELECT outcome, reason FROM items") == [("rejected", "suspect")]
    assert bench.alarms.views()[0].cleared is True
    assert item.mail_number is not None
    assert await bench.one("SELECT state FROM mail_numbers WHERE number = ?", item.mail_number) == "voided"
    assert (await bench.refused("answer_carrier", carrier=4, found="gone")).code == "unknown_carrier"


async def test_what_the_gate_may_still_tell_is_not_answered_by_hand(bench: Bench) -> None:
    item = await bench.call()
    await bench.journal.write(lambda ledger: record_divert_permitted(ledger, item, GOOD))
    assert "Reset first" in (await bench.refused("answer_item", item=item.token, found="reject")).text.en


async def test_what_the_line_leads_or_looks_for_itself_is_not_answered_by_hand(bench: Bench) -> None:
    item, _ = await bench.unknown()
    bench.carried = {item.token}
    assert (await bench.refused("answer_item", item=item.token, found="reject")).code == "still_carried"
    bench.carried, bench.state = set(), State.STARTING
    assert (await bench.refused("answer_item", item=item.token, found="reject")).code == "line_is_looking"
    assert await bench.one("SELECT outcome FROM items") == "unknown"


async def test_a_refused_event_is_sent_again_once(bench: Bench) -> None:
    await bench.packed()
    event = await bench.one("SELECT id FROM outbox")
    no = Receipt(id=event, accepted=False, reason="no such order")
    await bench.journal.write(lambda ledger: settle(ledger, no))
    bench.alarms.raise_alarm(AlarmKind.EVENT_REFUSED, "1", cause="no such order")
    matters = await bench.journal.write(_matters)
    assert [(each.kind, each.number, each.cause) for each in matters] == [("event", 1, "no such order")]
    await bench.ask("send_event_again", sequence=1)
    assert await bench.one("SELECT state FROM outbox") == "pending"
    assert bench.alarms.views()[0].cleared is True
    assert bench.kicks == 1
    assert (await bench.refused("send_event_again", sequence=1)).code == "not_parked"
    assert (await bench.refused("send_event_again", sequence=7)).code == "not_parked"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"item": 7}, "unknown_item"),
        ({"item": "1"}, "bad_request"),
        ({"item": True}, "bad_request"),
        ({"found": "somewhere"}, "answer_refused"),
        ({"why": "  "}, "why_missing"),
        ({"why": "x" * 201}, "why_missing"),
    ],
)
async def test_what_is_no_answer_is_refused_in_words(bench: Bench, arguments: dict[str, Any], code: str) -> None:
    await bench.unknown()
    assert (await bench.refused("answer_item", **({"item": 1, "found": "reject"} | arguments))).code == code
    assert await bench.one("SELECT outcome FROM items") == "unknown"


def _matters(ledger: Ledger) -> tuple[MatterView, ...]:
    return open_matters(ledger.connection)
