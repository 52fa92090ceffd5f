"""People look for what the line asks about, so that its order ends; a run is judged once all of it has ended."""

from __future__ import annotations

import asyncio

import pytest

from devices.plc.contract import Chute
from simulators.faults import Fault, FaultKind
from simulators.history import CarrierMoved, ParcelFell, ParcelTakenBack
from simulators.machines import GateMachine
from simulators.virtual import finding
from simulators.virtual.soak import told
from simulators.virtual.troubles import Kind
from tests.virtual.scripted import ScriptedFloor, run_scripted


@pytest.mark.parametrize("ever", [True, False])
def test_a_recalled_parcel_is_taken_out_of_its_bag_and_its_order_is_packed_anew(
    ever: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NEVER", 0.0 if ever else 1.0)
    taken: list[ParcelTakenBack] = []

    async def script(floor: ScriptedFloor) -> None:
        kit = floor.scenario.orders[0].acceptance
        floor.plant.faults.add(Fault(FaultKind.LABEL_NOT_APPLIED, kit))
        floor.plant.faults.add(Fault(FaultKind.GATE_WRONG_CHUTE, kit))
        await floor.holds(lambda: any(isinstance(event, ParcelTakenBack) for event in floor.plant.world.history))
        taken.append(kit)

    run = run_scripted(monkeypatch, script, 2)
    assert not run.findings, "\n".join(told(run))
    assert bool(taken) is ever
    assert run.rare["ended packed"] == (2 if ever else 1)
    assert run.rare.get("ended recalled", 0) == (0 if ever else 1)


def test_a_parcel_whose_carrier_was_taken_off_while_the_line_was_dead_is_answered_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(floor: ScriptedFloor) -> None:
        await floor.happens(CarrierMoved, target="label")
        floor.kill_line(0)
        carrier = floor.plant.world.carrier_at("label")
        floor.operator.take_off(carrier.number, "label")

    run = run_scripted(monkeypatch, script, 3)
    assert not run.findings, "\n".join(told(run))
    assert run.rare["entry item_answered"] == 1
    assert run.rare["ended packed"] == 3


def test_a_run_has_not_ended_while_a_parcel_that_stuck_still_waits_for_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "NEVER", 1.0)

    async def script(floor: ScriptedFloor) -> None:
        gate = floor.plant.plcs["gate"].machine
        assert isinstance(gate, GateMachine)
        floor.conductor.counts[Kind.GATE_STUCK] += 1
        gate.stuck = True
        await floor.holds(lambda: "bag_frozen" in floor.alarms())
        gate.stuck = False

    run = run_scripted(monkeypatch, script, 1)
    assert not run.findings, "\n".join(told(run))
    assert run.rare["ended packed"] == 1


def test_what_bears_no_waybill_is_taken_out_of_a_bag_that_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand carried an empty mailer into dispatch (seed 148): nothing in it tells whose it is."""
    monkeypatch.setattr(finding, "NEVER", 0.0)

    async def script(floor: ScriptedFloor) -> None:
        world = floor.plant.world
        await floor.happens(CarrierMoved, target="infeed")
        floor.conductor.counts[Kind.PARCEL_WALKED] += 1
        world.swing_guards(closed=False)
        world.carry_to_chute("infeed", Chute.DISPATCH)
        world.swing_guards(closed=True)
        await floor.holds(lambda: any(isinstance(event, ParcelTakenBack) for event in world.history))

    run = run_scripted(monkeypatch, script, 2)
    assert not run.findings, "\n".join(told(run))
    assert run.rare["ended packed"] == 2


def test_a_parcel_walked_into_dispatch_whose_carrier_gets_another_is_found_in_its_bag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No carrier is empty at the gate, so nothing is missed there (seed 175): the chute's own sensor tells."""

    async def script(floor: ScriptedFloor) -> None:
        world = floor.plant.world
        await floor.holds(lambda: world.bears_mailer("inspect") and world.bears_mailer("label"))
        floor.conductor.counts[Kind.PARCEL_WALKED] += 1
        world.swing_guards(closed=False)
        world.carry_to_chute("inspect", Chute.DISPATCH)
        here, there = world.carrier_at("inspect"), world.carrier_at("label")
        here.mailer, there.mailer = there.mailer, None
        world.swing_guards(closed=True)
        await floor.holds(lambda: any(isinstance(event, ParcelTakenBack) for event in world.history))

    run = run_scripted(monkeypatch, script, 4)
    assert not run.findings, "\n".join(told(run))
    assert run.rare["alarm stray_parcel"] == 1
    assert run.rare["ended packed"] == 4


def test_a_push_that_was_cut_off_after_the_fall_tells_where_the_parcel_fell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what hands lay onto its carrier next is taken for it (seed 8 of parcels walked and fed again)."""

    async def script(floor: ScriptedFloor) -> None:
        world = floor.plant.world
        await floor.happens(ParcelFell, chute=Chute.DISPATCH)
        floor.conductor.counts[Kind.PARCEL_REFED] += 1
        world.swing_guards(closed=False)
        here = world.carrier_at("divert")
        other = next(each for each in world.zones.values() if each is not here and each.mailer is not None)
        here.mailer, other.mailer = other.mailer, None
        await asyncio.sleep(0.1)
        world.swing_guards(closed=True)

    run = run_scripted(monkeypatch, script, 4)
    assert not run.findings, "\n".join(told(run))
    assert run.rare["result INTERRUPTED"]
    assert run.rare["ended packed"] >= 1
