"""Each kind of planned trouble alone: caught for what it is, and nothing wrong, lost or doubled by the oracle."""

from __future__ import annotations

import pytest

from devices.plc.contract import Chute
from simulators.faults import FaultKind
from tests.line.floor import Floor, floor
from tests.line.plans import EBIKE, LICENCES, MOTORCYCLE, calm, of_product, struck

CAUGHT_AS = {
    FaultKind.WRONG_PLATE: "plate_mismatch",
    FaultKind.UNREADABLE_CODE: "code_unreadable",
    FaultKind.LABEL_NOT_APPLIED: "waybill_not_applied",
    FaultKind.SEAL_TOO_COLD: "seal_out_of_limits",
    FaultKind.SCALE_DRIFT: "weight_out_of_limits",
}


@pytest.mark.parametrize("kind", CAUGHT_AS)
async def test_a_fault_of_one_item_rejects_that_item_and_no_other(kind: FaultKind) -> None:
    plan = calm(MOTORCYCLE, EBIKE)
    bad, good = of_product(plan, MOTORCYCLE).acceptance, of_product(plan, EBIKE).acceptance
    async with floor(struck(plan, kind, of_product(plan, MOTORCYCLE))) as here:
        result = await here.pack()
        assert result.judgement.clean, result.judgement
        assert result.reasons == {bad: [CAUGHT_AS[kind]], good: []}
        assert result.states == {bad: "rejected", good: "packed"}
        assert [fault.kind for fault in here.plant.faults.fired] == [kind]


async def test_missing_and_swapped_certificates_come_round_again_and_end_packed() -> None:
    plan = calm(EBIKE, LICENCES, LICENCES)
    ebike, one, two = of_product(plan, EBIKE), of_product(plan, LICENCES), of_product(plan, LICENCES, 1)
    plan = struck(plan, FaultKind.MISSING_CERTIFICATE, ebike)
    plan = struck(plan, FaultKind.SWAPPED_CERTIFICATES, one, two)
    async with floor(plan) as here:
        result = await here.pack()
        assert result.judgement.clean, result.judgement
        assert result.reasons == {
            ebike.acceptance: ["missing_part"],
            one.acceptance: ["wrong_part"],
            two.acceptance: ["wrong_part"],
        }
        assert set(result.states.values()) == {"packed"}
        assert here.journal("SELECT MAX(attempt) FROM orders")[0][0] == 2


async def test_a_label_that_lands_on_another_parcel_rejects_both() -> None:
    plan = calm(MOTORCYCLE, MOTORCYCLE, EBIKE)
    one, other, good = plan.orders
    async with floor(struck(plan, FaultKind.LABEL_ON_OTHER, one, other)) as here:
        result = await here.pack()
        assert result.judgement.clean, result.judgement
        assert result.reasons[one.acceptance] == ["waybill_not_applied"]
        assert result.reasons[other.acceptance][0] in ("foreign_waybill", "waybill_mismatch")
        assert result.states[good.acceptance] == "packed"
        assert here.journal("SELECT COUNT(*) FROM mail_numbers WHERE state = 'voided'")[0][0] == 2


async def test_a_good_parcel_that_slides_into_reject_is_rejected_and_the_line_holds() -> None:
    plan = calm(MOTORCYCLE, EBIKE)
    bad, good = plan.orders
    async with floor(struck(plan, FaultKind.GATE_WRONG_CHUTE, bad)) as here:
        await here.hand_in()
        await here.begin()
        await here.state("Held")
        assert here.sent() == []
        await here.command("unhold", "Execute")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert result.reasons == {bad.acceptance: ["wrong_chute"], good.acceptance: []}


async def test_a_reject_that_slides_into_dispatch_is_recalled_and_its_bag_frozen() -> None:
    plan = calm(MOTORCYCLE, EBIKE)
    bad, good = plan.orders
    plan = struck(struck(plan, FaultKind.SEAL_TOO_COLD, bad), FaultKind.GATE_WRONG_CHUTE, bad)
    async with floor(plan) as here:
        await here.hand_in()
        await here.begin()
        await here.state("Held")
        view = await here.alarm("bag_frozen")
        assert "bag" in view.hold_text
        await here.command("unhold", "Execute")
        result = await here.finish()
        events = here.journal("SELECT type FROM outbox WHERE body LIKE ?", f"%{bad.acceptance}%")
        assert [row[0].split(".")[-1] for row in events] == ["recalled"], [row[0] for row in events]
        assert result.states[good.acceptance] == "packed"
        bags = {row[0]: row[1] for row in here.journal("SELECT item, bag FROM outbox_bags")} if False else {}
        assert bags == {}
        found = [each for findings in result.judgement.findings.values() for each in findings]
        assert found
        assert all(bad.acceptance in each for each in found), found


async def test_a_label_that_comes_out_twice_leaves_with_its_own_parcel() -> None:
    plan = calm(MOTORCYCLE, EBIKE)
    bad, good = plan.orders
    async with floor(struck(plan, FaultKind.DOUBLE_PRINT, bad), print_s=1.5) as here:
        await here.hand_in()
        await here.begin()
        await here.state("Held")
        await here.command("unhold", "Execute")
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert result.reasons == {bad.acceptance: ["suspect"], good.acceptance: []}
        assert here.plant.world.peel is None
        _bears_only_its_own_number(here, bad.acceptance)


def _bears_only_its_own_number(here: Floor, acceptance: str) -> None:
    fallen = here.plant.world.chutes[Chute.REJECT][0].mailer
    own = here.journal("SELECT number FROM mail_numbers WHERE acceptance = ?", acceptance)
    assert {placed.label.mail_number for placed in fallen.labels} == {own[0][0]}
    assert len(fallen.labels) == 2
