"""The PLC twin against the contract: refusals in their order, retained results, heartbeat, guards, restart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plc_bench import SEAL_150, Bench, world_with_carrier

from devices.plc.check_word import check_word
from devices.plc.contract import (
    Answer,
    BlockState,
    Chute,
    Command,
    DeviceKind,
    Result,
    ResultCode,
    Safety,
    StatusImage,
    acknowledge_address,
    command_address,
    status_length,
)
from devices.plc.curve import CURVE_LENGTH, Curve, curve_address
from devices.plc.identity import Identity
from simulators.faults import Faults
from simulators.machines import ConveyorMachine, GateMachine, SealerMachine
from simulators.modbus_server import IllegalAddressError
from simulators.world import ZONES


def sealer_bench(*, speed: float = 1.0, beats: bool = True) -> Bench:
    return Bench(SealerMachine(world_with_carrier("seal_1"), Faults(), "seal_1"), speed=speed, beats=beats)


def test_command_is_taken_at_the_next_scan_and_not_before() -> None:
    bench = sealer_bench()
    bench.write(bench.permit(Command.SEAL, setpoints=SEAL_150))
    assert bench.block().echo.answer is Answer.NONE
    bench.scan()
    assert bench.block().echo.answer is Answer.ACCEPTED
    assert bench.block().state is BlockState.BUSY
    assert (bench.block().echo.token, bench.block().carrier) == (4711, 1)


def test_result_is_retained_until_its_own_acknowledgement() -> None:
    bench = sealer_bench()
    permit = bench.permit(Command.SEAL, setpoints=SEAL_150)
    bench.ask(permit)
    bench.run(1.0)
    result = bench.block().result
    assert (result.code, result.sequence, result.token) == (ResultCode.OK, permit.sequence, 4711)
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.RESULT_UNACKNOWLEDGED
    bench.plc.write(acknowledge_address(0), [permit.epoch, permit.sequence + 1])
    bench.scan()
    assert bench.block().result == result
    bench.acknowledge()
    assert (bench.block().state, bench.block().result.sequence) == (BlockState.IDLE, 0)


def test_the_same_sequence_is_never_executed_twice() -> None:
    bench = sealer_bench()
    permit = bench.permit(Command.SEAL, setpoints=SEAL_150)
    bench.ask(permit)
    bench.run(1.0)
    bench.acknowledge()
    repeat = replace(permit, expires_ms=bench.plc.status().clock_ms + 400)
    assert bench.ask(repeat) is Answer.ACCEPTED  # the echo of the first time stands
    bench.ask(bench.permit(Command.APPLY))
    assert bench.ask(repeat) is Answer.UNKNOWN_COMMAND  # also after another command was answered
    bench.run(1.0)
    assert bench.block().state is BlockState.IDLE
    assert sum(type(event).__name__ == "JawClosed" for event in bench.plc.machine.world.history) == 1


def test_broken_check_word() -> None:
    bench = sealer_bench()
    words = bench.permit(Command.SEAL, setpoints=SEAL_150).encode()
    words[9] ^= 1
    bench.plc.write(command_address(0), words)
    bench.scan()
    assert bench.block().echo.answer is Answer.BAD_CRC


def test_old_epoch() -> None:
    bench = sealer_bench()
    bench.ask(bench.permit(Command.SEAL, carrier=9, setpoints=SEAL_150, epoch=5))
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150, epoch=4)) is Answer.OLD_EPOCH
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150, epoch=6)) is Answer.ACCEPTED


def test_command_of_another_machine() -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.DIVERT, target=Chute.DISPATCH)) is Answer.UNKNOWN_COMMAND
    words = bench.permit(Command.SEAL).encode()[:-1]
    words[4] = 99
    bench.plc.write(command_address(0), [*words, check_word(words)])
    bench.scan()
    assert bench.block().echo.answer is Answer.UNKNOWN_COMMAND


@pytest.mark.parametrize("life_ms", [-1, 0, 5, 1000])
def test_expiry_by_the_plc_clock(life_ms: int) -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150, life_ms=life_ms)) is Answer.EXPIRED


def test_host_lost_before_any_heartbeat() -> None:
    bench = sealer_bench(beats=False)
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.HOST_LOST


@pytest.mark.parametrize("cause", ["guard", "stop", "tracking"])
def test_open_guard_stop_and_lost_tracking(cause: str) -> None:
    bench = sealer_bench()
    world = bench.plc.machine.world
    if cause == "guard":
        world.swing_guards(closed=False)
    elif cause == "stop":
        world.press_emergency_stop(pressed=True)
    else:
        bench.plc.tracking_ok = False
    before = bench.plc.status().disturbances
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.GUARD_OPEN
    assert bench.plc.status().disturbances == before + 1


@pytest.mark.parametrize("cause", ["guard", "tracking"])
def test_what_breaks_trust_ends_a_motion_and_is_counted_once(cause: str) -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.ACCEPTED
    if cause == "guard":
        bench.plc.machine.world.swing_guards(closed=False)
    else:
        bench.plc.tracking_ok = False
    bench.scan()
    bench.scan()
    assert bench.plc.status().disturbances == 1
    assert bench.plc.status().blocks[0].result.code is ResultCode.INTERRUPTED


def test_busy() -> None:
    bench = sealer_bench()
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.BUSY


def test_no_carrier_and_wrong_carrier() -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.SEAL, carrier=2, setpoints=SEAL_150)) is Answer.WRONG_CARRIER
    bench.plc.machine.world.move_by_hand("seal_1", "inspect")
    assert bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150)) is Answer.NO_CARRIER


@pytest.mark.parametrize(
    "setpoints",
    [(499, 400, 300, 0), (2201, 400, 300, 0), (1500, 99, 300, 0), (1500, 400, 2001, 0), (1500, 400, 300, 10001)],
)
def test_setpoints_out_of_bounds(setpoints: tuple[int, ...]) -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.SEAL, setpoints=setpoints)) is Answer.OUT_OF_BOUNDS


def test_move_refusals() -> None:
    world = world_with_carrier("infeed")
    bench = Bench(ConveyorMachine(world))
    bench.run(0.3)  # carrier 2 comes to load
    load, infeed, seal_1 = ZONES.index("load"), ZONES.index("infeed"), ZONES.index("seal_1")

    def ask(carrier: int, target: int, block: int) -> Answer:
        return bench.ask(bench.permit(Command.MOVE, carrier, target), block)

    assert ask(2, infeed, load) is Answer.TARGET_OCCUPIED
    assert ask(1, seal_1, infeed) is Answer.OUT_OF_BOUNDS
    assert ask(1, 99, infeed) is Answer.OUT_OF_BOUNDS
    assert ask(1, ZONES.index("collate"), infeed) is Answer.ACCEPTED
    assert ask(2, infeed, load) is Answer.ACCEPTED  # infeed is free once its carrier travels
    assert bench.block(infeed).carrier == 0


def test_gate_target_and_mailer_on_the_return_belt() -> None:
    world = world_with_carrier("divert")
    gate, conveyor = Bench(GateMachine(world, Faults())), Bench(ConveyorMachine(world))
    assert gate.ask(gate.permit(Command.DIVERT, target=3)) is Answer.OUT_OF_BOUNDS
    assert conveyor.ask(conveyor.permit(Command.MOVE, 1, 0), ZONES.index("divert")) is Answer.OUT_OF_BOUNDS


def test_conveyor_leaves_a_clamped_carrier() -> None:
    world = world_with_carrier("seal_1")
    sealer, conveyor = Bench(SealerMachine(world, Faults(), "seal_1")), Bench(ConveyorMachine(world))
    sealer.ask(sealer.permit(Command.SEAL, setpoints=SEAL_150))
    move = conveyor.permit(Command.MOVE, 1, ZONES.index("inspect"))
    assert conveyor.ask(move, ZONES.index("seal_1")) is Answer.BUSY
    sealer.run(1.0)
    again = conveyor.permit(Command.MOVE, 1, ZONES.index("inspect"))
    assert conveyor.ask(again, ZONES.index("seal_1")) is Answer.ACCEPTED


def test_host_lost_ends_a_jaw_that_is_not_closed_yet() -> None:
    bench = sealer_bench(speed=0.2)  # 0.15 s of closing take 0.75 s
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    bench.beats = False
    bench.run(0.45)
    assert bench.block().result.code is ResultCode.INTERRUPTED
    assert not bench.plc.machine.world.mailer_at("seal_1").sealed
    assert Safety.HOST_ALIVE not in bench.plc.status().safety


def test_host_lost_lets_a_closed_jaw_end_its_dwell_and_retains_the_result() -> None:
    bench = sealer_bench(speed=0.5)
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    bench.run(0.4)  # closed after 0.3
    bench.beats = False
    bench.run(2.0)
    result = bench.block().result
    assert (result.code, result.measured["dwell_ms"]) == (ResultCode.OK, 400)
    bench.run(3.0)
    assert bench.block().result == result


def test_guard_ends_motion_and_counts_even_when_it_closes_again_at_once() -> None:
    bench = sealer_bench()
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    bench.run(0.3)
    bench.plc.machine.world.swing_guards(closed=False)
    bench.plc.machine.world.swing_guards(closed=True)
    bench.scan()
    assert bench.block().result.code is ResultCode.INTERRUPTED
    assert bench.block().result.measured["dwell_ms"] < 400
    assert bench.plc.status().disturbances == 1


def test_the_curve_stands_beside_the_result_and_goes_with_it() -> None:
    bench = sealer_bench()

    def curve() -> Curve:
        return Curve.decode(bench.plc.read(curve_address(0), CURVE_LENGTH))

    assert curve() == Curve()
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    bench.run(1.0)
    kept = curve()
    assert kept.belongs_to(bench.block().result)
    assert max(kept.temperature_dc) <= bench.block().result.measured["temperature_max_dc"]
    bench.plc.restart(keep_memory=True)
    assert curve() == kept
    bench.scan()
    bench.acknowledge()
    assert curve() == Curve()


def test_only_a_sealer_that_keeps_one_has_a_curve() -> None:
    bench, conveyor = sealer_bench(), Bench(ConveyorMachine(world_with_carrier("load")))
    bench.plc.keeps_curve = False
    for each in (bench, conveyor):
        with pytest.raises(IllegalAddressError):
            each.plc.read(curve_address(0), CURVE_LENGTH)


def test_restart_with_memory_keeps_results_and_boots_anew() -> None:
    bench = sealer_bench()
    permit = bench.permit(Command.SEAL, setpoints=SEAL_150)
    bench.ask(permit)
    bench.run(1.0)
    before = bench.plc.status()
    bench.plc.restart(keep_memory=True)
    bench.scan()
    after = bench.plc.status()
    assert after.boot_id != before.boot_id
    assert after.clock_ms < 50
    assert after.blocks[0].result == before.blocks[0].result
    bench.acknowledge()
    assert bench.ask(replace(permit, expires_ms=bench.plc.status().clock_ms + 400)) is Answer.ACCEPTED
    assert bench.block().state is BlockState.IDLE  # it was only the old echo


def test_restart_in_motion_is_told_with_memory_and_forgotten_without() -> None:
    kept, lost = sealer_bench(), sealer_bench()
    for bench, keeps in ((kept, True), (lost, False)):
        bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
        bench.run(0.3)
        bench.plc.restart(keep_memory=keeps)
        bench.scan()
    assert kept.block().result.code is ResultCode.INTERRUPTED
    assert (lost.block().state, lost.block().result, lost.block().echo.answer) == (
        BlockState.IDLE,
        Result(),
        Answer.NONE,
    )
    assert lost.plc.machine.world.mailer_at("seal_1").sealed  # matter forgets nothing


def test_at_endless_speed_the_result_stands_in_the_next_scan() -> None:
    bench = sealer_bench(speed=1e6)
    bench.ask(bench.permit(Command.SEAL, setpoints=SEAL_150))
    bench.scan()
    assert bench.block().state is BlockState.DONE


def test_registers_of_the_contract_and_no_others() -> None:
    bench = Bench(ConveyorMachine(world_with_carrier("infeed")))
    length = status_length(DeviceKind.CONVEYOR, len(ZONES))
    assert length == 124
    image = StatusImage.decode(bench.plc.read(0, length), DeviceKind.CONVEYOR, len(ZONES))
    assert image.blocks[ZONES.index("infeed")].carrier == 1
    assert Identity.decode(bench.plc.read(9000, 7)) == Identity(DeviceKind.CONVEYOR, 9)
    assert bench.plc.read(1160, 14) == [0] * 14
    for address, count in ((0, length + 1), (124, 1), (899, 1), (901, 1), (1180, 1), (9000, 8), (9007, 1)):
        with pytest.raises(IllegalAddressError):
            bench.plc.read(address, count)
    for address, count in ((0, 1), (899, 1), (900, 2), (1000, 15), (1014, 1), (1016, 3), (1180, 1), (9000, 1)):
        with pytest.raises(IllegalAddressError):
            bench.plc.write(address, [0] * count)


def test_a_jaw_is_tried_on_nothing_only_where_no_carrier_stands() -> None:
    bench = sealer_bench()
    assert bench.ask(bench.permit(Command.SEAL, carrier=0, setpoints=SEAL_150)) is Answer.WRONG_CARRIER
    bench.plc.machine.world.move_by_hand("seal_1", "inspect")
    assert bench.ask(bench.permit(Command.SEAL, carrier=0, setpoints=SEAL_150)) is Answer.ACCEPTED
    bench.run(5)
    result = bench.plc.status().blocks[0].result
    assert (result.code, result.measured["carrier"], result.measured["cycles"]) == (ResultCode.OK, 0, 1)


def test_a_gate_counts_what_a_hand_throws_into_dispatch_and_keeps_the_count_with_its_results() -> None:
    world = world_with_carrier("inspect")
    gate, conveyor = Bench(GateMachine(world, Faults())), Bench(ConveyorMachine(world))
    world.carry_to_chute("inspect", Chute.DISPATCH)
    gate.scan()
    conveyor.scan()
    assert (gate.block().strays, conveyor.block(5).strays) == (1, 0)
    gate.plc.restart(keep_memory=True)
    assert gate.block().strays == 1
    gate.plc.restart(keep_memory=False)
    gate.scan()
    assert gate.block().strays == 0


def test_what_is_thrown_into_reject_or_pushed_is_no_stray() -> None:
    world = world_with_carrier("divert")
    gate = Bench(GateMachine(world, Faults()))
    assert gate.ask(gate.permit(Command.DIVERT, target=Chute.DISPATCH)) is Answer.ACCEPTED
    gate.run(1.0)
    world.feed_load()
    world.carry_to_chute("load", Chute.REJECT)
    gate.scan()
    assert gate.block().result.measured["chute"] == Chute.DISPATCH
    assert gate.block().strays == 0
