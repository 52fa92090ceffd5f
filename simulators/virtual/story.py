"""A failing seed as a short story: what was done to the line and when, what the line did, what was found."""

from __future__ import annotations

import re

from simulators.scenario import make_scenario
from simulators.virtual.campaign import Run, simulate
from simulators.virtual.chronicle import FIRST_S
from simulators.virtual.cut import WHOLE, Cut
from simulators.virtual.floor import Depth
from simulators.virtual.shrink import Shrunk, shrink
from simulators.virtual.troubles import Kind, plan_motion_faults, plan_troubles

_TOLD = re.compile(r"([\d.]+) (\w+) ([\d.]+) s after order (\S+) came to (\w+)")
_ORDER = re.compile(r"\b[A-Z]{2}\d{6,}\b")
WORDS: dict[Kind, str] = {
    Kind.MODBUS_SWALLOWED: "a PLC's answer never came",
    Kind.MODBUS_LATE: "a PLC's answer came when nobody waited for it any more",
    Kind.MODBUS_DOUBLED: "a PLC's answer came twice",
    Kind.MODBUS_SPLIT: "a PLC's answer came in two pieces",
    Kind.MODBUS_CUT: "only half of a PLC's answer came",
    Kind.MODBUS_WRONG_UNIT: "a PLC's answer bore another unit's number",
    Kind.MODBUS_TRANSACTION_ZERO: "a PLC's answer bore transaction number 0",
    Kind.MODBUS_NOISE: "noise changed a bit of a PLC's answer",
    Kind.MODBUS_TORN_IMAGE: "a PLC's image was half old and half new",
    Kind.HALF_OPEN: "a PLC fell silent with its link still open",
    Kind.LINK_DROPPED: "a device's link was cut",
    Kind.PLC_RESTARTED: "a PLC started anew and kept its memory",
    Kind.PLC_FORGOT: "a PLC started anew and forgot everything",
    Kind.TRACKING_LOST: "a PLC lost track of the carriers for a while",
    Kind.SENSOR_STUCK: "a sensor stuck",
    Kind.SENSOR_EARLY: "a sensor confirmed a motion before its end",
    Kind.CARRIER_MISREAD: "a carrier's number was misread",
    Kind.SCANNER_NO_READ: "the scanner read nothing",
    Kind.SCANNER_DOUBLE: "the scanner said a code twice",
    Kind.SCANNER_CUT: "only half of a scanned code came",
    Kind.SCANNER_LATE: "a scanned code came too late",
    Kind.SCALE_SILENT: "the scale did not answer",
    Kind.SCALE_DRIFTS: "the scale drifted",
    Kind.PRINTER_MEDIA_OUT: "the printer ran out of labels",
    Kind.PRINTER_HEAD_OPEN: "the printer's head was opened",
    Kind.PRINTER_SILENT: "the printer fell silent",
    Kind.PRINTER_LATE: "the printer printed late",
    Kind.HEATER_BURNT: "a jaw's heater had no power for a while",
    Kind.SEALER_HOT: "a jaw was too hot",
    Kind.SEALER_STUCK: "a jaw stuck",
    Kind.GATE_LATE: "the gate moved late",
    Kind.GATE_STUCK: "the gate did not move",
    Kind.DETECTOR_BLIND: "a detector no longer saw what is wrong",
    Kind.CAMERA_STUCK: "a camera showed its last picture again",
    Kind.CAMERA_BLACK: "a camera's pictures were black",
    Kind.CAMERA_LATE: "a camera's pictures came late",
    Kind.CAMERA_GONE: "a camera could not be reached",
    Kind.BROKER_LOST: "the broker was lost for a while",
    Kind.BROKER_EMPTY: "the broker was lost and forgot everything",
    Kind.BROKER_SLOW: "the broker passed everything on late",
    Kind.DISPATCH_ABSENT: "dispatch was away",
    Kind.DISPATCH_SLOW: "dispatch answered slowly",
    Kind.DISPATCH_TWICE: "dispatch answered twice",
    Kind.DISPATCH_ASTRAY: "dispatch answered for something else",
    Kind.DISPATCH_CONFUSED: "dispatch's answer made no sense",
    Kind.DISPATCH_MUTE: "dispatch took events and did not answer",
    Kind.DISPATCH_DEAF: "dispatch did not hear events",
    Kind.DISK_FULL: "the disk was full",
    Kind.FSYNC_SLOW: "the disk was slow",
    Kind.FSYNC_ERROR: "the disk failed to write",
    Kind.CLOCK_JUMPED: "the time of day jumped",
    Kind.LINE_KILLED: "the line process was killed",
    Kind.LINE_KILLED_BEFORE_COMMIT: "the line process was killed just before it had written its journal",
    Kind.LINE_KILLED_AFTER_COMMIT: "the line process was killed just after it had written its journal",
    Kind.OPERATOR_HOLDS: "the operator pressed Hold",
    Kind.OPERATOR_AWAY: "the operator went away",
    Kind.OPERATOR_STOPS: "the operator pressed Stop",
    Kind.OPERATOR_ABORTS: "the operator pressed Abort",
    Kind.TECHNICIAN_JOGS: "a technician took the line to Manual and moved it",
    Kind.EMERGENCY_STOP: "the emergency stop was pressed",
    Kind.GUARD_OPENED: "a guard was opened",
    Kind.PART_REMOVED: "a hand took a part out",
    Kind.PARTS_SWAPPED: "a hand swapped parts of two parcels",
    Kind.PARCELS_SWAPPED: "a hand swapped two parcels",
    Kind.PARCEL_REMOVED: "a hand took a parcel away and opened it",
    Kind.PARCEL_REFED: "a hand took a parcel off and laid it on another carrier",
    Kind.PARCEL_TURNED: "a hand turned a parcel round",
    Kind.CARRIER_MOVED: "a hand moved a carrier",
    Kind.PART_ADDED: "a hand added a part",
    Kind.PART_REFED: "a hand fed a part again",
    Kind.PART_TURNED: "a hand turned a part over",
    Kind.PARCEL_WALKED: "a hand carried a parcel past the line",
}


def short_story(
    seed: int,
    items: int,
    level: str,
    kinds: tuple[Kind, ...] = (),
    depth: Depth = Depth.PORT,
    challenges: int = 0,
    *,
    pixels: bool = False,
) -> list[str]:
    """Shrink a seed that found something and tell it; empty when it finds nothing."""

    def run(cut: Cut) -> Run:
        return simulate(seed, items, level, kinds, depth, challenges, cut, pixels=pixels)

    whole = run(WHOLE)
    if not whole.findings:
        return []
    plan = make_scenario(seed, items, troubled=level != "none")
    motions = plan_motion_faults(seed, plan, level)
    return told(shrink(whole, plan, len(plan_troubles(seed, plan, level, kinds)), motions, run))


def told(shrunk: Shrunk) -> list[str]:
    """The story, a line each."""
    run = shrunk.run
    concerned = {order for finding in run.findings for order in _ORDER.findall(finding)}
    happened = [(at, words) for at, words in run.did if _concerns(words, concerned)]
    happened += [_in_words(line) for line in run.story]
    left = f"{run.items - len(shrunk.cut.orders)} of {run.items} orders are left, {len(run.story)} troubles struck"
    return [
        f"seed {run.seed} in short ({left}, {shrunk.runs} runs):",
        *(f"  {at:9.3f} s  {words}" for at, words in sorted(happened)),
        *(f"  found: {finding}" for finding in run.findings),
    ]


def _concerns(words: str, orders: set[str]) -> bool:
    """Whether a line belongs to the story: what all orders share, and the ways of those that something was found of."""
    named = set(_ORDER.findall(words))
    return not named or not orders or bool(named & orders)


def _in_words(line: str) -> tuple[float, str]:
    """A trouble as the conductor tells it, in plain words."""
    found = _TOLD.match(line)
    if found is None:
        return 0.0, line
    at, kind, after, order, zone = found.groups()
    since = f"from {float(after):.1f} s after order {order} had come to {zone}, over by now"
    return float(at) - FIRST_S, f"** {WORDS[Kind(kind)]}, {since}"
