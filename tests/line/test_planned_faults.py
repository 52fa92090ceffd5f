"""Each kind of planned trouble alone: caught for what it is, and nothing wrong, lost or doubled by the oracle."""

from __future__ import annotations

import pytest

from devices.plc.contract import Chute
from simulators.faults import FaultKind
from tests.line.asked import standing
from tests.line.floor import Floor, floor
from tests.line.plans import EBIKE, LICENCES, MOTORCYCLE, calm, struck


async def test_each_fault_rejects_its_own_item_and_no_other() -> None:
    plan = calm(*[MOTORCYCLE] * 6, *[EBIKE] * 3, *[LICENCES] * 2)
    under, *bikes = [order for order in plan.orders if order.product == MOTORCYCLE]
    missing, good, other = [order for order in plan.orders if order.product == EBIKE]
    one, two = [order for order in plan.orders if order.product == LICENCES]
    machine_faults = {
        FaultKind.WRONG_PLATE: "plate_mismatch",
        FaultKind.UNREADABLE_CODE: "code_unreadable",
        FaultKind.LABEL_NOT_APPLIED: "waybill_not_applied",
        FaultKind.SEAL_TOO_COLD: "seal_out_of_limits",
        FaultKind.SCALE_DRIFT: "weight_out_of_limits",
    }
    for kind, order in zip(machine_faults, bikes, strict=True):
        plan = struck(plan, kind, order)
    plan = struck(plan, FaultKind.LABEL_ON_OTHER, under, other)
    plan = struck(plan, FaultKind.MISSING_CERTIFICATE, missing)
    plan = struck(plan, FaultKind.SWAPPED_CERTIFICATES, one, two)
    async with floor(plan) as here:
        result = await here.pack()
        assert result.judgement.clean, result.judgement
        caught = {order.acceptance: [why] for why, order in zip(machine_faults.values(), bikes, strict=True)}
        assert result.reasons.pop(other.acceptance) in (["foreign_waybill"], ["waybill_mismatch"])
        assert result.reasons == caught | {
            under.acceptance: ["waybill_not_applied"],
            missing.acceptance: ["missing_part"],
            one.acceptance: ["wrong_part"],
            two.acceptance: ["wrong_part"],
            good.acceptance: [],
        }
        packed = {kit for kit, state in result.states.items() if state == "packed"}
        assert packed == {order.acceptance for order in (missing, one, two, good)}
        assert {fault.kind for fault in here.plant.faults.fired} == {fault.kind for fault in plan.faults}
        assert standing(await here.view()) <= {"rejects_in_a_row"}


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
        assert [row[0] for row in events] == ["cn.sealline.item.recalled.v1"]
        assert result.states[good.acceptance] == "packed"
        assert here.journal("SELECT state FROM bags WHERE bag = 1")[0][0] == "frozen"
        assert result.states[bad.acceptance] == "recalled"
        assert result.judgement.clean, "a recalled parcel comes out of its bag"


@pytest.mark.serial
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
