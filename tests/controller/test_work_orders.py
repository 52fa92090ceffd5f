"""Taking orders in, and the life of their attempts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from order_bench import car_order, rows

from controller.journal import Journal
from controller.journal.reading import item_story, order_lines, pick_list, verify_chain
from controller.orders.parts_ledger import PartState, balances, move_order_parts, part_by_code, spoil_part
from controller.orders.work_orders import (
    Intake,
    OrderRefused,
    OrderState,
    accept_orders,
    begin_attempt,
    end_attempt,
    next_waiting,
    order_of,
    release_rework,
)
from controller.plan.config import LineConfig


@pytest.fixture
def take(journal: Journal, example: LineConfig) -> Any:
    async def _take(*orders: dict[str, Any]) -> Intake:
        return await journal.write(lambda ledger: accept_orders(ledger, rows(*orders), example.recipes))

    return _take


async def states(journal: Journal) -> dict[str, str]:
    lines = await journal.write(lambda ledger: order_lines(ledger.connection))
    return {line.acceptance: line.state for line in lines}


async def test_an_order_goes_in_with_its_parts_in_store(journal: Journal, take: Any) -> None:
    intake = await take(car_order(1))
    assert (intake.accepted, intake.already, intake.refused) == (["GA000001"], [], [])
    order = await journal.write(next_waiting)
    assert order is not None
    assert order.due.isoformat() == "2026-12-01T09:00:00+00:00"
    assert [(part.role, part.code, part.number) for part in order.parts] == [
        ("front", "PM0000000002", "粤A00001"),
        ("rear", "PM0000000003", "粤A00001"),
    ]
    part = await journal.write(lambda ledger: part_by_code(ledger, "PM0000000003"))
    assert part is not None
    assert (part.state, part.role, part.kind, part.item) == (PartState.IN_STORE, "rear", "plate", None)
    assert await journal.write(lambda ledger: part_by_code(ledger, "PM9")) is None


async def test_the_same_order_twice_is_one_order(take: Any) -> None:
    await take(car_order(1))
    turned = car_order(1) | {"parts": car_order(1)["parts"][::-1], "due": "2026-12-01T09:00:00Z"}
    again = await take(turned, car_order(1))
    assert (again.accepted, again.already, again.refused) == ([], ["GA000001", "GA000001"], [])


async def test_a_changed_order_is_refused_with_every_difference(journal: Journal, take: Any) -> None:
    await take(car_order(1))
    parts = [{"role": "front", "code": "PM0000000002"}, {"role": "rear", "code": "PM0000000099"}]
    changed = await take(car_order(1, priority=2, number="粤A00002", parts=parts))
    said = changed.refused[0].text
    for name in ("priority: 5 → 2", "front.number: 粤A00001 → 粤A00002", "rear.code: PM0000000003 → PM0000000099"):
        assert name in said.en
        assert name in said.zh
    assert await journal.write(lambda ledger: part_by_code(ledger, "PM0000000099")) is None


BAD: list[tuple[dict[str, Any], str]] = [
    ({"acceptance": ""}, "acceptance is ''"),
    ({"acceptance": "a b"}, "acceptance is 'a b'"),
    ({"acceptance": None}, "acceptance is None"),
    ({"product": "tractor_plates"}, "product 'tractor_plates' is unknown, known: ebike_plate"),
    ({"product": 7}, "product is 7"),
    ({"due": "2026-12-01T17:00:00"}, "with its zone"),
    ({"due": "tomorrow"}, "due is 'tomorrow'"),
    ({"priority": 10}, "priority is 10, must be a whole number from 0 to 9"),
    ({"priority": -1}, "priority is -1"),
    ({"priority": "high"}, "priority is 'high'"),
    ({"route": "a/b"}, "route is 'a/b'"),
    ({"colour": "blue"}, "field colour is unknown"),
    ({"parts": "none"}, "parts is 'none'"),
    ({"parts": []}, "parts is []"),
    ({"parts": ["PM0000000002"]}, "parts.0"),
    ({"parts": [{"role": "front"}]}, "parts.0.code is missing"),
    ({"parts": [{"role": "front", "code": "PM0000000002"}]}, "parts must be exactly ['front', 'rear']"),
    ({"parts": [{"role": "front", "code": f"PM000000000{n}"} for n in (2, 3)]}, "found ['front', 'front']"),
    ({"parts": [{"role": r, "code": "PM0000000002"} for r in ("front", "rear")]}, "each part has a code of its own"),
    ({"parts": [{"role": r, "code": f"PX{r}"} for r in ("front", "rear")]}, "front.code is 'PXfront', must fit"),
    ({"number": "粤I00001"}, "front.number: place 2"),
    ({"number": ""}, "front.number is missing"),
    (
        {
            "parts": [
                {"role": r, "code": f"PM000000000{n}", "number": f"粤A0000{n}"} for r, n in (("front", 2), ("rear", 3))
            ]
        },
        "all plates bear one number",
    ),
]


@pytest.mark.parametrize(("change", "said"), BAD)
async def test_a_bad_row_is_refused_while_the_rest_goes_in(take: Any, change: dict[str, Any], said: str) -> None:
    intake = await take(car_order(5), car_order(1) | change, car_order(6))
    assert intake.accepted == ["GA000005", "GA000006"]
    assert [refusal.line for refusal in intake.refused] == [2]
    assert said in intake.refused[0].text.en
    assert intake.refused[0].text.zh


async def test_missing_fields_are_named(take: Any) -> None:
    intake = await take({})
    assert "acceptance is missing" in intake.refused[0].text.en
    assert "due is missing" in intake.refused[0].text.en


async def test_certificate_codes_keep_their_check_character(take: Any) -> None:
    order = {"acceptance": "GB1", "product": "licences", "due": "2026-12-01T17:00:00+08:00"}
    codes = {"vehicle_licence": "4470012345678", "driving_licence": "1150000000001"}
    intake = await take(order | {"acceptance": "GB01", "parts": [{"role": r, "code": c} for r, c in codes.items()]})
    assert "driving_licence.code: check character must be 4, found 5" in intake.refused[0].text.en


async def test_a_code_belongs_to_one_order(take: Any) -> None:
    stolen = car_order(2) | {
        "parts": [{"role": "front", "code": "PM0000000002"}, {"role": "rear", "code": "PM0000000005"}]
    }
    intake = await take(car_order(1), stolen)
    assert intake.accepted == ["GA000001"]
    assert "PM0000000002, which belongs to order GA000001 already" in intake.refused[0].text.en


async def test_the_next_is_by_priority_then_due_then_number(journal: Journal, take: Any) -> None:
    later = "2026-12-02T17:00:00+08:00"
    await take(car_order(4), car_order(3), car_order(2, due=later), car_order(1, priority=9), car_order(5, priority=0))
    called = []
    while (order := await journal.write(next_waiting)) is not None:
        called.append(order.acceptance)
        acceptance = order.acceptance
        assert await journal.write(lambda ledger, acceptance=acceptance: begin_attempt(ledger, acceptance)) == 1
    assert called == ["GA000005", "GA000003", "GA000004", "GA000002", "GA000001"]


async def test_rejected_rework_and_second_attempt(journal: Journal, take: Any) -> None:
    await take(car_order(1))
    with pytest.raises(OrderRefused, match="is waiting, only a under_way one"):
        await journal.write(lambda ledger: end_attempt(ledger, "GA000001", packed=True))
    await journal.write(lambda ledger: begin_attempt(ledger, "GA000001"))
    await journal.write(lambda ledger: move_order_parts(ledger, "GA000001", PartState.ON_LINE, 7))
    with pytest.raises(OrderRefused, match="is under_way, only a waiting one"):
        await journal.write(lambda ledger: begin_attempt(ledger, "GA000001"))
    with pytest.raises(OrderRefused, match="is under_way, only a rejected one"):
        await journal.write(lambda ledger: release_rework(ledger, "GA000001", "op1"))
    await journal.write(lambda ledger: end_attempt(ledger, "GA000001", packed=False))
    assert await states(journal) == {"GA000001": OrderState.REJECTED}
    assert await journal.write(next_waiting) is None
    await journal.write(lambda ledger: release_rework(ledger, "GA000001", "op1"))
    assert (await journal.write(lambda ledger: balances(ledger.connection)))[PartState.IN_STORE] == 2
    assert await journal.write(lambda ledger: begin_attempt(ledger, "GA000001")) == 2
    await journal.write(lambda ledger: end_attempt(ledger, "GA000001", packed=True))
    assert await states(journal) == {"GA000001": OrderState.PACKED}
    with pytest.raises(OrderRefused, match="GB404 is unknown"):
        await journal.write(lambda ledger: release_rework(ledger, "GB404", "op1"))


async def test_a_spoiled_part_waits_for_its_remake(journal: Journal, take: Any) -> None:
    await take(car_order(1))
    await journal.write(lambda ledger: spoil_part(ledger, "PM0000000002", "scratched", "op1"))
    assert await journal.write(next_waiting) is None
    refused = await take(
        car_order(1, priority=1, parts=[{"role": "front", "code": "PM0000000098"}, car_order(1)["parts"][1]])
    )
    assert "priority: 5 → 1" in refused.refused[0].text.en
    assert "front.code" not in refused.refused[0].text.en
    remade = await take(car_order(1, parts=[{"role": "front", "code": "PM0000000098"}, car_order(1)["parts"][1]]))
    assert remade.accepted == ["GA000001"]
    order = await journal.write(next_waiting)
    assert order is not None
    assert order.parts[0].code == "PM0000000098"
    assert (await journal.write(lambda ledger: order_of(ledger, "GA000001"))) == order


async def test_rework_is_not_released_while_a_part_is_spoiled(journal: Journal, take: Any) -> None:
    await take(car_order(1))
    await journal.write(lambda ledger: begin_attempt(ledger, "GA000001"))
    await journal.write(lambda ledger: end_attempt(ledger, "GA000001", packed=False))
    await journal.write(lambda ledger: spoil_part(ledger, "PM0000000002", "bent", "op1"))
    with pytest.raises(OrderRefused, match=r"front \(PM0000000002\).* is spoiled") as refused:
        await journal.write(lambda ledger: release_rework(ledger, "GA000001", "op1"))
    assert "补制" in refused.value.text.zh


async def test_history_names_no_plate(journal: Journal, take: Any) -> None:
    await take(car_order(1), car_order(1, number="粤A00002"))
    await journal.write(lambda ledger: spoil_part(ledger, "PM0000000002", "scratched", "op1"))
    history = await journal.write(lambda ledger: ledger.connection.execute("SELECT data FROM history").fetchall())
    outbox = await journal.write(lambda ledger: ledger.connection.execute("SELECT body FROM outbox").fetchall())
    assert "粤" not in str(history)
    assert "PM0000000002" not in str(outbox)
    assert json.loads(outbox[0][0])["data"]["parts"] == [{"role": "front", "code": "PM********02"}]
    assert await journal.write(lambda ledger: verify_chain(ledger.connection)) is None
    story = await journal.write(lambda ledger: item_story(ledger.connection, "GA000001"))
    assert story is not None
    assert [entry.kind for entry in story.entries] == ["order_accepted", "parts_moved", "part_spoiled", "event_made"]
    assert await journal.write(lambda ledger: pick_list(ledger.connection)) == []
