"""The machines' physics, stepped in plant time."""

from __future__ import annotations

import pytest
from plc_bench import SEAL_150, world_with_carrier

from devices.plc.contract import Chute, Command, Permit, ResultCode
from simulators.cycles import CycleEnd, Machine
from simulators.faults import Fault, FaultKind, Faults
from simulators.history import CarrierMoved, JawClosed, LabelApplied, ThrownAway
from simulators.machines import ApplicatorMachine, ConveyorMachine, GateMachine, SealerMachine
from simulators.world import ZONES, Label


def permit(command: Command, target: int = 0, setpoints: tuple[int, ...] = ()) -> Permit:
    return Permit(1, 1, 1, command, 1, target, 0, setpoints)


def seconds_to_end(machine: Machine, step_s: float = 0.01, limit_s: float = 60.0) -> tuple[float, CycleEnd]:
    """Step until something ends; return the plant seconds that it took and the end."""
    passed = 0.0
    while passed < limit_s:
        passed += step_s
        if ended := machine.step(step_s):
            return passed, ended[0][1]
    raise AssertionError(f"nothing ended within {limit_s} s")


def test_conveyor_takes_half_a_second_and_the_carrier_is_seen_at_neither_end() -> None:
    world = world_with_carrier("infeed")
    conveyor = ConveyorMachine(world)
    infeed, collate = ZONES.index("infeed"), ZONES.index("collate")
    conveyor.start(infeed, permit(Command.MOVE, collate))
    conveyor.step(0.25)
    assert (conveyor.carrier(infeed), conveyor.carrier(collate)) == (0, 0)
    passed, end = seconds_to_end(conveyor)
    assert passed == pytest.approx(0.25, abs=0.011)
    assert end.code is ResultCode.OK
    assert (conveyor.carrier(infeed), conveyor.carrier(collate)) == (0, 1)


@pytest.mark.parametrize(("until", "stands"), [(0.2, "infeed"), (0.3, "collate")])
def test_interrupted_move_leaves_the_carrier_in_a_zone(until: float, stands: str) -> None:
    world = world_with_carrier("infeed")
    conveyor = ConveyorMachine(world)
    conveyor.start(ZONES.index("infeed"), permit(Command.MOVE, ZONES.index("collate")))
    conveyor.step(until)
    ((_, end),) = conveyor.stop()
    assert end.code is ResultCode.INTERRUPTED
    assert world.carrier_at(stands).number == 1
    assert not world.travelling
    assert any(isinstance(event, CarrierMoved) for event in world.history)


def test_several_carriers_move_at_once() -> None:
    world = world_with_carrier("collate")
    conveyor = ConveyorMachine(world)
    conveyor.step(0.2)  # the belt brings carrier 2 to load
    conveyor.start(ZONES.index("collate"), permit(Command.MOVE, ZONES.index("verify")))
    conveyor.start(ZONES.index("load"), permit(Command.MOVE, ZONES.index("infeed")))
    assert {end.code for _, end in conveyor.step(0.5)} == {ResultCode.OK}
    assert (world.carrier_at("verify").number, world.carrier_at("infeed").number) == (1, 2)


def test_emptied_carrier_goes_back_onto_the_return_belt() -> None:
    world = world_with_carrier("divert")
    world.push_parcel(Chute.DISPATCH)
    conveyor = ConveyorMachine(world)
    conveyor.start(ZONES.index("divert"), permit(Command.MOVE, ZONES.index("load")))
    conveyor.step(0.5)
    assert [carrier.number for carrier in world.returning][-1] == 1
    assert world.is_free("divert")


def test_return_belt_stands_while_a_guard_is_open() -> None:
    world = world_with_carrier("infeed")
    conveyor = ConveyorMachine(world)
    world.swing_guards(closed=False)
    conveyor.step(10.0)
    assert world.is_free("load")
    world.swing_guards(closed=True)
    conveyor.step(1.0)
    assert world.carrier_at("load").number == 2


def test_heater_of_another_setpoint_delays_the_jaw_and_readings_stay_near() -> None:
    world = world_with_carrier("seal_1")
    sealer = SealerMachine(world, Faults(), "seal_1")
    sealer.start(0, permit(Command.SEAL, setpoints=(1700, 400, 300, 200)))
    passed, end = seconds_to_end(sealer)
    heating = 0.4 * 3.0  # ln(20 °C / 1 °C) time constants
    assert passed == pytest.approx(heating + 0.15 + 0.4 + 0.2 + 0.15, abs=0.06)
    assert 1685 <= end.measured["temperature_min_dc"] <= end.measured["temperature_max_dc"] <= 1715
    assert (end.measured["dwell_ms"], end.measured["cooling_ms"], end.measured["cycles"]) == (400, 200, 1)
    assert end.measured["force_n"] == pytest.approx(300, rel=0.011)
    assert end.measured["carrier"] == 1


def test_the_curve_of_a_cycle_fits_its_extremes() -> None:
    sealer = SealerMachine(world_with_carrier("seal_1"), Faults(), "seal_1")
    sealer.start(0, permit(Command.SEAL, setpoints=(1500, 800, 300, 500)))
    _, end = seconds_to_end(sealer)
    assert end.curve is not None
    temperature, force, step_ms = end.curve.temperature_dc, end.curve.force_n, end.curve.step_ms
    assert len(temperature) == len(force) <= 24
    assert step_ms * (len(force) - 1) == pytest.approx(150 + 800 + 500 + 150, abs=step_ms)
    pressed = [place for place in range(len(force)) if 150 <= place * step_ms <= 150 + 800]
    low, high = end.measured["temperature_min_dc"], end.measured["temperature_max_dc"]
    assert all(low <= temperature[place] <= high for place in pressed)
    assert (force[0], max(force)) == (0, end.measured["force_n"])
    assert force[-1] < end.measured["force_n"] / 10
    assert temperature[-1] < low - 100, "the air has cooled the jaw's face"


def test_warm_jaw_takes_close_dwell_cooling_open() -> None:
    world = world_with_carrier("seal_1")
    sealer = SealerMachine(world, Faults(), "seal_1")
    sealer.start(0, permit(Command.SEAL, setpoints=SEAL_150))
    sealer.step(0.14)
    assert not world.mailer_at("seal_1").sealed
    sealer.step(0.02)
    assert world.mailer_at("seal_1").sealed
    passed, _ = seconds_to_end(sealer)
    assert passed == pytest.approx(0.9 - 0.16, abs=0.011)


def test_jaw_cut_off_in_its_dwell_tells_the_dwell_that_it_had() -> None:
    world = world_with_carrier("seal_1")
    sealer = SealerMachine(world, Faults(), "seal_1")
    sealer.start(0, permit(Command.SEAL, setpoints=SEAL_150))
    sealer.step(0.15 + 0.21)
    ((_, end),) = sealer.stop()
    assert end.code is ResultCode.INTERRUPTED
    assert end.measured["dwell_ms"] == 200
    assert world.mailer_at("seal_1").sealed
    assert end.curve is not None
    assert end.curve.force_n[-1] > 0.9 * end.measured["force_n"], "it was cut off while it pressed"


def test_burnt_out_heater_never_closes_the_jaw() -> None:
    world = world_with_carrier("seal_1")
    sealer = SealerMachine(world, Faults(), "seal_1")
    sealer.heater.powered = False
    sealer.step(60.0)
    sealer.start(0, permit(Command.SEAL, setpoints=SEAL_150))
    passed, end = seconds_to_end(sealer, step_s=0.1)
    assert end.code is ResultCode.HEATER_FAULT
    assert passed == pytest.approx(30.0, abs=0.2)
    assert not world.mailer_at("seal_1").sealed


def test_too_cold_cycle_is_measured_truly() -> None:
    world = world_with_carrier("seal_2", kit="K7")
    faults = Faults([Fault(FaultKind.SEAL_TOO_COLD, "K7")])
    sealer = SealerMachine(world, faults, "seal_2")
    sealer.start(0, permit(Command.SEAL, setpoints=SEAL_150))
    _, end = seconds_to_end(sealer)
    assert end.code is ResultCode.OK
    assert 1235 <= end.measured["temperature_min_dc"] <= end.measured["temperature_max_dc"] <= 1265
    (closed,) = [event for event in world.history if isinstance(event, JawClosed)]
    assert 1235 <= closed.temperature_dc <= 1265
    assert [fault.kind for fault in faults.fired] == [FaultKind.SEAL_TOO_COLD]


def test_a_fault_strikes_only_its_attempt() -> None:
    world = world_with_carrier("seal_2", kit="K7", attempt=2)
    faults = Faults([Fault(FaultKind.SEAL_TOO_COLD, "K7", attempt=1)])
    sealer = SealerMachine(world, faults, "seal_2")
    sealer.start(0, permit(Command.SEAL, setpoints=SEAL_150))
    assert seconds_to_end(sealer)[1].measured["temperature_min_dc"] >= 1485
    assert not faults.fired


def test_applicator_presses_the_label_and_reports_a_missing_one() -> None:
    world = world_with_carrier("label")
    applicator = ApplicatorMachine(world, Faults())
    applicator.start(0, permit(Command.APPLY))
    assert seconds_to_end(applicator)[1].code is ResultCode.NO_LABEL
    world.print_label(Label("LN1", "LN1"))
    applicator.start(0, permit(Command.APPLY))
    passed, end = seconds_to_end(applicator)
    assert passed == pytest.approx(0.5, abs=0.011)
    assert (end.code, end.measured["cycles"]) == (ResultCode.OK, 1)
    assert [placed.label.mail_number for placed in world.mailer_at("label").labels] == ["LN1"]
    assert world.peel is None


def test_label_not_applied_falls_into_the_bin_and_ok_is_reported() -> None:
    world = world_with_carrier("label", kit="K1")
    applicator = ApplicatorMachine(world, Faults([Fault(FaultKind.LABEL_NOT_APPLIED, "K1")]))
    world.print_label(Label("LN1", "LN1"))
    applicator.start(0, permit(Command.APPLY))
    assert seconds_to_end(applicator)[1].code is ResultCode.OK
    assert not world.mailer_at("label").labels
    assert isinstance(world.history[-1], ThrownAway)


def test_label_that_stuck_goes_onto_the_other_mailer_with_its_own() -> None:
    world = world_with_carrier("label", kit="K1")
    applicator = ApplicatorMachine(world, Faults([Fault(FaultKind.LABEL_ON_OTHER, "K1", other="K2")]))
    world.print_label(Label("LN1", "LN1"))
    applicator.start(0, permit(Command.APPLY))
    assert seconds_to_end(applicator)[1].code is ResultCode.OK
    assert not world.mailer_at("label").labels
    world.move_by_hand("label", "verify")
    world.feed_load()
    world.move_by_hand("load", "label")
    world.begin_kit("label", "K2")
    world.print_label(Label("LN2", "LN2"))
    applicator.start(0, permit(Command.APPLY))
    seconds_to_end(applicator)
    assert [event.mail_number for event in world.history if isinstance(event, LabelApplied)] == ["LN1", "LN2"]
    assert [placed.label.mail_number for placed in world.mailer_at("label").labels] == ["LN1", "LN2"]


def test_label_is_lost_when_the_applicator_is_stopped_between_edge_and_mailer() -> None:
    world = world_with_carrier("label")
    applicator = ApplicatorMachine(world, Faults())
    world.print_label(Label("LN1", "LN1"))
    applicator.start(0, permit(Command.APPLY))
    applicator.step(0.2)
    ((_, end),) = applicator.stop()
    assert end.code is ResultCode.INTERRUPTED
    assert next(thing for thing in world.bin if isinstance(thing, Label)).mail_number == "LN1"


@pytest.mark.parametrize("chute", [Chute.DISPATCH, Chute.REJECT])
def test_gate_confirms_the_chute(chute: Chute) -> None:
    world = world_with_carrier("divert")
    gate = GateMachine(world, Faults())
    gate.start(0, permit(Command.DIVERT, chute))
    passed, end = seconds_to_end(gate)
    assert passed == pytest.approx(0.5, abs=0.011)
    assert (end.code, end.measured["chute"]) == (ResultCode.OK, chute)
    assert len(world.chutes[chute]) == 1


def test_gate_tells_the_wrong_chute() -> None:
    world = world_with_carrier("divert", kit="K1")
    gate = GateMachine(world, Faults([Fault(FaultKind.GATE_WRONG_CHUTE, "K1")]))
    gate.start(0, permit(Command.DIVERT, Chute.DISPATCH))
    _, end = seconds_to_end(gate)
    assert (end.code, end.measured["chute"]) == (ResultCode.WRONG_CHUTE, Chute.REJECT)
    assert len(world.chutes[Chute.REJECT]) == 1


def test_gate_without_a_parcel_confirms_nothing() -> None:
    world = world_with_carrier("divert")
    world.push_parcel(Chute.REJECT)
    gate = GateMachine(world, Faults())
    gate.start(0, permit(Command.DIVERT, Chute.DISPATCH))
    _, end = seconds_to_end(gate)
    assert (end.code, end.measured["chute"]) == (ResultCode.NOT_CONFIRMED, Chute.NONE)


def test_at_endless_speed_every_motion_ends_in_one_step() -> None:
    world = world_with_carrier("seal_1")
    sealer = SealerMachine(world, Faults(), "seal_1")
    sealer.start(0, permit(Command.SEAL, setpoints=(2000, 1000, 300, 1000)))
    ((_, end),) = sealer.step(0.01 * 1e6)
    assert (end.code, end.measured["dwell_ms"]) == (ResultCode.OK, 1000)
