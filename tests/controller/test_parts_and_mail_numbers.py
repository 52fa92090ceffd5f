"""Where a part may go, and the one life of a mail number."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_bench import car_order, rows

from controller.dispatch.bags import freeze_bag, open_bag
from controller.formats.mail_numbers import s10_check_digit
from controller.journal import Journal, Ledger
from controller.journal.reading import tallied
from controller.masking import mask
from controller.orders.mail_numbers import LEGAL_MOVES as NUMBER_MOVES
from controller.orders.mail_numbers import (
    IllegalMailNumberMove,
    MailNumberError,
    MailNumberState,
    PoolEmpty,
    advance,
    fill_pool,
    reserve,
    void,
)
from controller.orders.parts_ledger import (
    LEGAL_MOVES,
    IllegalPartMove,
    PartState,
    UnknownPart,
    balances,
    move_order_parts,
    part_by_code,
    spoil_part,
)
from controller.orders.work_orders import accept_orders
from controller.plan.config import LineConfig

S = PartState
FIRST, SECOND = "EA123456785CN", "1100000001460"


@pytest.fixture
async def stocked(journal: Journal, example: LineConfig) -> Journal:
    await journal.write(lambda ledger: accept_orders(ledger, rows(car_order(1), car_order(2)), example.recipes))
    return journal


def state_of(ledger: Ledger, code: str) -> PartState:
    part = part_by_code(ledger, code)
    assert part is not None
    return part.state


async def outbox(journal: Journal) -> list[str]:
    found = await journal.write(lambda ledger: ledger.connection.execute("SELECT type FROM outbox").fetchall())
    return [row[0].split(".")[-2] for row in found]


async def test_parts_go_through_the_line(stocked: Journal) -> None:
    for to, item in ((S.ON_LINE, 7), (S.SEALED, 7), (S.IN_STORE, None), (S.RETURNED, None)):
        await stocked.write(lambda ledger, to=to, item=item: move_order_parts(ledger, "GA000001", to, item))
    counted = await stocked.write(lambda ledger: balances(ledger.connection))
    assert counted == {state: 2 if state in (S.RETURNED, S.IN_STORE) else 0 for state in PartState}


@pytest.mark.parametrize(
    ("found", "to"), [pair for pair in itertools.product(S, S) if pair[1] not in LEGAL_MOVES[pair[0]]]
)
async def test_illegal_part_moves_raise_and_move_nothing(stocked: Journal, found: S, to: S) -> None:
    def put(ledger: Ledger) -> None:
        ledger.connection.execute("UPDATE parts SET state = ? WHERE code = 'PM0000000003'", (found,))

    await stocked.write(put)
    if found is S.SPOILED:  # a spoiled part stays behind when the order's others move
        return
    with pytest.raises(IllegalPartMove, match=f"is .*, can't become {to}"):
        await stocked.write(lambda ledger: move_order_parts(ledger, "GA000001", to))
    assert await stocked.write(lambda ledger: state_of(ledger, "PM0000000002")) is S.IN_STORE


async def test_a_spoiled_part_asks_for_one_remake(stocked: Journal) -> None:
    await stocked.write(lambda ledger: spoil_part(ledger, "PM0000000002", "scratched", "op1"))
    with pytest.raises(IllegalPartMove, match="is spoiled, can't become spoiled; allowed from there: nowhere"):
        await stocked.write(lambda ledger: spoil_part(ledger, "PM0000000002", "scratched", "op1"))
    remakes = await stocked.write(
        lambda ledger: ledger.connection.execute("SELECT code, reason FROM remakes").fetchall()
    )
    assert remakes == [("PM0000000002", "scratched")]
    assert await outbox(stocked) == ["remake_requested"]
    await stocked.write(lambda ledger: move_order_parts(ledger, "GA000001", S.ON_LINE, 1))
    assert await stocked.write(lambda ledger: state_of(ledger, "PM0000000002")) is S.SPOILED
    with pytest.raises(UnknownPart, match="PM404: no order has named it"):
        await stocked.write(lambda ledger: spoil_part(ledger, "PM404", "lost", "op1"))
    with pytest.raises(UnknownPart, match="GA000404"):
        await stocked.write(lambda ledger: move_order_parts(ledger, "GA000404", S.ON_LINE, 1))


def give_item(ledger: Ledger, item: int, acceptance: str) -> None:
    ledger.connection.execute(
        "INSERT INTO items (item, acceptance, attempt, product, carrier, zone, stage, called_at)"
        " VALUES (?, ?, 1, 'small_car_plates', 3, 'label', 'proven', ?)",
        (item, acceptance, ledger.at),
    )


@pytest.fixture
async def pooled(stocked: Journal) -> Journal:
    await stocked.write(lambda ledger: fill_pool(ledger, [FIRST, SECOND]))
    await stocked.write(lambda ledger: give_item(ledger, 1, "GA000001"))
    await stocked.write(lambda ledger: give_item(ledger, 2, "GA000002"))
    return stocked


async def test_the_pool_takes_each_number_once(pooled: Journal) -> None:
    fill = await pooled.write(lambda ledger: fill_pool(ledger, [FIRST, "EA123456784CN", "x", "9912345678901"]))
    assert (fill.added, fill.already, [number for number, _ in fill.refused]) == (1, 1, ["EA123456784CN", "x"])
    assert "must be 5, found 4" in fill.refused[0][1].en
    assert await pooled.write(lambda ledger: tallied(ledger.connection, "mail_numbers")["free"]) == 3
    strict = await pooled.write(lambda ledger: fill_pool(ledger, ["9912345678902"], unchecked_prefixes=()))
    assert strict.added == 0


async def test_the_whole_life(pooled: Journal) -> None:
    assert await pooled.write(lambda ledger: reserve(ledger, 1, "GA000001")) == FIRST
    for to in (MailNumberState.PRINTED, MailNumberState.APPLIED, MailNumberState.DISPATCHED):
        await pooled.write(lambda ledger, to=to: advance(ledger, FIRST, to))
    with pytest.raises(IllegalMailNumberMove, match="is dispatched, can't become voided"):
        await pooled.write(lambda ledger: void(ledger, FIRST, "seal_out_of_limits"))
    assert await outbox(pooled) == []


async def test_a_reject_after_print_voids_for_ever_and_a_reprint_is_a_new_number(pooled: Journal) -> None:
    first = await pooled.write(lambda ledger: reserve(ledger, 1, "GA000001"))
    await pooled.write(lambda ledger: advance(ledger, first, MailNumberState.PRINTED))
    with pytest.raises(MailNumberError, match="void it before another is reserved"):
        await pooled.write(lambda ledger: reserve(ledger, 1, "GA000001"))
    await pooled.write(lambda ledger: void(ledger, first, "waybill_not_applied"))
    assert await outbox(pooled) == ["voided"]
    assert await pooled.write(lambda ledger: reserve(ledger, 1, "GA000001")) == SECOND
    assert (await pooled.write(lambda ledger: fill_pool(ledger, [FIRST]))).already == 1
    with pytest.raises(IllegalMailNumberMove, match="allowed from there: nothing"):
        await pooled.write(lambda ledger: void(ledger, first, "again"))


async def test_a_reserved_number_is_told_void_because_its_label_may_come_out_all_the_same(pooled: Journal) -> None:
    """A printer that falls silent after it was sent a label prints it later: dispatch must know its number is void."""
    first = await pooled.write(lambda ledger: reserve(ledger, 1, "GA000001"))
    await pooled.write(lambda ledger: void(ledger, first, "suspect"))
    assert len(await outbox(pooled)) == 1
    assert await pooled.write(lambda ledger: tallied(ledger.connection, "mail_numbers")["free"]) == 1


async def test_a_free_number_is_voided_without_an_event(pooled: Journal) -> None:
    await pooled.write(lambda ledger: void(ledger, FIRST, "withdrawn"))
    assert await outbox(pooled) == []


async def test_an_empty_pool_says_so_and_no_number_goes_to_two_items(pooled: Journal) -> None:
    given = [await pooled.write(lambda ledger, n=n: reserve(ledger, n, f"GA00000{n}")) for n in (1, 2)]
    assert given == [FIRST, SECOND]
    with pytest.raises(PoolEmpty, match="import more"):
        await pooled.write(lambda ledger: reserve(ledger, 3, "GA000002"))
    with pytest.raises(MailNumberError, match="not from this line's pool"):
        await pooled.write(lambda ledger: advance(ledger, "RR473124829GB", MailNumberState.PRINTED))


M = MailNumberState


@pytest.mark.parametrize(("found", "to"), list(itertools.product(M, M)))
async def test_every_step_of_a_life_is_legal_or_raises(pooled: Journal, found: M, to: M) -> None:
    def attempt(ledger: Ledger) -> Any:
        ledger.connection.execute(
            "UPDATE mail_numbers SET state = ?, acceptance = 'GA000001', item = 1 WHERE number = ?", (found, FIRST)
        )
        return void(ledger, FIRST, "test") if to is M.VOIDED else advance(ledger, FIRST, to)

    legal = to in NUMBER_MOVES[found] and to is not M.RESERVED
    if legal:
        await pooled.write(attempt)
    else:
        with pytest.raises(IllegalMailNumberMove, match=f"is {found}, can't become {to}"):
            await pooled.write(attempt)


async def test_bags(journal: Journal) -> None:
    first = await journal.write(open_bag)
    assert await journal.write(open_bag) == first
    assert await journal.write(lambda ledger: freeze_bag(ledger, "unknown_divert")) == first
    assert await journal.write(open_bag) == first + 1


@given(st.text(max_size=40))
def test_masking_keeps_length_and_hides_the_middle(code: str) -> None:
    masked = mask(code)
    assert len(masked) == len(code)
    assert masked[2:-2] == "*" * len(code[2:-2])
    assert "*" in masked or not code


@given(st.text("0123456789", min_size=8, max_size=8))
def test_s10_check_is_one_digit(serial: str) -> None:
    assert s10_check_digit(serial) in set("0123456789")
