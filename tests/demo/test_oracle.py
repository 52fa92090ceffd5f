"""The oracle bites: each kind of wrong, lost and doubled, made by hand, is found and said in words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from devices.plc.contract import Chute
from simulators.oracle import Judgement, Told, judge, read_ledger
from simulators.products import PRODUCTS
from simulators.scenario import Scenario, make_scenario
from simulators.stock import Parcel, Stock

SCENARIO = make_scenario(1, 5, troubled=False)
PAIR = next(order for order in SCENARIO.orders if order.product == "small_car_plates").acceptance
OTHER = next(order for order in SCENARIO.orders if order.product == "ebike_plate").acceptance


class Run:
    """A run in which all went well, for a test to spoil."""

    def __init__(self, scenario: Scenario = SCENARIO) -> None:
        self.scenario = scenario
        self.mail = dict(zip(scenario.trays, scenario.mail_numbers, strict=False))
        self.parcels = {each: self._parcel(at, each) for at, each in enumerate(scenario.trays, start=1)}
        self.ledger = [Told(at, "sealed", kit, self.mail[kit]) for at, kit in enumerate(scenario.trays, start=1)]
        self.on_line: tuple[str, ...] = ()
        self.more: list[Parcel] = []

    def _parcel(self, at: int, kit: str) -> Parcel:
        product = next(order.product for order in self.scenario.orders if order.acceptance == kit)
        return Parcel(
            chute=Chute.DISPATCH,
            fell_at=at,
            kit=kit,
            attempt=1,
            parts=tuple(lying.part for lying in self.scenario.trays[kit]),
            labels=((self.mail[kit], self.mail[kit]),),
            seal_temperature_dc=round(10 * sum(PRODUCTS[product].seal_c) / 2),
        )

    def change(self, kit: str, **facts: object) -> None:
        self.parcels[kit] = replace(self.parcels[kit], **facts)  # type: ignore[arg-type]

    def judge(self) -> Judgement:
        stock = Stock(parcels=(*self.parcels.values(), *self.more), on_line=self.on_line)
        return judge(stock, self.scenario, self.ledger)


def test_a_good_run_is_clean() -> None:
    judgement = Run().judge()
    assert judgement.clean
    assert not any(judgement.findings.values())


def test_a_rejected_order_is_accounted_for() -> None:
    run = Run()
    run.change(PAIR, chute=Chute.REJECT, labels=(), seal_temperature_dc=None)
    run.ledger = [event for event in run.ledger if event.acceptance != PAIR]
    run.ledger = [replace(event, sequence=at) for at, event in enumerate(run.ledger, start=1)]
    assert run.judge().clean


def test_a_mended_order_is_clean() -> None:
    run = Run()
    first = replace(run.parcels[PAIR], chute=Chute.REJECT, labels=(), seal_temperature_dc=None, opened=True)
    run.more.append(first)
    run.change(PAIR, fell_at=9, attempt=2)
    assert run.judge().clean


@pytest.mark.parametrize("numbered", [True, False])
def test_a_recalled_parcel_is_put_aside_whatever_is_wrong_with_it(numbered: bool) -> None:
    run = Run()
    swap_a_part(run)
    for kit in (PAIR, OTHER):
        if not numbered:
            run.change(kit, labels=())
            run.ledger = [event for event in run.ledger if event.acceptance != kit]
        run.ledger.append(Told(99, "recalled", kit, run.mail[kit] if numbered else ""))
    run.ledger = [replace(event, sequence=at) for at, event in enumerate(run.ledger, start=1)]
    assert run.judge().clean, run.judge()


def test_a_recall_of_a_parcel_that_hands_had_changed_has_its_bag_looked_through() -> None:
    run = Run()
    run.ledger = [event for event in run.ledger if event.acceptance != PAIR]
    run.ledger.append(Told(98, "voided", PAIR, run.mail[PAIR]))
    run.ledger = [replace(event, sequence=at) for at, event in enumerate(run.ledger, start=1)]
    assert not run.judge().clean
    run.ledger.append(Told(len(run.ledger) + 1, "recalled", OTHER, SCENARIO.mail_numbers[-1]))
    assert run.judge().clean, run.judge()
    run.change(OTHER, labels=())
    run.ledger = [event for event in run.ledger if event.acceptance != OTHER or event.kind == "recalled"]
    run.ledger = [replace(event, sequence=at) for at, event in enumerate(run.ledger, start=1)]
    run.more.append(replace(run.parcels[PAIR], fell_at=9, labels=(("x", "x"),)))
    assert not run.judge().clean, "one more than was recalled"


def swap_a_part(run: Run) -> None:
    mine, other = run.parcels[PAIR].parts, run.parcels[OTHER].parts
    run.change(PAIR, parts=(mine[0], other[0]))
    run.change(OTHER, parts=(mine[1], *other[1:]))


def emboss_another_text(run: Run) -> None:
    front, rear = run.parcels[PAIR].parts
    run.change(PAIR, parts=(replace(front, text="粤B88888"), rear))


def put_in_a_nobodys_plate(run: Run) -> None:
    front, rear = run.parcels[PAIR].parts
    run.change(PAIR, parts=(front, replace(rear, owner="")))


def leave_a_part_out(run: Run) -> None:
    run.change(PAIR, parts=run.parcels[PAIR].parts[:1])


def put_a_part_in_beside(run: Run) -> None:
    stray = replace(run.parcels[OTHER].parts[0], part_id="stray", owner="")
    run.change(PAIR, parts=(*run.parcels[PAIR].parts, stray))


def put_two_of_a_role(run: Run) -> None:
    front, rear = run.parcels[PAIR].parts
    run.change(PAIR, parts=(front, rear, replace(front, part_id="second")))


def send_an_empty_parcel(run: Run) -> None:
    run.change(PAIR, parts=())


def send_it_open(run: Run) -> None:
    run.change(PAIR, seal_temperature_dc=None)


def seal_it_cold(run: Run) -> None:
    run.change(PAIR, seal_temperature_dc=1150)


def send_it_bare(run: Run) -> None:
    run.change(PAIR, labels=())


def label_it_twice(run: Run) -> None:
    run.change(PAIR, labels=(*run.parcels[PAIR].labels, (SCENARIO.mail_numbers[-1], SCENARIO.mail_numbers[-1])))


def exchange_labels(run: Run) -> None:
    one, two = run.parcels[PAIR].labels, run.parcels[OTHER].labels
    run.change(PAIR, labels=two)
    run.change(OTHER, labels=one)


def print_another_number_under_the_bars(run: Run) -> None:
    run.change(PAIR, labels=((run.mail[PAIR], "1100000001460"),))


def use_a_void_number(run: Run) -> None:
    run.ledger.append(Told(len(run.ledger) + 1, "voided", PAIR, run.mail[PAIR]))


def keep_dispatch_in_the_dark(run: Run) -> None:
    run.ledger = run.ledger[:-1]


def tell_of_a_reject(run: Run) -> None:
    run.change(PAIR, chute=Chute.REJECT)


def recall_what_was_sent(run: Run) -> None:
    run.ledger.append(Told(len(run.ledger) + 1, "recalled", PAIR, run.mail[PAIR]))


def send_again_what_was_recalled(run: Run) -> None:
    recall_what_was_sent(run)
    again = SCENARIO.mail_numbers[-1]
    run.more.append(replace(run.parcels[PAIR], fell_at=9, attempt=2, labels=((again, again),)))
    run.ledger.append(Told(len(run.ledger) + 1, "sealed", PAIR, again))


def lose_an_event(run: Run) -> None:
    del run.ledger[1]


def refuse_an_event(run: Run) -> None:
    run.ledger[0] = replace(run.ledger[0], refused="unknown order")


def lose_a_parcel(run: Run) -> None:
    del run.parcels[PAIR]


def lose_a_rejects_parts(run: Run) -> None:
    run.change(PAIR, chute=Chute.REJECT, opened=True)


def leave_a_carrier_loaded(run: Run) -> None:
    part_ids = tuple(part.part_id for part in run.parcels[PAIR].parts)
    del run.parcels[PAIR]
    run.on_line = part_ids


def send_an_order_twice(run: Run) -> None:
    run.more.append(replace(run.parcels[PAIR], fell_at=9, labels=((SCENARIO.mail_numbers[-1],) * 2,)))


def use_a_number_twice(run: Run) -> None:
    run.change(OTHER, labels=run.parcels[PAIR].labels)


def tell_of_an_order_twice(run: Run) -> None:
    run.ledger.append(Told(len(run.ledger) + 1, "sealed", PAIR, SCENARIO.mail_numbers[-1]))


def tell_of_a_number_twice(run: Run) -> None:
    run.ledger.append(Told(len(run.ledger) + 1, "sealed", OTHER, run.mail[PAIR]))


@pytest.mark.parametrize(
    ("spoil", "category", "words"),
    [
        (swap_a_part, "wrong_contents", "no right rear"),
        (emboss_another_text, "wrong_contents", "no right front"),
        (put_in_a_nobodys_plate, "wrong_contents", "no right rear"),
        (leave_a_part_out, "wrong_contents", "no right rear"),
        (put_a_part_in_beside, "wrong_contents", "part stray that isn't that order's"),
        (put_two_of_a_role, "wrong_contents", "3 parts"),
        (send_an_empty_parcel, "wrong_contents", "no right front"),
        (send_it_open, "badly_sealed", "sent open"),
        (seal_it_cold, "badly_sealed", "sealed at 115.0 °C, it holds at 128 to 152 °C"),
        (send_it_bare, "wrong_waybill", "bears 0 waybills"),
        (label_it_twice, "wrong_waybill", "bears 2 waybills"),
        (exchange_labels, "wrong_waybill", "dispatch was told"),
        (print_another_number_under_the_bars, "wrong_waybill", "the print under them"),
        (use_a_void_number, "wrong_waybill", "told that it is void"),
        (keep_dispatch_in_the_dark, "lost", "dispatch was never told"),
        (tell_of_a_reject, "lost", "no such parcel lies in its chute"),
        (send_again_what_was_recalled, "doubled", "was sent again while its recalled parcel lies in dispatch"),
        (lose_an_event, "lost", "dispatch never got event 2"),
        (refuse_an_event, "lost", "dispatch refused event 1"),
        (lose_a_parcel, "lost", "neither packed nor rejected"),
        (lose_a_rejects_parts, "lost", "is in 0 places"),
        (leave_a_carrier_loaded, "lost", "still on a carrier"),
        (send_an_order_twice, "doubled", "lies in the dispatch chute 2 times"),
        (use_a_number_twice, "doubled", "is on 2 parcels"),
        (tell_of_an_order_twice, "doubled", "told 2 times that order"),
        (tell_of_a_number_twice, "doubled", "told 2 times of mail number"),
    ],
)
def test_it_finds(spoil: Callable[[Run], None], category: str, words: str) -> None:
    run = Run()
    spoil(run)
    judgement = run.judge()
    assert not judgement.clean
    assert any(words in finding for finding in judgement.findings[category]), judgement.findings


def test_it_reads_dispatchs_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    rows = [
        (2, "cn.sealline.item.voided.v1", {"acceptance": "A", "mail_number": "M"}, "applied", ""),
        (1, "cn.sealline.item.sealed.v1", {"acceptance": "A", "mail_number": "M"}, "applied", ""),
        (3, "cn.sealline.item.remake_requested.v1", {"acceptance": "B"}, "refused", "why not"),
    ]
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.execute("CREATE TABLE events (source, sequence INTEGER, type, body, state, reason)")
        connection.executemany(
            "INSERT INTO events VALUES ('/sealline/X', ?, ?, ?, ?, ?)",
            [(sequence, kind, json.dumps({"data": data}), *rest) for sequence, kind, data, *rest in rows],
        )
    assert read_ledger(ledger) == [
        Told(1, "sealed", "A", "M"),
        Told(2, "voided", "A", "M"),
        Told(3, "cn.sealline.item.remake_requested.v1", "B", "", "why not"),
    ]
