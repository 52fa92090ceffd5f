"""The twin of a PLC: the contract's other end, in a 10 ms scan. The machine's physics stands apart, in `machines`.

What the line writes is memory until the next scan takes it; the echo with the answer, the state and the result
change only in a scan. The PLC's clock and the heartbeat's 400 ms run in real seconds; only motion runs in plant
seconds (real seconds times speed).

One thing the contract leaves to the PLC: a command block whose (epoch, sequence) is the one last answered, or the
one last accepted, is a repeat: nothing is done and the echo stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from devices.plc.check_word import check_word
from devices.plc.contract import (
    ACKNOWLEDGE_OFFSET,
    COMMAND_ADDRESS,
    COMMAND_STRIDE,
    HEARTBEAT_ADDRESS,
    HEARTBEAT_LOST_S,
    SCAN_S,
    STATUS_ADDRESS,
    Answer,
    Block,
    BlockState,
    DeviceKind,
    Echo,
    Permit,
    Result,
    Safety,
    StatusImage,
    has_expired,
    status_length,
)
from devices.plc.curve import CURVE_ADDRESS, CURVE_STRIDE, Curve
from devices.plc.identity import IDENTITY_ADDRESS, Identity
from simulators.cycles import CycleEnd, Machine
from simulators.modbus_server import IllegalAddressError

COMMAND_LENGTH = 14
ACKNOWLEDGE_LENGTH = 2
_SAFETIES = tuple(Safety(bits) for bits in range(16))
"""Bits 0 to 3 are guards, emergency stop, host, tracking."""


@dataclass(slots=True)
class BlockMemory:
    """What the PLC keeps of one block.

    :ivar registers: the command block and the acknowledgement as last written.
    :ivar curve: of the cycle that ended with `result`.
    :ivar accepted: (epoch, sequence) of the command last accepted; it is never executed again.
    :ivar strays: what a gate has counted in the dispatch chute that no push let fall there.
    """

    registers: list[int] = field(default_factory=lambda: [0] * COMMAND_STRIDE)
    commanded: bool = False
    acknowledged: bool = False
    state: BlockState = BlockState.IDLE
    echo: Echo = field(default_factory=Echo)
    result: Result = field(default_factory=Result)
    curve: Curve = field(default_factory=Curve)
    accepted: tuple[int, int] = (0, 0)
    strays: int = 0
    running: Permit | None = None


class PlcTwin:
    """One PLC with its machine.

    :ivar machine: its physics; :ivar tracking_ok: False is lost tracking, until set again.
    :ivar keeps_curve: whether it has the curve block; only a sealer has.
    """

    def __init__(self, name: str, machine: Machine, *, speed: float = 1.0, boot_id: int = 1) -> None:
        """:param speed: plant seconds a real second; :param boot_id: of the first start, 1..65535."""
        self.name = name
        self.machine = machine
        self.tracking_ok = self._tracked = True
        self.keeps_curve = machine.kind is DeviceKind.SEALER
        self._world = machine.world
        self._speed = speed
        self._blocks = [BlockMemory() for _ in machine.zones]
        self._written = False
        self._status_length = status_length(machine.kind, len(self._blocks))
        self._identity = Identity(machine.kind, len(self._blocks)).encode()
        self._boot_id = boot_id
        self._sequence = 0
        self._newest_epoch = 0
        self._heartbeat = self._heartbeat_seen = 0
        self._heartbeat_at: float | None = None
        self._host_alive = False
        self._now: float | None = None
        self._booted_at = 0.0
        self._disturbances = 0
        self._world_disturbances = self._world.disturbances
        self._world_strays = self._world.strays
        self._image: list[int] | None = None

    # The wire's side: registers.

    def read(self, address: int, count: int) -> list[int]:
        """Return registers. :raises IllegalAddressError: one of them does not exist."""
        for start, registers in self._areas(address):
            if start <= address and address + count <= start + len(registers):
                return registers[address - start : address - start + count]
        raise IllegalAddressError(f"{self.name}: registers {address}..{address + count - 1} are not in the contract")

    def write(self, address: int, values: Sequence[int]) -> None:
        """Store registers until the next scan. :raises IllegalAddressError: one of them can't be written."""
        if address == HEARTBEAT_ADDRESS and len(values) == 1:
            self._heartbeat = values[0]
            return
        number, offset = divmod(address - COMMAND_ADDRESS, COMMAND_STRIDE)
        end = offset + len(values)
        commands = end <= COMMAND_LENGTH
        acknowledges = offset >= ACKNOWLEDGE_OFFSET and end <= ACKNOWLEDGE_OFFSET + ACKNOWLEDGE_LENGTH
        if not 0 <= number < len(self._blocks) or not (commands or acknowledges):
            raise IllegalAddressError(f"{self.name}: registers {address}..{address + len(values) - 1} can't be written")
        block = self._blocks[number]
        block.registers[offset:end] = values
        self._written = True
        block.commanded |= commands
        block.acknowledged |= acknowledges

    # The scan.

    async def run(self) -> None:
        """Scan every 10 ms until cancelled."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            self.scan(clock())
            due = max(due + SCAN_S, clock())
            await asyncio.sleep(due - clock())

    def scan(self, now: float) -> None:
        """Do one scan at this real time: watch host and guards, step the machine, take what was written."""
        if self._now is None:
            self._now = self._booted_at = now
        elapsed, self._now = now - self._now, now
        self._watch_host(now)
        self._watch_guards()
        self._watch_chute()
        self._retain(self.machine.step(elapsed * self._speed))
        if self._written:
            self._written = False
            for number, block in enumerate(self._blocks):
                if block.acknowledged:
                    self._take_acknowledgement(block)
                if block.commanded:
                    self._take_command(number, block)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._image = None

    def restart(self, *, keep_memory: bool) -> None:
        """Lose power and start again: motion ends, clock and boot id are new; retained memory is kept or lost."""
        self._retain(self.machine.stop())
        for number, block in enumerate(self._blocks):
            self._blocks[number] = _kept(block) if keep_memory else BlockMemory()
        self._newest_epoch = self._newest_epoch if keep_memory else 0
        self._boot_id = self._boot_id % 0xFFFF + 1
        self._booted_at = self._now or 0.0
        self._sequence = self._disturbances = 0
        self._heartbeat_at, self._host_alive, self._heartbeat_seen = None, False, self._heartbeat
        self._image = None

    def status(self) -> StatusImage:
        """Return the status image as of the last scan."""
        return StatusImage(
            sequence=self._sequence,
            boot_id=self._boot_id,
            clock_ms=self._clock_ms(),
            safety=self._safety(),
            disturbances=self._disturbances & 0xFFFF,
            blocks=tuple(
                Block(self.machine.carrier(number), block.state, block.echo, block.result, block.strays)
                for number, block in enumerate(self._blocks)
            ),
        )

    def _areas(self, address: int) -> list[tuple[int, list[int]]]:
        if address >= IDENTITY_ADDRESS:
            return [(IDENTITY_ADDRESS, self._identity)]
        if address >= CURVE_ADDRESS:
            kept = self._blocks if self.keeps_curve else []
            return [(CURVE_ADDRESS + CURVE_STRIDE * n, block.curve.encode()) for n, block in enumerate(kept)]
        if address >= COMMAND_ADDRESS:
            return [(COMMAND_ADDRESS + COMMAND_STRIDE * n, block.registers) for n, block in enumerate(self._blocks)]
        if address >= HEARTBEAT_ADDRESS:
            return [(HEARTBEAT_ADDRESS, [self._heartbeat])]
        if self._image is None:
            self._image = self.status().encode(self.machine.kind)
        return [(STATUS_ADDRESS, self._image)]

    def _clock_ms(self) -> int:
        return int(((self._now or 0.0) - self._booted_at) * 1000) & 0xFFFFFFFF

    def _safety(self) -> Safety:
        world = self._world
        bits = world.guards_closed | world.emergency_stop_released << 1 | self._host_alive << 2 | self.tracking_ok << 3
        return _SAFETIES[bits]

    def _watch_host(self, now: float) -> None:
        if self._heartbeat != self._heartbeat_seen:
            self._heartbeat_seen, self._heartbeat_at = self._heartbeat, now
        alive = self._heartbeat_at is not None and now - self._heartbeat_at <= HEARTBEAT_LOST_S
        if self._host_alive and not alive:
            self._retain(self.machine.host_lost())
        self._host_alive = alive

    def _is_disturbed(self) -> bool:
        """Whether trust was broken since the last scan."""
        return self._world.disturbances != self._world_disturbances or self.tracking_ok != self._tracked

    def _watch_guards(self) -> None:
        """Count what broke trust since the last scan, however short it was, and end all motion for it."""
        if not self._is_disturbed():
            return
        happened = self._world.disturbances - self._world_disturbances
        happened += self._tracked and not self.tracking_ok
        self._world_disturbances, self._tracked = self._world.disturbances, self.tracking_ok
        if happened:
            self._disturbances += happened
            self._retain(self.machine.stop())

    def _watch_chute(self) -> None:
        """A gate counts what falls past the dispatch chute's sensor while it pushes nothing there."""
        fell, self._world_strays = self._world.strays - self._world_strays, self._world.strays
        if fell and self.machine.kind is DeviceKind.GATE:
            self._blocks[0].strays = (self._blocks[0].strays + fell) & 0xFFFF

    def _retain(self, ended: list[tuple[int, CycleEnd]]) -> None:
        for number, end in ended:
            block = self._blocks[number]
            permit = block.running
            assert permit is not None, f"{self.name}: block {number} ended a motion that no permit began"
            block.result = Result(permit.epoch, permit.sequence, permit.token, end.code, dict(end.measured))
            if end.curve is not None:
                block.curve = replace(end.curve, epoch=permit.epoch, sequence=permit.sequence, token=permit.token)
            block.state, block.running = BlockState.DONE, None

    def _take_acknowledgement(self, block: BlockMemory) -> None:
        block.acknowledged = False
        epoch, sequence = block.registers[ACKNOWLEDGE_OFFSET : ACKNOWLEDGE_OFFSET + ACKNOWLEDGE_LENGTH]
        if block.state is BlockState.DONE and (epoch, sequence) == (block.result.epoch, block.result.sequence):
            block.result, block.curve = Result(), Curve()
            block.state = BlockState.IDLE

    def _take_command(self, number: int, block: BlockMemory) -> None:
        block.commanded = False
        words = block.registers[:COMMAND_LENGTH]
        intact = check_word(words[:-1]) == words[-1]
        name = (words[0], words[1])
        answered = (block.echo.epoch, block.echo.sequence)
        if intact and (name == block.accepted or (name == answered and block.echo.answer is not Answer.BAD_CRC)):
            return
        answer = self._judge(number, block, words) if intact else Answer.BAD_CRC
        block.echo = Echo(*name, words[2] << 16 | words[3], words[-1], answer)
        if answer is Answer.ACCEPTED:
            block.accepted = name
            block.running = permit_in(tuple(words))
            block.state = BlockState.BUSY
            self.machine.start(number, block.running)

    def _judge(self, number: int, block: BlockMemory, words: list[int]) -> Answer:
        """Answer an intact command block; the first reason to refuse it, in the contract's order."""
        epoch, sequence, carrier = words[0], words[1], self.machine.carrier(number)
        if epoch == 0 or epoch < self._newest_epoch:
            return Answer.OLD_EPOCH
        self._newest_epoch = epoch
        if sequence == 0 or words[4] != self.machine.command:
            return Answer.UNKNOWN_COMMAND
        permit = permit_in(tuple(words))
        if has_expired(permit.expires_ms, self._clock_ms()):
            return Answer.EXPIRED
        if not self._host_alive:
            return Answer.HOST_LOST
        if not (self._world.stands_safe and self.tracking_ok):
            return Answer.GUARD_OPEN
        if block.state is BlockState.BUSY:
            return Answer.BUSY
        if block.state is BlockState.DONE:
            return Answer.RESULT_UNACKNOWLEDGED
        if carrier != permit.carrier:
            return Answer.WRONG_CARRIER if carrier else Answer.NO_CARRIER
        if carrier == 0 and not self.machine.runs_empty:
            return Answer.NO_CARRIER
        return self.machine.refuses(self.machine.zones[number], permit) or Answer.ACCEPTED


@lru_cache(maxsize=32)
def permit_in(words: tuple[int, ...]) -> Permit:
    """Read a command block; the same one is read by everybody who looks at it."""
    return Permit.decode(list(words))


def _kept(block: BlockMemory) -> BlockMemory:
    """Return what battery-backed memory holds after a start: answers and results, no unread writes."""
    return BlockMemory(
        registers=block.registers,
        state=block.state,
        echo=block.echo,
        result=block.result,
        curve=block.curve,
        accepted=block.accepted,
        strays=block.strays,
    )
