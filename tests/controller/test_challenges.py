"""Challenge items: when they are due, what they say of their detector, and what a blind one makes suspect."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from order_bench import EXAMPLE, LINE, SteppingClock, car_order, open_journal, rows
from test_answers import Bench
from test_slips import Unit, packed

from controller.alarms import Alarms
from controller.exits import Nonconformance, Outcome, Reason
from controller.flow.calling import call_next, open_items
from controller.flow.challenges import (
    ChallengeResult,
    call_challenge,
    doubtful_since,
    due,
    missed_kinds,
    reserve_test_number,
    result_of,
)
from controller.flow.challenges import test_number as number_of_test
from controller.flow.ending import record_escaped, record_rejected
from controller.flow.holding import Holding
from controller.flow.items import Item, Stage
from controller.flow.memory import Memory
from controller.flow.recalls import raise_blind
from controller.flow.slips import Slips
from controller.flow.tracking import record_stage
from controller.formats.mail_numbers import check_mail_number
from controller.journal import Ledger
from controller.journal.reading import counters, order_lines, pick_list
from controller.journal.reject_views import recent_rejects
from controller.orders.mail_numbers import MailNumberState, advance, fill_pool
from controller.orders.work_orders import accept_orders
from controller.plan.challenges import ChallengeKind, ChallengePart, ChallengeSection
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.stations.seal import set_points

NUMBERS = [f"99000000{number:05d}" for number in range(1, 40)]
KIT = (ChallengePart(role="rear", code="PM9900000001", number="粤A00001"),)
BY_COUNT = ChallengeSection(every_items=2, product="motorcycle_plate", parts=KIT)
K = ChallengeKind


@pytest.fixture
async def bench(tmp_path: Path, example: LineConfig) -> Any:
    async with open_journal(tmp_path / "line.db") as journal:
        orders = [car_order(number) for number in range(1, 30)]
        await journal.write(lambda ledger: accept_orders(ledger, rows(*orders), example.recipes))
        await journal.write(lambda ledger: fill_pool(ledger, NUMBERS))
        yield Bench(journal, example)


async def challenge(bench: Bench, section: ChallengeSection = BY_COUNT) -> Item | None:
    return await bench.journal.write(lambda ledger: call_challenge(ledger, 7, section, bench.config.recipes))


async def called(bench: Bench, section: ChallengeSection = BY_COUNT) -> Item:
    item = await challenge(bench, section)
    assert item is not None
    return item


async def order(bench: Bench) -> Item:
    item = await bench.journal.write(lambda ledger: call_next(ledger, 4, bench.config.recipes))
    assert item is not None
    return item


async def end(bench: Bench, item: Item, reason: Reason, accepted: Stage = Stage.CALLED) -> ChallengeResult:
    item.accepted = accepted
    outcome = Outcome.rejected(Nonconformance(reason))
    await bench.journal.write(lambda ledger: record_rejected(ledger, item, outcome))
    return result_of(item, outcome)


CAUGHT = {
    K.WRONG_PLATE: (Reason.PLATE_MISMATCH, Stage.COLLATED),
    K.MISSING_PART: (Reason.PART_COUNT, Stage.COLLATED),
    K.WRONG_WAYBILL: (Reason.WAYBILL_MISMATCH, Stage.PROVEN),
    K.COLD_SEAL: (Reason.SEAL_OUT_OF_LIMITS, Stage.LABELLED),
    K.LIGHT_WEIGHT: (Reason.WEIGHT_OUT_OF_LIMITS, Stage.SEALED),
}
NEXT = {K.WRONG_PLATE: Stage.PROVEN, K.WRONG_WAYBILL: Stage.LABELLED, K.COLD_SEAL: Stage.SEALED}


@pytest.mark.parametrize("kind", K)
async def test_only_the_named_detectors_own_reject_passes(kind: ChallengeKind, bench: Bench) -> None:
    reason, before = CAUGHT[kind]
    section = BY_COUNT.model_copy(update={"kinds": (kind,)})
    assert await end(bench, await called(bench, section), reason, before) is ChallengeResult.PASSED
    for other in (Reason.SUSPECT, Reason.CODE_UNREADABLE, Reason.CONTENTS_NOT_PROVEN):
        await order(bench)
        item = await called(bench, BY_COUNT.model_copy(update={"kinds": (kind,), "every_items": 1}))
        assert await end(bench, item, other, before) is ChallengeResult.INCONCLUSIVE
    await order(bench)
    item = await called(bench, BY_COUNT.model_copy(update={"kinds": (kind,), "every_items": 1}))
    after = NEXT.get(kind, Stage.INSPECTED)
    assert await end(bench, item, reason, after) is ChallengeResult.MISSED, "a later detector caught it, not this one"
    found = await bench.rows("SELECT kind, result FROM challenges ORDER BY item")
    assert found == [(kind, "passed"), *[(kind, "inconclusive")] * 3, (kind, "missed")]


async def test_kinds_take_turns_by_count_and_one_is_under_way_at_a_time(bench: Bench) -> None:
    first = await called(bench)
    assert first.challenge is K.WRONG_PLATE
    assert await challenge(bench) is None, "one at a time"
    await end(bench, first, Reason.PLATE_MISMATCH)
    assert await challenge(bench) is None
    for kind in (K.MISSING_PART, K.WRONG_WAYBILL, K.COLD_SEAL, K.LIGHT_WEIGHT, K.WRONG_PLATE):
        await order(bench)
        assert await challenge(bench) is None
        await order(bench)
        item = await called(bench)
        assert item.challenge is kind
        await end(bench, item, *CAUGHT[kind])


async def test_an_inconclusive_one_is_tried_again_and_a_missed_one_at_once(bench: Bench) -> None:
    await end(bench, await called(bench), Reason.CODE_UNREADABLE)
    await order(bench)
    await order(bench)
    item = await called(bench)
    assert item.challenge is K.WRONG_PLATE
    assert await end(bench, item, Reason.CHALLENGE_MISSED, Stage.INSPECTED) is ChallengeResult.MISSED
    for _ in range(2):
        item = await called(bench)
        assert item.challenge is K.WRONG_PLATE
        await end(bench, item, Reason.SUSPECT)
    item = await called(bench)
    await end(bench, item, Reason.PLATE_MISMATCH)
    assert await challenge(bench) is None


async def test_they_are_due_by_time_and_never_on_an_idle_line(bench: Bench) -> None:
    by_time = BY_COUNT.model_copy(update={"every_items": 0, "every_minutes": 10.0})
    await end(bench, await called(bench, by_time), Reason.PLATE_MISMATCH)
    assert await challenge(bench, by_time) is None

    def later(ledger: Ledger) -> None:
        ledger.connection.execute("UPDATE challenges SET called_at = '2026-11-30T07:49:00+00:00'")

    await bench.journal.write(later)
    assert await bench.journal.write(lambda ledger: due(ledger, by_time)) is K.MISSING_PART
    await bench.journal.write(lambda ledger: ledger.connection.execute("UPDATE orders SET state = 'cancelled'"))
    assert await bench.journal.write(lambda ledger: due(ledger, by_time)) is None
    assert await bench.journal.write(lambda ledger: due(ledger, ChallengeSection())) is None


async def test_a_test_kit_takes_no_order_no_part_and_no_mail_number_and_tells_dispatch_nothing(bench: Bench) -> None:
    before = await bench.journal.write(lambda ledger: counters(ledger.connection))
    item = await called(bench)
    [pick] = await bench.journal.write(lambda ledger: pick_list(ledger.connection))
    assert (pick.challenge, [part.code for part in pick.parts]) == ("wrong_plate", ["PM9900000001"])
    item.mail_number = number = await bench.journal.write(lambda ledger: reserve_test_number(ledger, item))
    assert check_mail_number(number) is not None
    for state in (MailNumberState.PRINTED, MailNumberState.APPLIED):
        await bench.journal.write(lambda ledger, state=state: advance(ledger, number, state))
    [again] = await bench.journal.write(lambda ledger: open_items(ledger, bench.config.recipes))
    assert again.challenge is K.WRONG_PLATE
    await end(bench, item, Reason.PLATE_MISMATCH)
    assert await bench.told() == []
    after = await bench.journal.write(lambda ledger: counters(ledger.connection))
    assert after == before
    assert await bench.journal.write(lambda ledger: recent_rejects(ledger.connection)) == []
    shown = await bench.journal.write(lambda ledger: order_lines(ledger.connection))
    assert not [each for each in shown if each.acceptance.startswith("TEST")]
    refused = (await bench.journal.write(lambda ledger: fill_pool(ledger, [number]))).refused
    assert [each[0] for each in refused] == [number], "it can never come into the pool"


async def test_a_restart_knows_which_detector_had_accepted_a_test_kit(bench: Bench) -> None:
    """Killed before its end was written: the parcel camera's reject must not pass for the read-back's."""
    item = await called(bench, BY_COUNT.model_copy(update={"kinds": (K.WRONG_WAYBILL,)}))
    await bench.journal.write(lambda ledger: record_stage(ledger, item, Stage.PROVEN))
    await bench.journal.write(lambda ledger: record_stage(ledger, item, Stage.LABELLED))
    [found] = await bench.journal.write(lambda ledger: open_items(ledger, bench.config.recipes))
    outcome = Outcome.rejected(Nonconformance(Reason.WAYBILL_MISMATCH))
    assert result_of(found, outcome) is ChallengeResult.MISSED


def test_no_test_number_is_ever_a_mail_number() -> None:
    numbers = [number_of_test(token) for token in range(1, 3000)]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"00\d{11}", number) and check_mail_number(number) is not None for number in numbers)


async def test_a_test_kit_that_falls_into_dispatch_is_recalled_and_answered_for(bench: Bench) -> None:
    item = await called(bench)
    outcome = Outcome.rejected(Nonconformance(Reason.PLATE_MISMATCH))
    await bench.journal.write(lambda ledger: record_escaped(ledger, item, outcome, LINE))
    assert await bench.told() == ["recalled"]
    await bench.ask("answer_item", item=item.token, found="reject")
    assert await bench.rows("SELECT outcome FROM items") == [("challenged",)]
    assert await bench.told() == ["recalled"]


async def test_a_blind_detector_recalls_all_since_it_last_caught_one(bench: Bench) -> None:
    first = await packed(bench)
    item = await called(bench)
    assert await bench.journal.write(lambda ledger: doubtful_since(ledger, K.WRONG_PLATE)) == [first.token]
    await end(bench, item, Reason.PLATE_MISMATCH)
    second, third = await packed(bench), await packed(bench)
    unit: Any = Unit()
    alarms = Alarms(SteppingClock())
    holding = Holding(unit, alarms)
    slips = Slips(LINE, Memory(bench.journal, holding), holding, lambda: None)
    on_line = await order(bench)
    on_line.suspect = "blind detector"
    await slips.challenged(K.WRONG_PLATE, ChallengeResult.INCONCLUSIVE, lambda: [on_line])
    assert unit.commands == []
    assert await bench.journal.write(missed_kinds) == []
    kit = await called(bench, BY_COUNT.model_copy(update={"kinds": (K.WRONG_PLATE,)}))
    assert await end(bench, kit, Reason.CHALLENGE_MISSED, Stage.INSPECTED) is ChallengeResult.MISSED
    assert await bench.journal.write(missed_kinds) == [K.WRONG_PLATE]
    restarted = Alarms(SteppingClock())
    raise_blind(restarted, [K.WRONG_PLATE])
    assert "wrong_plate" in restarted.views()[0].text
    await slips.challenged(K.WRONG_PLATE, ChallengeResult.MISSED, lambda: [on_line])
    assert unit.commands == ["HOLD"]
    recalled = await bench.rows("SELECT item, reason FROM items WHERE outcome = 'recalled' ORDER BY item")
    assert recalled == [(second.token, "challenge_missed"), (third.token, "challenge_missed")]
    assert await bench.one("SELECT suspect FROM items WHERE item = ?", on_line.token) == "blind detector"
    holding.resolved()
    assert not alarms.views()[0].cleared, "an Unhold mends no detector"
    await slips.challenged(K.MISSING_PART, ChallengeResult.PASSED, list)
    assert not alarms.views()[0].cleared
    await slips.challenged(K.WRONG_PLATE, ChallengeResult.PASSED, list)
    assert alarms.views()[0].cleared


def test_a_cold_seal_is_out_of_every_recipes_limits(example: LineConfig) -> None:
    for recipe in example.recipes.values():
        _, dwell_ms, *rest = set_points(recipe.seal, short=True)
        assert recipe.seal.dwell_ms - dwell_ms > recipe.seal.dwell_tolerance_ms
        assert rest == list(set_points(recipe.seal))[2:]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('product = "motorcycle_plate"   #', 'product = "bicycle" #', "challenge.product: no recipe 'bicycle'"),
        (
            'product = "motorcycle_plate"   #',
            'product = "small_car_plates" #',
            r"roles \['rear'\] given, small_car_plates has \['front', 'rear'\]",
        ),
        ("every_minutes = 0", "kinds = []", "challenge.kinds"),
        ("every_minutes = 0", "every_minutes = -1", "challenge.every_minutes"),
        ('prefixes = ["96", "99"]', 'prefixes = ["00"]', "test waybills, which must be invalid"),
        (
            "dwell_ms = 500, dwell_tolerance_ms = 60",
            "dwell_ms = 200, dwell_tolerance_ms = 60",
            "cold_seal would dwell 80",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_load(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("every_items = 0", "every_items = 2")
    assert old in text
    path = tmp_path / "line.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_config(path)
