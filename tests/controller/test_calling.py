"""The pick list and what a restart reads of it: the next order, open items with what was measured, lost recipes."""

from __future__ import annotations

from order_bench import car_order

from controller.flow.calling import call_next, note_suspect, open_items, without_recipe
from controller.flow.items import Stage
from controller.flow.tracking import record_stage
from controller.journal import Journal, Ledger
from controller.orders.work_orders import OrderRow, accept_orders
from controller.plan.config import LineConfig


async def _ordered(journal: Journal, example: LineConfig) -> None:
    rows = [OrderRow(number, car_order(number)) for number in (1, 2)]
    intake = await journal.write(lambda ledger: accept_orders(ledger, rows, example.recipes))
    assert not intake.refused


async def test_an_item_read_again_after_a_restart_knows_what_its_event_must_tell(
    journal: Journal, example: LineConfig
) -> None:
    await _ordered(journal, example)
    item = await journal.write(lambda ledger: call_next(ledger, 7, example.recipes))
    assert item is not None

    def pack(ledger: Ledger) -> None:
        measured = {"carrier": 7, "cycles": 3, "dwell_ms": 600, "force_n": 301}
        record_stage(ledger, item, Stage.SEALED, result="OK", measured=measured)
        record_stage(ledger, item, Stage.INSPECTED, weight_g=405.5, picture="")

    await journal.write(pack)
    [known] = await journal.write(lambda ledger: open_items(ledger, example.recipes))
    assert (known.token, known.carrier, known.stage) == (item.token, 7, Stage.INSPECTED)
    assert known.measured == {"dwell_ms": 600, "force_n": 301, "weight_g": 405.5}


async def test_an_ended_item_is_not_made_suspect_afterwards(journal: Journal, example: LineConfig) -> None:
    await _ordered(journal, example)
    item = await journal.write(lambda ledger: call_next(ledger, 7, example.recipes))
    assert item is not None
    item.suspect = "stopped"

    def end_and_suspect(ledger: Ledger) -> None:
        ledger.connection.execute("UPDATE items SET ended_at = ?", (ledger.at,))
        note_suspect(ledger, [item])

    await journal.write(end_and_suspect)
    told = await journal.write(
        lambda ledger: ledger.connection.execute("SELECT COUNT(*) FROM history WHERE kind = 'suspect'").fetchone()[0]
    )
    assert told == 0


async def test_a_recipe_that_orders_still_need_is_named_when_it_is_gone(journal: Journal, example: LineConfig) -> None:
    await _ordered(journal, example)
    left = {name: recipe for name, recipe in example.recipes.items() if name != "small_car_plates"}
    assert await journal.write(lambda ledger: without_recipe(ledger, example.recipes)) == []
    assert await journal.write(lambda ledger: without_recipe(ledger, left)) == ["small_car_plates"]
