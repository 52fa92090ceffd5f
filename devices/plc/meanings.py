"""What each register and code of the PLC contract means, in the words of its document."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from devices.plc.contract import (
    HEARTBEAT_LOST_S,
    PERMIT_LIFE_MS,
    Answer,
    BlockState,
    Chute,
    Command,
    DeviceKind,
    ResultCode,
    Safety,
)
from devices.plc.curve import CURVE_LENGTH, CURVE_SAMPLES

BLOCK = (
    ("carrier", "number of the carrier that stands at the block; 0: none"),
    ("state", "see *Block states*"),
    ("echo epoch", "the command block as the PLC took it"),
    ("echo sequence", ""),
    ("echo token, high word", ""),
    ("echo token, low word", ""),
    ("echo check word", "as received"),
    ("answer", "see *Answers*"),
    ("result epoch", "of the command that the retained result belongs to"),
    ("result sequence", "0: no result is retained"),
    ("result token, high word", ""),
    ("result token, low word", ""),
    ("result code", "see *Result codes*"),
)
HEADER = (
    ("sequence", "changes with each scan"),
    ("boot id", "changes at each start of the PLC"),
    ("clock, high word", "the PLC's own counter in ms, 32 bits, wrapping"),
    ("clock, low word", ""),
    ("safety", "see *Safety bits*"),
    ("disturbances", "counts each opened guard, emergency stop, hand motion and lost tracking since boot"),
)
COMMAND = (
    ("epoch", "1..65535, one higher at each start of the line"),
    ("sequence", "1..65535, one higher a command of this block, 0 is skipped"),
    ("token, high word", "number of the item"),
    ("token, low word", ""),
    ("command", "see *Commands*"),
    ("carrier", "number that must stand at the block; 0, for SEAL alone: none may, the jaw is tried on nothing"),
    ("target", "zone index for MOVE, chute for DIVERT, else 0"),
    ("expiry, high word", "the PLC's clock in ms from which on the permit is void"),
    ("expiry, low word", ""),
    ("set-point 1", "see *Commands*; unused ones are 0"),
    ("set-point 2", ""),
    ("set-point 3", ""),
    ("set-point 4", ""),
    ("check word", "CRC-16/MODBUS over the 13 registers before it, each high byte first"),
)
CURVE: tuple[tuple[object, str, str], ...] = (
    (0, "sequence", "of the command that the retained result belongs to; 0: no curve"),
    (1, "token, high word", ""),
    (2, "token, low word", ""),
    (3, "epoch", ""),
    (4, "step", "ms from one sample to the next; the same over the whole cycle"),
    (5, "count", f"samples that were taken, 0..{CURVE_SAMPLES}; the registers of the others are 0"),
    (f"6 to {5 + CURVE_SAMPLES}", "temperature", "of the jaw's face, 0.1 °C; the first as the jaw begins to close"),
    (f"{6 + CURVE_SAMPLES} to {5 + 2 * CURVE_SAMPLES}", "force", "of the jaw, N, of the same moments"),
    (CURVE_LENGTH - 3, "token, high word", "as in front: a torn read is seen"),
    (CURVE_LENGTH - 2, "token, low word", ""),
    (CURVE_LENGTH - 1, "sequence", ""),
)
MEANINGS: dict[type[IntEnum | IntFlag], dict[int, str]] = {
    Command: {
        Command.MOVE: "conveyor: send the carrier of this block's zone to zone `target`",
        Command.SEAL: "sealer: close the jaw on the parcel with the set-points, or with carrier 0 on nothing",
        Command.APPLY: "applicator: take the printed label from the peel edge and press it on the parcel",
        Command.DIVERT: "gate: set to chute `target`, push the parcel off its carrier, return to REJECT",
    },
    BlockState: {
        BlockState.IDLE: "ready for a command",
        BlockState.BUSY: "a command is being carried out",
        BlockState.DONE: "a result is retained until it is acknowledged",
        BlockState.FAULT: "needs a person at the machine",
    },
    Answer: {
        Answer.NONE: "nothing was taken since boot",
        Answer.ACCEPTED: "the motion has begun",
        Answer.BUSY: "the block carries out another command",
        Answer.RESULT_UNACKNOWLEDGED: "the block retains a result",
        Answer.EXPIRED: f"the expiry is reached or lies more than {PERMIT_LIFE_MS} ms ahead",
        Answer.WRONG_CARRIER: "another carrier stands at the block",
        Answer.NO_CARRIER: "no carrier stands at the block",
        Answer.TARGET_OCCUPIED: "the target zone holds a carrier or one is on its way there",
        Answer.GUARD_OPEN: "a safety bit other than HOST_ALIVE is not set",
        Answer.HOST_LOST: "the line's heartbeat stands still",
        Answer.OUT_OF_BOUNDS: "a set-point or the target is out of bounds",
        Answer.BAD_CRC: "the check word is wrong",
        Answer.UNKNOWN_COMMAND: "the command is not this machine's, or the sequence is 0",
        Answer.OLD_EPOCH: "the epoch is 0 or older than the newest one seen",
    },
    ResultCode: {
        ResultCode.NONE: "no result",
        ResultCode.OK: "carried out and confirmed by its sensor",
        ResultCode.INTERRUPTED: "a guard, an emergency stop or a lost heartbeat ended it before its time",
        ResultCode.NOT_CONFIRMED: "the motion was made but its sensor did not confirm it in time",
        ResultCode.NO_LABEL: "no label stood at the peel edge, or the pad lost it",
        ResultCode.WRONG_CHUTE: "the confirming sensor saw the parcel in another chute than `target`",
        ResultCode.HEATER_FAULT: "the jaw's heater failed",
    },
    Safety: {
        Safety.GUARDS_CLOSED: "all guards are closed",
        Safety.EMERGENCY_STOP_RELEASED: "no emergency stop is pressed",
        Safety.HOST_ALIVE: f"the heartbeat has changed within {round(HEARTBEAT_LOST_S * 1000)} ms",
        Safety.TRACKING_OK: "the conveyor knows where every carrier is",
    },
    Chute: {
        Chute.NONE: "none",
        Chute.REJECT: "where the gate rests",
        Chute.DISPATCH: "only for what is proven",
    },
    DeviceKind: {
        DeviceKind.CONVEYOR: "one block for each zone",
        DeviceKind.SEALER: "one block",
        DeviceKind.APPLICATOR: "one block",
        DeviceKind.GATE: "one block",
    },
}
