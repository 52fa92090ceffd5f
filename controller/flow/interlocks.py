"""Why a motion can't be made by hand now, in words: each rule of manual mode stands here, once.

The PLCs hold their own interlocks whatever the line asks; these are the line's, and they say beforehand what a PLC
would only answer. A rule asks what is known and never guesses: where nothing fresh is known, nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from controller.equipment import Equipment
from controller.flow.motions import Motion, MotionKind, machine_at, place
from controller.flow.tracking import DIVERT, LOAD
from controller.plan.places import ZONES
from controller.unit.machine import UnitMachine
from controller.unit.packml import Mode, State
from controller.words.text import Text
from devices.links.state import LinkState
from devices.plc.contract import Block, BlockState, Safety, StatusImage

MOVABLE_IN = (State.STOPPED, State.IDLE)
"""The states in which a line in manual mode may be moved."""
_SAFETY = {
    Safety.GUARDS_CLOSED: ("guard_open", Text("防护门打开，不能移动", "cannot move: guard open")),
    Safety.EMERGENCY_STOP_RELEASED: (
        "emergency_stop",
        Text("急停已按下，不能移动", "cannot move: emergency stop pressed"),
    ),
    Safety.HOST_ALIVE: (
        "host_lost",
        Text("控制器收不到产线的心跳", "the controller does not hear the line's heartbeat"),
    ),
    Safety.TRACKING_OK: ("tracking_lost", Text("控制器不知道载具在哪里", "the controller has lost track of carriers")),
}


@dataclass(frozen=True, slots=True)
class Interlock:
    """One reason. :ivar code: stable."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules look at.

    :ivar borne: open item by carrier, as the journal has them.
    :ivar said: by printer what it said last of why it can't print; empty or absent: nothing.
    :ivar running: name of the motion under way; empty: none. :ivar settled: all on the line is suspect, durably.
    """

    unit: UnitMachine
    equipment: Equipment
    borne: Mapping[int, int]
    running: str
    settled: bool
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def conveyor(self) -> StatusImage | None:
        """What the conveyor says; None: nothing fresh."""
        return self.equipment.conveyor.image

    def carrier_at(self, zone: str) -> int:
        """The carrier that the conveyor reports there; 0: none, or nothing fresh."""
        image = self.conveyor
        return image.blocks[ZONES.index(zone)].carrier if image is not None else 0


def interlocks(motion: Motion, standing: Standing) -> tuple[Interlock, ...]:
    """Why this motion can't be made now, what weighs most first; empty: it may."""
    return (*_of_line(standing), *_of_device(motion, standing), *_OF_KIND[motion.kind](motion, standing))


def _of_line(standing: Standing) -> Iterator[Interlock]:
    unit = standing.unit
    if unit.mode is not Mode.MANUAL:
        yield Interlock("not_manual", Text("产线不在手动模式", "the line is not in Manual"))
    elif not standing.settled:
        yield Interlock("entering", Text("正在登记线上的件", "what is on the line is being journalled: wait a moment"))
    if unit.mode is Mode.MANUAL and unit.state in (State.ABORTING, State.ABORTED):
        yield Interlock("aborted", Text("产线已中止：先按“清除”", "the line is Aborted: press Clear"))
    elif unit.mode is Mode.MANUAL and unit.state not in MOVABLE_IN:
        yield Interlock("turning", Text("产线状态正在转换", f"the line is {unit.state.name.title()}: wait a moment"))
    if standing.running:
        yield Interlock("running", Text("另一个动作正在进行", "another motion is under way"))


def _of_device(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    if standing.equipment.drivers[motion.device].link_state is not LinkState.ONLINE:
        yield _silent(motion.device)
        return
    plc = standing.equipment.plcs.get(motion.device)
    if plc is None:
        return
    if plc.image is None:
        yield _silent(motion.device)
        return
    for bit, (code, text) in _SAFETY.items():
        if bit not in plc.image.safety:
            yield Interlock(code, text)
    if plc.image.blocks[motion.block].state is BlockState.FAULT:
        yield _faulty(motion.device)
    for name, other in standing.equipment.plcs.items():
        if other.image is not None and any(_moves(block) for block in other.image.blocks):
            yield Interlock("not_still", Text(f"{name} 还在动作", f"{name} is still moving"))


def _of_move(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    carrier = standing.carrier_at(motion.zone)
    if standing.conveyor is None:
        return
    if not carrier:
        yield _nobody(motion.zone, standing)
    if motion.target != LOAD and (there := standing.carrier_at(motion.target)):
        target = place(standing.equipment.config, motion.target)
        text = Text(f"{target.zh}有载具 {there}", f"{target.en} holds carrier {there}")
        yield Interlock("target_occupied", text)
    if motion.zone == DIVERT and (item := standing.borne.get(carrier)):
        text = Text(
            f"载具 {carrier} 上是封装件 {item}：先推到剔除槽",
            f"carrier {carrier} bears item {item}: push it to reject first",
        )
        yield Interlock("loaded", text)
    for zone in (motion.zone, motion.target):
        yield from _held_by_machine(zone, standing)


def _held_by_machine(zone: str, standing: Standing) -> Iterator[Interlock]:
    """A machine of which nothing is known may have its jaw, pad or pusher on the carrier."""
    name = machine_at(standing.equipment.config, zone)
    if not name:
        return
    image = standing.equipment.plcs[name].image
    if image is None:
        yield _silent(name)
    elif image.blocks[0].state is BlockState.FAULT:
        yield _faulty(name)


def _of_jaw(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    """No jaw closes by hand where anything could lie under it, whoever says that it is empty."""
    if standing.conveyor is None:
        yield _silent(standing.equipment.config.conveyor)
        return
    own = standing.equipment.plcs[motion.device].image
    carrier = standing.carrier_at(motion.zone) or (own.blocks[0].carrier if own is not None else 0)
    if carrier:
        text = Text(
            f"这里有载具 {carrier}：手动模式下封口机只能空合",
            f"carrier {carrier} stands here: by hand the jaw closes on nothing",
        )
        yield Interlock("jaw_occupied", text)


def _of_press(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    yield from _needs_carrier(motion, standing)
    yield from _bears_item(motion, standing)


def _of_push(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    yield from _needs_carrier(motion, standing)


def _of_print(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    """A test label beside an item that waits for its own could be taken for that one."""
    yield from _bears_item(motion, standing)
    if said := standing.said.get(motion.device):
        yield Interlock("printer_fault", Text(f"打印机：{said}", f"printer: {said}"))


def _of_zero(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    if standing.conveyor is None:
        yield _silent(standing.equipment.config.conveyor)
    elif carrier := standing.carrier_at(motion.zone):
        text = Text(f"秤上有载具 {carrier}，不能置零", f"carrier {carrier} stands on the scale: it can't be zeroed")
        yield Interlock("scale_loaded", text)


def _of_nothing(motion: Motion, standing: Standing) -> Iterator[Interlock]:  # noqa: ARG001
    return iter(())


_OF_KIND = {
    MotionKind.MOVE: _of_move,
    MotionKind.JAW: _of_jaw,
    MotionKind.PRESS: _of_press,
    MotionKind.PUSH: _of_push,
    MotionKind.PRINT: _of_print,
    MotionKind.SCAN: _of_nothing,
    MotionKind.WEIGH: _of_nothing,
    MotionKind.ZERO: _of_zero,
}


def _needs_carrier(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    if standing.conveyor is None:
        yield _silent(standing.equipment.config.conveyor)
    elif not standing.carrier_at(motion.zone):
        yield _nobody(motion.zone, standing)


def _bears_item(motion: Motion, standing: Standing) -> Iterator[Interlock]:
    carrier = standing.carrier_at(motion.zone)
    if item := standing.borne.get(carrier):
        text = Text(
            f"载具 {carrier} 上是封装件 {item}：先送到剔除槽",
            f"carrier {carrier} bears item {item}: take it to reject first",
        )
        yield Interlock("bears_item", text)


def _nobody(zone: str, standing: Standing) -> Interlock:
    here = place(standing.equipment.config, zone)
    return Interlock("no_carrier", Text(f"{here.zh}没有载具", f"no carrier stands at {here.en}"))


def _silent(device: str) -> Interlock:
    text = Text(f"{device} 没有应答：检查电源和线缆", f"{device} does not answer: check power and cable")
    return Interlock("link_lost", text)


def _faulty(device: str) -> Interlock:
    return Interlock("device_fault", Text(f"{device} 报故障", f"{device} reports a fault"))


def _moves(block: Block) -> bool:
    return block.state is BlockState.BUSY
