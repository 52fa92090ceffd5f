"""What may be moved by hand and what may not: each rule of manual mode, motion by motion."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from order_bench import example_config

from controller.equipment import Equipment
from controller.flow.interlocks import MOVABLE_IN, Standing, interlocks
from controller.flow.motions import Motion, MotionKind, motions_of
from controller.plan.places import ZONES
from controller.unit.machine import UnitMachine
from controller.unit.packml import Mode, State
from devices.links.state import LinkState
from devices.plc.contract import ALL_SAFE, Block, BlockState, Chute, Command, Safety, StatusImage

CONFIG = example_config()
MOTIONS = {motion.name: motion for motion in motions_of(CONFIG)}
PLCS = {
    name: device.type
    for name, device in CONFIG.devices.items()
    if device.type in ("conveyor", "sealer", "gate", "applicator")
}
OF_PLCS = [name for name, motion in MOTIONS.items() if motion.command is not None]


class Floor:
    """A line in manual mode on which everything is as it should be; a test spoils what it is about."""

    def __init__(self) -> None:
        self.unit = UnitMachine({}, cast(Any, None), lambda _: None)
        self.unit.mode = Mode.MANUAL
        self.drivers: dict[str, Any] = {
            name: SimpleNamespace(link_state=LinkState.ONLINE, image=_image(9 if name == "conveyor" else 1))
            for name in CONFIG.devices
        }
        self.borne: dict[int, int] = {}
        self.running, self.settled = "", True

    def stands(self, carrier: int, zone: str) -> None:
        """A carrier as the conveyor and the zone's own machine read it."""
        self._put("conveyor", ZONES.index(zone), carrier)
        machines = {"label": "applicator", "seal_1": "sealer_1", "seal_2": "sealer_2", "divert": "gate"}
        if zone in machines:
            self._put(machines[zone], 0, carrier)

    def spoil(self, device: str, **changes: Any) -> None:
        self.drivers[device].image = replace(self.drivers[device].image, **changes)

    def block(self, device: str, state: BlockState) -> None:
        first, *others = self.drivers[device].image.blocks
        self.spoil(device, blocks=(replace(first, state=state), *others))

    def standing(self) -> Standing:
        plcs = {plc: self.drivers[plc] for plc in PLCS}
        equipment = SimpleNamespace(config=CONFIG, plcs=plcs, drivers=self.drivers, conveyor=self.drivers["conveyor"])
        return Standing(self.unit, cast(Equipment, equipment), self.borne, self.running, self.settled)

    def why(self, name: str) -> list[str]:
        return [each.code for each in interlocks(MOTIONS[name], self.standing())]

    def _put(self, device: str, number: int, carrier: int) -> None:
        blocks = list(self.drivers[device].image.blocks)
        blocks[number] = replace(blocks[number], carrier=carrier)
        self.spoil(device, blocks=tuple(blocks))


def _image(blocks: int) -> StatusImage:
    return StatusImage(1, 1, 1000, ALL_SAFE, 0, (Block(),) * blocks)


def ready(name: str) -> Floor:
    """A floor on which this motion may be made."""
    floor = Floor()
    if MOTIONS[name].kind in (MotionKind.MOVE, MotionKind.PRESS, MotionKind.PUSH):
        floor.stands(7, MOTIONS[name].zone)
    return floor


def test_the_list_holds_every_motion_and_none_that_opens_dispatch_or_seals_a_parcel() -> None:
    assert {motion.kind for motion in MOTIONS.values()} == set(MotionKind)
    pushes = [motion for motion in MOTIONS.values() if motion.command is Command.DIVERT]
    assert [motion.permit_target for motion in pushes] == [Chute.REJECT]
    assert {motion.target for motion in MOTIONS.values() if motion.zone == "label"} == {"", "seal_1", "seal_2"}
    assert len(MOTIONS) == len(motions_of(CONFIG)) == 19


@pytest.mark.parametrize("name", MOTIONS)
def test_a_ready_motion_is_free(name: str) -> None:
    assert ready(name).why(name) == []


@pytest.mark.parametrize("name", MOTIONS)
def test_nothing_moves_outside_manual_mode_nor_two_things_at_once(name: str) -> None:
    floor = ready(name)
    floor.unit.mode = Mode.PRODUCTION
    assert floor.why(name) == ["not_manual"]
    floor = ready(name)
    floor.running = "weigh-inspect"
    assert floor.why(name) == ["running"]
    floor = ready(name)
    floor.settled = False
    assert floor.why(name) == ["entering"]
    for state in set(State) - set(MOVABLE_IN):
        floor = ready(name)
        floor.unit.state = state
        assert floor.why(name) in (["aborted"], ["turning"])


@pytest.mark.parametrize("name", OF_PLCS)
def test_safety_link_fault_and_anything_that_still_moves(name: str) -> None:
    device = MOTIONS[name].device
    for bit, code in {
        Safety.GUARDS_CLOSED: "guard_open",
        Safety.EMERGENCY_STOP_RELEASED: "emergency_stop",
        Safety.HOST_ALIVE: "host_lost",
        Safety.TRACKING_OK: "tracking_lost",
    }.items():
        floor = ready(name)
        floor.spoil(device, safety=ALL_SAFE & ~bit)
        assert floor.why(name) == [code]
    floor = ready(name)
    floor.drivers[device].image = None
    assert "link_lost" in floor.why(name)
    floor = ready(name)
    floor.drivers[device].link_state = LinkState.OFFLINE
    assert floor.why(name) == ["link_lost"]
    floor = ready(name)
    other = "gate" if device != "gate" else "sealer_2"
    floor.block(other, BlockState.BUSY)
    assert floor.why(name) == ["not_still"]


@pytest.mark.parametrize("zone", ["seal_1", "seal_2"])
def test_no_jaw_closes_where_anybody_reads_a_carrier(zone: str) -> None:
    name, sealer = f"jaw-{zone}", zone.replace("seal", "sealer")
    floor = Floor()
    floor.stands(7, zone)
    assert floor.why(name) == ["jaw_occupied"]
    only_conveyor = Floor()
    only_conveyor.spoil("conveyor", blocks=tuple(Block(7 if each == zone else 0) for each in ZONES))
    assert only_conveyor.why(name) == ["jaw_occupied"]
    only_jaw = Floor()
    only_jaw.spoil(sealer, blocks=(Block(7),))
    assert only_jaw.why(name) == ["jaw_occupied"]
    blind = Floor()
    blind.drivers["conveyor"].image = None
    assert blind.why(name) == ["link_lost"]


def test_a_move_needs_its_carrier_a_free_target_and_machines_that_answer() -> None:
    assert Floor().why("move-infeed-collate") == ["no_carrier"]
    floor = ready("move-infeed-collate")
    floor.stands(8, "collate")
    assert floor.why("move-infeed-collate") == ["target_occupied"]
    for device in ("applicator", "sealer_2"):
        floor = ready("move-label-seal_2")
        floor.drivers[device].image = None
        assert floor.why("move-label-seal_2") == ["link_lost"]
        floor = ready("move-label-seal_2")
        floor.block(device, BlockState.FAULT)
        assert floor.why("move-label-seal_2") == ["device_fault"]


def test_what_bears_an_open_item_gets_no_label_and_does_not_return() -> None:
    floor = ready("move-divert-load")
    floor.borne = {7: 23}
    assert floor.why("move-divert-load") == ["loaded"]
    assert floor.why("push-divert") == []
    floor = ready("press-label")
    floor.borne = {7: 23}
    assert (floor.why("press-label"), floor.why("print-label")) == (["bears_item"], ["bears_item"])


def test_a_gate_and_an_applicator_need_a_carrier_and_a_scale_none() -> None:
    assert Floor().why("push-divert") == Floor().why("press-label") == ["no_carrier"]
    floor = Floor()
    floor.stands(7, "inspect")
    assert (floor.why("zero-inspect"), floor.why("weigh-inspect")) == (["scale_loaded"], [])
    floor.drivers["conveyor"].image = None
    assert floor.why("zero-inspect") == ["link_lost"]


def test_a_printer_that_can_not_print_says_why() -> None:
    standing = replace(Floor().standing(), said={"printer": "media out"})
    (why,) = interlocks(MOTIONS["print-label"], standing)
    assert (why.code, why.text.en) == ("printer_fault", "printer: media out")


def test_motions_name_themselves() -> None:
    assert Motion(MotionKind.MOVE, "label", "conveyor", "seal_1").name == "move-label-seal_1"
