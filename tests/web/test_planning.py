"""Orders, batches with line clearance, mail bags and voided numbers, over a real journal and the line's own desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from controller.clock import SystemClock
from controller.desk.label_calls import VOIDED_CAUSE, LabelCalls
from controller.desk.planning import Planning
from controller.flow.items import Activity
from controller.journal import Journal, Ledger
from controller.journal.planning import backlog
from controller.journal.reading import verify_chain
from controller.journal.store import open_reading
from controller.orders.batches import batches
from controller.orders.mail_numbers import MailNumberState, advance, fill_pool, reserve, void
from controller.orders.parts_ledger import spoil_part
from controller.orders.work_orders import OrderRow, accept_orders, begin_attempt, next_waiting
from controller.plan.config import LineConfig
from controller.pulse import Pulse
from tests.web.floor import FakeLine
from tests.web.staff import hire, signed_in
from tests.web.test_people import code

NUMBERS = ("1141336199860", "1141336218560")


@pytest.fixture
async def journal(config: LineConfig, line: FakeLine) -> AsyncIterator[Journal]:
    """Four orders of two routes; plans are made by the line's own desk."""
    hire(config)
    async with Journal(config.store.journal, SystemClock()) as journal:
        await journal.write(lambda ledger: fill(ledger, config))
        stub: Any = SimpleNamespace(journal=journal, orders_changed=Pulse(), tally=SimpleNamespace(touch=lambda: None))
        stub.use_settings = clearance
        stub.tracking = SimpleNamespace(items=ITEMS, suspect=suspect)
        line.server._handlers = {**line.server._handlers, **Planning(stub).handlers, **LabelCalls(stub).handlers}
        yield journal


ITEMS: dict[int, Any] = {}
"""On the line, by token."""


def suspect(cause: str, items: list[Any]) -> list[Any]:
    for item in items:
        item.suspect = cause
    return items


async def clearance() -> None:
    """The line has nothing approved that waits."""


def fill(ledger: Ledger, config: LineConfig) -> None:
    ledger.connection.execute("INSERT INTO line VALUES ('line_id', 'GZ01-L1'), ('epoch', '1')")
    for place in range(1, 5):
        part = {"role": "rear", "code": f"PM000000000{place}", "number": f"粤B1234{place}"}
        order = {
            "acceptance": f"GZ{place:03}", "product": "motorcycle_plate", "due": f"2026-11-30T1{place}:00:00+08:00",
            "route": "north" if place < 3 else "south", "parts": [part],
        }  # fmt: skip
        assert not accept_orders(ledger, [OrderRow(place, order)], config.recipes).refused
    fill_pool(ledger, NUMBERS)


def pack(ledger: Ledger, acceptance: str, *, ended: bool = True) -> None:
    """Bring an order onto the line, and through it."""
    begin_attempt(ledger, acceptance)
    outcome, at = ("packed", ledger.at) if ended else (None, None)
    ledger.connection.execute(
        "INSERT INTO items (acceptance, attempt, product, carrier, zone, stage, outcome, mail_number, bag, called_at,"
        " ended_at) VALUES (?, 1, 'motorcycle_plate', 4, 'divert', 'ended', ?, ?, 1, ?, ?)",
        (acceptance, outcome, f"11{acceptance}", ledger.at, at),
    )
    if ended:
        ledger.connection.execute("UPDATE orders SET state = 'packed' WHERE acceptance = ?", (acceptance,))


async def test_a_supervisor_prefers_an_order_with_a_reason(web: str, journal: Journal) -> None:
    async with signed_in(web, "zhao") as boss:
        form = {"priority": 0, "why": "court date"}
        assert (await boss.post("/api/orders/GZ004/priority", json=form)).status_code == 200
        assert code(await boss.post("/api/orders/GZ999/priority", json=form)) == "order_refused"
        assert code(await boss.post("/api/orders/GZ004/priority", json={"priority": 0, "why": ""})) == "invalid"
    async with signed_in(web, "wang") as operator:
        assert code(await operator.post("/api/orders/GZ003/priority", json=form)) == "role_may_not"
    called = await journal.write(next_waiting)
    assert called is not None
    assert called.acceptance == "GZ004"


async def test_a_batch_is_called_alone_and_adds_up_when_it_closes(
    web: str, journal: Journal, config: LineConfig
) -> None:
    async with signed_in(web, "zhao") as boss:
        assert code(await boss.post("/api/batches/close", json={"why": "too early"})) == "no_batch"
        assert code(await boss.post("/api/batches", json={"name": "east", "route": "east"})) == "nothing_fits"
        assert (await boss.post("/api/batches", json={"name": "south", "route": "south"})).json() == {"batch": 1}
        assert code(await boss.post("/api/batches", json={"name": "more"})) == "batch_open"
        called = await journal.write(next_waiting)
        assert called is not None
        assert called.acceptance == "GZ003"
        await journal.write(lambda ledger: pack(ledger, "GZ003", ended=False))
        assert code(await boss.post("/api/batches/close", json={"why": "evening"})) == "line_not_clear"
        await journal.write(_finish)
        await journal.write(lambda ledger: spoil_part(ledger, "PM0000000004", "scratched", "wang"))
        assert await journal.write(next_waiting) is None  # the north waits for its own batch
        closed = (await boss.post("/api/batches/close", json={"why": "evening"})).json()
    account = closed["account"]
    assert account == {"ordered": 2, "packed": 1, "spoiled": 1, "open": 0, "on_line": 0}
    called = await journal.write(next_waiting)
    assert called is not None
    assert called.acceptance == "GZ001"
    with closing(open_reading(config.store.journal)) as reading:
        assert batches(reading)[0].account.ordered == 2
        assert verify_chain(reading) is None


def _finish(ledger: Ledger) -> None:
    ledger.connection.execute("UPDATE items SET outcome = 'packed', ended_at = ?", (ledger.at,))
    ledger.connection.execute("UPDATE orders SET state = 'packed' WHERE acceptance = 'GZ003'")


async def test_a_bag_closes_with_its_manifest(web: str, journal: Journal, config: LineConfig) -> None:
    async with signed_in(web, "wang") as operator:
        assert code(await operator.post("/api/bags/close")) == "bag_empty"
        await journal.write(lambda ledger: pack(ledger, "GZ001"))
        await journal.write(lambda ledger: pack(ledger, "GZ002"))
        assert (await operator.post("/api/bags/close")).json() == {"bag": 1}
        bags = (await operator.get("/api/bags")).json()
        assert [(each["bag"], each["state"], each["parcels"]) for each in bags] == [(2, "open", 0), (1, "closed", 2)]
        held = (await operator.get("/api/bags/1/manifest")).json()
        assert [each["mail_number"] for each in held["parcels"]] == ["11GZ001", "11GZ002"]
        sheet = await operator.get("/api/bags/1/manifest.csv")
        assert sheet.text.splitlines()[1].startswith("11GZ001,GZ001,1,")
        assert (await operator.get("/api/bags/1/manifest.pdf")).content.startswith(b"%PDF")
        assert code(await operator.get("/api/bags/77/manifest")) == "unknown_bag"
    with closing(open_reading(config.store.journal)) as reading:
        told = reading.execute("SELECT data FROM history WHERE kind = 'bag_closed'").fetchone()[0]
    assert held["digest"] in told


async def test_a_bag_with_an_unknown_parcel_stays(web: str, journal: Journal) -> None:
    await journal.write(lambda ledger: pack(ledger, "GZ001"))
    await journal.write(lambda ledger: pack(ledger, "GZ002"))
    await journal.write(
        lambda ledger: ledger.connection.execute("UPDATE items SET outcome = 'unknown' WHERE acceptance = 'GZ002'")
    )
    async with signed_in(web, "wang") as operator:
        assert code(await operator.post("/api/bags/close")) == "items_open"


async def test_a_number_is_voided_by_a_supervisor_alone_and_only_while_its_parcel_has_not_left(
    web: str, journal: Journal
) -> None:
    async with signed_in(web, "li") as technician:
        answer = await technician.post(f"/api/mail-numbers/{NUMBERS[1]}/void", json={"why": "taken back"})
        assert code(answer) == "role_may_not"
    await journal.write(_reserve)
    async with signed_in(web, "zhao") as boss:
        why = {"why": "carrier took it back"}
        assert (await boss.post(f"/api/mail-numbers/{NUMBERS[1]}/void", json=why)).json()["item"] is None
        assert code(await boss.post(f"/api/mail-numbers/{NUMBERS[1]}/void", json=why)) == "void_refused"
        assert (await boss.post("/api/mail-numbers/9999999999999/void", json=why)).status_code == 404
        assert (await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json=why)).json()["item"] == 1
        await journal.write(
            lambda ledger: ledger.connection.execute("UPDATE items SET ended_at = 'now', outcome = 'unknown'")
        )
        assert code(await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json=why)) == "item_unknown"
        await journal.write(lambda ledger: advance(ledger, NUMBERS[0], MailNumberState.PRINTED))
        await journal.write(lambda ledger: advance(ledger, NUMBERS[0], MailNumberState.APPLIED))
        await journal.write(lambda ledger: advance(ledger, NUMBERS[0], MailNumberState.DISPATCHED))
        assert code(await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json=why)) == "parcel_dispatched"


@pytest.mark.parametrize("known", [NUMBERS[0], None])
async def test_the_item_that_holds_a_voided_number_is_suspect_even_before_it_knows_its_number(
    web: str, journal: Journal, known: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = SimpleNamespace(
        token=1,
        mail_number=known,
        activity=Activity.PRINTING,
        challenge=None,
        suspect="",
        acceptance="GZ001",
        zone="label",
        carrier=4,
    )
    monkeypatch.setitem(ITEMS, 1, item)
    await journal.write(_reserve)
    async with signed_in(web, "zhao") as boss:
        asked = await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json={"why": "torn at the peel edge"})
        assert asked.json()["item"] == 1
        item.activity = Activity.DIVERTING
        item.mail_number = NUMBERS[0]
        again = await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json={"why": "torn at the peel edge"})
        assert code(again) == "at_the_gate"
    assert item.suspect == VOIDED_CAUSE
    told = await journal.write(lambda ledger: ledger.connection.execute("SELECT suspect FROM items").fetchone()[0])
    assert told == VOIDED_CAUSE


async def test_only_the_label_of_a_void_number_is_told_destroyed_and_once(web: str, journal: Journal) -> None:
    label = {"number": NUMBERS[0]}
    await journal.write(_reserve)
    async with signed_in(web, "wang") as operator:
        assert code(await operator.post("/api/labels/destroyed", json=label)) == "label_lives"
        assert (await operator.get("/api/labels/to-destroy")).json() == []
        await journal.write(lambda ledger: advance(ledger, NUMBERS[0], MailNumberState.PRINTED))
        await journal.write(_reject)
        (left,) = (await operator.get("/api/labels/to-destroy")).json()
        assert (left["number"], left["was"], left["carrier"]) == (NUMBERS[0], "printed", 4)
        seen = (await operator.get("/api/owner", params={"code": NUMBERS[0]})).json()
        assert (seen["number_state"], seen["destroyed"]) == ("voided", False)
        assert (await operator.post("/api/labels/destroyed", json=label)).status_code == 200
        assert code(await operator.post("/api/labels/destroyed", json=label)) == "destroyed_before"
        assert (await operator.get("/api/labels/to-destroy")).json() == []
        assert (await operator.get("/api/owner", params={"code": NUMBERS[0]})).json()["destroyed"] is True
        assert code(await operator.post("/api/labels/destroyed", json={"number": NUMBERS[1]})) == "label_lives"
    async with signed_in(web, "sun") as viewer:
        assert code(await viewer.post("/api/labels/destroyed", json=label)) == "role_may_not"


async def test_a_label_that_was_spoiled_before_it_was_applied_is_told_destroyed_at_once(
    web: str, journal: Journal
) -> None:
    await journal.write(_reserve)
    async with signed_in(web, "zhao") as boss:
        asked = await boss.post(f"/api/mail-numbers/{NUMBERS[0]}/void", json={"why": "torn at the peel edge"})
        assert asked.json() == {"number": NUMBERS[0], "item": 1}
        assert (await boss.post("/api/labels/destroyed", json={"number": NUMBERS[0]})).status_code == 200
    await journal.write(_reject)
    async with signed_in(web, "wang") as operator:
        assert (await operator.get("/api/labels/to-destroy")).json() == []


def _lose_sight(ledger: Ledger) -> None:
    ledger.connection.execute("UPDATE items SET ended_at = ?, outcome = 'unknown'", (ledger.at,))


def _reject(ledger: Ledger) -> None:
    void(ledger, NUMBERS[0], "suspect")
    ledger.connection.execute("UPDATE items SET outcome = 'rejected', reason = 'suspect', ended_at = ?", (ledger.at,))


def _reserve(ledger: Ledger) -> None:
    pack(ledger, "GZ001", ended=False)
    reserve(ledger, 1, "GZ001")


async def test_the_backlog_counts_what_is_late_and_due_before_each_collection(
    journal: Journal, config: LineConfig
) -> None:
    now = datetime(2026, 11, 30, 12, 30, tzinfo=UTC).astimezone(datetime.now(UTC).astimezone().tzinfo)
    due_first = datetime.fromisoformat("2026-11-30T11:00:00+08:00")
    with closing(open_reading(config.store.journal)) as reading:
        seen = backlog(reading, due_first + timedelta(minutes=90), ("15:00", "13:30"))
        assert (seen.late, len(seen.groups)) == (2, 2)
        assert [(each.route, each.waiting) for each in seen.groups] == [("north", 2), ("south", 2)]
        assert [each.open for each in seen.cut_offs] == [3, 4]
        assert backlog(reading, now, ()).late == 4
