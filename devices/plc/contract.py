"""The PLC contract, declared once: what stands in which holding register and what it means.

This file is pure data with encode and decode. The driver, the twins, `docs/plc-contract.md` and the conformance
trial (`sealline conform`) are all made from it, and golden tests pin it with literal bytes. It owns no wire, no
clock and no state.

A PLC carries one or more **blocks**: a conveyor has one for each zone, a sealer, applicator or gate has one.
Every register is 16 bits, unsigned, big-endian on the wire; 32-bit values stand high word first. Units are in
the names: `dwell_ms`, `temperature_dc` (0.1 °C), `force_n`.

====================  =========================================================================================
address               what
====================  =========================================================================================
0                     status image, read with ONE FC03: sequence, header, every block, the same sequence again
900                   the line's heartbeat, written with FC06 at least every 100 ms
1000 + 20 · block     command block, written with ONE FC16
1000 + 20 · block+16  acknowledgement of a retained result (epoch, sequence), written with ONE FC16
2000 + 100 · block    a sealer's curve, read with ONE FC03 before the acknowledgement; see `curve`
9000                  identity, read once after connecting; see `identity`
====================  =========================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from functools import lru_cache

from devices.plc.check_word import check_word

STATUS_ADDRESS = 0
HEARTBEAT_ADDRESS = 900
COMMAND_ADDRESS = 1000
COMMAND_STRIDE = 20
ACKNOWLEDGE_OFFSET = 16

HEARTBEAT_PERIOD_S = 0.1
HEARTBEAT_LOST_S = 0.4
"""Without a change of the line's heartbeat for so long the PLC starts no motion; a closed jaw ends its dwell."""
PERMIT_LIFE_MS = 500
"""The longest that a permit may live, counted by the PLC's own clock."""
SCAN_S = 0.01


class DeviceKind(IntEnum):
    """What kind of machine answers; stands in the identity."""

    CONVEYOR = 1
    SEALER = 2
    APPLICATOR = 3
    GATE = 4


class Command(IntEnum):
    """What a permit allows, once."""

    MOVE = 1
    """Conveyor: send the carrier of this block's zone to zone `target`."""
    SEAL = 2
    """Sealer: close the jaw on the parcel with the set-points of the block; with carrier 0 on nothing, to try it."""
    APPLY = 3
    """Applicator: take the printed label from the peel edge and press it on the parcel."""
    DIVERT = 4
    """Gate: set to chute `target`, push the parcel off its carrier, return to reject."""


class Chute(IntEnum):
    """Where a parcel leaves the line. The gate rests at REJECT."""

    NONE = 0
    REJECT = 1
    DISPATCH = 2


class BlockState(IntEnum):
    """State of one block."""

    IDLE = 0
    BUSY = 1
    DONE = 2
    """A result is retained until the line acknowledges it."""
    FAULT = 3


class Answer(IntEnum):
    """What the PLC says to the echoed command, in the scan that took it."""

    NONE = 0
    ACCEPTED = 1
    BUSY = 2
    RESULT_UNACKNOWLEDGED = 3
    EXPIRED = 4
    WRONG_CARRIER = 5
    NO_CARRIER = 6
    TARGET_OCCUPIED = 7
    GUARD_OPEN = 8
    HOST_LOST = 9
    OUT_OF_BOUNDS = 10
    BAD_CRC = 11
    UNKNOWN_COMMAND = 12
    OLD_EPOCH = 13


class ResultCode(IntEnum):
    """How an accepted command ended."""

    NONE = 0
    OK = 1
    INTERRUPTED = 2
    """A guard, an emergency stop or a lost heartbeat ended it before its time."""
    NOT_CONFIRMED = 3
    """The motion was made but its sensor did not confirm it in time."""
    NO_LABEL = 4
    """No label stood at the peel edge, or the pad lost it."""
    WRONG_CHUTE = 5
    """The confirming sensor saw the parcel in another chute than `target`."""
    HEATER_FAULT = 6


class Safety(IntFlag):
    """Condition bits of the header. All four must be set for motion."""

    GUARDS_CLOSED = 1
    EMERGENCY_STOP_RELEASED = 2
    HOST_ALIVE = 4
    TRACKING_OK = 8


ALL_SAFE = Safety.GUARDS_CLOSED | Safety.EMERGENCY_STOP_RELEASED | Safety.HOST_ALIVE | Safety.TRACKING_OK

MEASURED: dict[DeviceKind, tuple[str, ...]] = {
    DeviceKind.CONVEYOR: (),
    DeviceKind.SEALER: (
        "carrier",
        "temperature_min_dc",
        "temperature_max_dc",
        "dwell_ms",
        "force_n",
        "cooling_ms",
        "cycles",
    ),
    DeviceKind.APPLICATOR: ("carrier", "cycles"),
    DeviceKind.GATE: ("carrier", "chute", "cycles"),
}
"""Names of the registers that follow a block's fixed part: measured when the retained result was made."""

COUNTED: dict[DeviceKind, tuple[str, ...]] = {
    DeviceKind.CONVEYOR: (),
    DeviceKind.SEALER: (),
    DeviceKind.APPLICATOR: (),
    DeviceKind.GATE: ("strays",),
}
"""Names of the registers after these, the block's last: counted all the time, whatever is retained."""

SETPOINTS: dict[Command, tuple[str, ...]] = {
    Command.MOVE: (),
    Command.SEAL: ("temperature_dc", "dwell_ms", "force_n", "cooling_ms"),
    Command.APPLY: (),
    Command.DIVERT: (),
}

SETPOINT_BOUNDS: dict[str, tuple[int, int]] = {
    "temperature_dc": (500, 2200),
    "dwell_ms": (100, 5000),
    "force_n": (10, 2000),
    "cooling_ms": (0, 10000),
}
"""What a sealer takes, both ends included; outside it answers OUT_OF_BOUNDS."""

SETPOINT_COUNT = 4
_HEADER_LENGTH = 6
BLOCK_LENGTH = 13
"""Registers of a block's fixed part."""
_COMMAND_LENGTH = 14


class ContractError(ValueError):
    """Registers that can't be what this contract says; carries what was found."""


@dataclass(frozen=True, slots=True)
class Permit:
    """One command block: the one-shot permission for one motion.

    :ivar epoch: 1..65535, one higher at each start of the line; an older one is refused.
    :ivar sequence: 1..65535, one higher a command of this block, 0 is skipped.
    :ivar token: the item's number, 1..2**32-1; 0 for a carrier without an item.
    :ivar carrier: number that must stand at the block; the PLC refuses another. 0, for SEAL alone: none may.
    :ivar target: zone index for MOVE, `Chute` for DIVERT, else 0.
    :ivar expires_ms: the PLC's clock from which on the permit is void.
    """

    epoch: int
    sequence: int
    token: int
    command: Command
    carrier: int
    target: int = 0
    expires_ms: int = 0
    setpoints: tuple[int, ...] = ()

    def encode(self) -> list[int]:
        """Return the 14 registers of the command block, check word last."""
        values = list(self.setpoints) + [0] * (SETPOINT_COUNT - len(self.setpoints))
        words = [
            self.epoch,
            self.sequence,
            *_split(self.token),
            int(self.command),
            self.carrier,
            self.target,
            *_split(self.expires_ms & 0xFFFFFFFF),
            *values,
        ]
        return [*words, check_word(words)]

    @classmethod
    def decode(cls, words: list[int]) -> Permit:
        """Read a command block. The check word is the reader's to compare (`check_word(words[:-1])`).

        :raises ContractError: wrong length or an unknown command.
        """
        if len(words) != _COMMAND_LENGTH:
            raise ContractError(f"command block has {len(words)} registers, must have {_COMMAND_LENGTH}")
        try:
            command = Command(words[4])
        except ValueError as error:
            raise ContractError(f"command {words[4]} is unknown, allowed: {[int(c) for c in Command]}") from error
        return cls(
            epoch=words[0],
            sequence=words[1],
            token=_join(words[2], words[3]),
            command=command,
            carrier=words[5],
            target=words[6],
            expires_ms=_join(words[7], words[8]),
            setpoints=tuple(words[9 : 9 + len(SETPOINTS[command])]),
        )


@dataclass(frozen=True, slots=True)
class Echo:
    """The command block as the PLC took it, and its answer."""

    epoch: int = 0
    sequence: int = 0
    token: int = 0
    check: int = 0
    answer: Answer = Answer.NONE


@dataclass(frozen=True, slots=True)
class Result:
    """The retained result of one block. `sequence` 0: there is none."""

    epoch: int = 0
    sequence: int = 0
    token: int = 0
    code: ResultCode = ResultCode.NONE
    measured: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the status image. `carrier` 0: nothing stands there.

    :ivar strays: of a gate, how many parcels its sensor saw fall into DISPATCH that no push had let fall there;
        kept and lost with the retained results, wrapping.
    """

    carrier: int = 0
    state: BlockState = BlockState.IDLE
    echo: Echo = field(default_factory=Echo)
    result: Result = field(default_factory=Result)
    strays: int = 0


@dataclass(frozen=True, slots=True)
class StatusImage:
    """All that a PLC says, from one read.

    :ivar sequence: changes with each scan; stands first and last so that a torn read is seen.
    :ivar boot_id: changes at each start of the PLC.
    :ivar clock_ms: the PLC's own counter, 0..2**32-1, wrapping; standing still it is a lost heartbeat.
    :ivar disturbances: counts each opened guard, emergency stop, hand motion and lost tracking since boot.
    """

    sequence: int
    boot_id: int
    clock_ms: int
    safety: Safety
    disturbances: int
    blocks: tuple[Block, ...]

    def encode(self, kind: DeviceKind) -> list[int]:
        """Return the registers from `STATUS_ADDRESS` on, `status_length` of them."""
        words = [
            self.sequence,
            self.boot_id,
            *_split(self.clock_ms),
            int(self.safety),
            self.disturbances,
        ]
        for block in self.blocks:
            echo, result = block.echo, block.result
            words += [block.carrier, int(block.state)]
            words += [echo.epoch, echo.sequence, *_split(echo.token), echo.check, int(echo.answer)]
            words += [result.epoch, result.sequence, *_split(result.token), int(result.code)]
            words += [result.measured.get(name, 0) for name in MEASURED[kind]]
            words += [block.strays] if COUNTED[kind] else []
        return [*words, self.sequence]

    @classmethod
    def decode(cls, words: list[int], kind: DeviceKind, blocks: int) -> StatusImage:
        """Read a status image.

        :raises ContractError: wrong length, a torn read (first and last sequence differ), an unknown code.
        """
        if len(words) != status_length(kind, blocks):
            length = status_length(kind, blocks)
            raise ContractError(f"status image has {len(words)} registers, must have {length}")
        if words[0] != words[-1]:
            raise ContractError(f"torn read: sequence {words[0]} first, {words[-1]} last")
        stride = block_length(kind)
        try:
            read = tuple(
                _decode_block(tuple(words[start : start + stride]), kind)
                for start in range(_HEADER_LENGTH, _HEADER_LENGTH + stride * blocks, stride)
            )
        except ValueError as error:
            raise ContractError(f"status image holds an unknown code: {error}") from error
        return cls(
            sequence=words[0],
            boot_id=words[1],
            clock_ms=_join(words[2], words[3]),
            safety=Safety(words[4] & 0xF),
            disturbances=words[5],
            blocks=read,
        )


def status_length(kind: DeviceKind, blocks: int) -> int:
    """Number of registers of a status image; at most 125, the limit of one FC03."""
    return _HEADER_LENGTH + blocks * block_length(kind) + 1


def block_length(kind: DeviceKind) -> int:
    """Number of registers of one block: the fixed part, what was measured, what is counted."""
    return BLOCK_LENGTH + len(MEASURED[kind]) + len(COUNTED[kind])


def command_address(block: int) -> int:
    """First register of the command block of block number `block`, 0-based."""
    return COMMAND_ADDRESS + COMMAND_STRIDE * block


def acknowledge_address(block: int) -> int:
    """First of the two registers (epoch, sequence) that acknowledge the retained result of `block`."""
    return command_address(block) + ACKNOWLEDGE_OFFSET


def next_sequence(sequence: int) -> int:
    """The sequence number after `sequence`; 0 is skipped because it means none."""
    return sequence % 0xFFFF + 1


def has_expired(expires_ms: int, clock_ms: int) -> bool:
    """Whether a permit is void at the PLC's clock; right across the wrap of the 32-bit counter."""
    return (expires_ms - clock_ms - 1) & 0xFFFFFFFF >= PERMIT_LIFE_MS


@lru_cache(maxsize=256)
def _decode_block(words: tuple[int, ...], kind: DeviceKind) -> Block:
    """Kept for a while: of a conveyor's nine blocks seldom more than one has changed since the last image."""
    return Block(
        carrier=words[0],
        state=BlockState(words[1]),
        echo=Echo(words[2], words[3], _join(words[4], words[5]), words[6], Answer(words[7])),
        result=Result(
            epoch=words[8],
            sequence=words[9],
            token=_join(words[10], words[11]),
            code=ResultCode(words[12]),
            measured=dict(zip(MEASURED[kind], words[BLOCK_LENGTH : len(words) - len(COUNTED[kind])], strict=True)),
        ),
        strays=words[-1] if COUNTED[kind] else 0,
    )


def _split(value: int) -> tuple[int, int]:
    return value >> 16, value & 0xFFFF


def _join(high: int, low: int) -> int:
    return high << 16 | low
