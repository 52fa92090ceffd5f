"""The trouble of a virtual run as a plan: by seed, bound to orders and zones. What does it is the `conductor`'s."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from simulators.faults import Fault, FaultKind
from simulators.scenario import Scenario
from simulators.world import ZONES


class Kind(StrEnum):
    """What goes wrong, beside what `simulators.faults` does to single motions."""

    MODBUS_SWALLOWED = "modbus_swallowed"
    MODBUS_LATE = "modbus_late"
    MODBUS_DOUBLED = "modbus_doubled"
    MODBUS_SPLIT = "modbus_split"
    MODBUS_CUT = "modbus_cut"
    MODBUS_WRONG_UNIT = "modbus_wrong_unit"
    MODBUS_TRANSACTION_ZERO = "modbus_transaction_zero"
    MODBUS_NOISE = "modbus_noise"
    MODBUS_TORN_IMAGE = "modbus_torn_image"
    HALF_OPEN = "half_open"
    LINK_DROPPED = "link_dropped"
    PLC_RESTARTED = "plc_restarted"
    PLC_FORGOT = "plc_forgot"
    TRACKING_LOST = "tracking_lost"
    SENSOR_STUCK = "sensor_stuck"
    SENSOR_EARLY = "sensor_early"
    CARRIER_MISREAD = "carrier_misread"
    SCANNER_NO_READ = "scanner_no_read"
    SCANNER_DOUBLE = "scanner_double"
    SCANNER_CUT = "scanner_cut"
    SCANNER_LATE = "scanner_late"
    SCALE_SILENT = "scale_silent"
    SCALE_DRIFTS = "scale_drifts"
    PRINTER_MEDIA_OUT = "printer_media_out"
    PRINTER_HEAD_OPEN = "printer_head_open"
    PRINTER_SILENT = "printer_silent"
    PRINTER_LATE = "printer_late"
    HEATER_BURNT = "heater_burnt"
    SEALER_HOT = "sealer_hot"
    SEALER_STUCK = "sealer_stuck"
    GATE_LATE = "gate_late"
    GATE_STUCK = "gate_stuck"
    CAMERA_STUCK = "camera_stuck"
    CAMERA_BLACK = "camera_black"
    CAMERA_LATE = "camera_late"
    CAMERA_GONE = "camera_gone"
    BROKER_LOST = "broker_lost"
    BROKER_EMPTY = "broker_empty"
    BROKER_SLOW = "broker_slow"
    DISPATCH_ABSENT = "dispatch_absent"
    DISPATCH_SLOW = "dispatch_slow"
    DISPATCH_TWICE = "dispatch_twice"
    DISPATCH_ASTRAY = "dispatch_astray"
    DISPATCH_CONFUSED = "dispatch_confused"
    DISPATCH_MUTE = "dispatch_mute"
    DISPATCH_DEAF = "dispatch_deaf"
    DISK_FULL = "disk_full"
    FSYNC_SLOW = "fsync_slow"
    FSYNC_ERROR = "fsync_error"
    CLOCK_JUMPED = "clock_jumped"
    LINE_KILLED = "line_killed"
    LINE_KILLED_BEFORE_COMMIT = "line_killed_before_commit"
    LINE_KILLED_AFTER_COMMIT = "line_killed_after_commit"
    OPERATOR_HOLDS = "operator_holds"
    OPERATOR_AWAY = "operator_away"
    OPERATOR_STOPS = "operator_stops"
    OPERATOR_ABORTS = "operator_aborts"
    EMERGENCY_STOP = "emergency_stop"
    GUARD_OPENED = "guard_opened"
    PART_REMOVED = "part_removed"
    PARTS_SWAPPED = "parts_swapped"
    PARCELS_SWAPPED = "parcels_swapped"
    PARCEL_REMOVED = "parcel_removed"
    PARCEL_REFED = "parcel_refed"
    PARCEL_TURNED = "parcel_turned"
    CARRIER_MOVED = "carrier_moved"
    PART_ADDED = "part_added"
    PART_REFED = "part_refed"
    PART_TURNED = "part_turned"
    PARCEL_WALKED = "parcel_walked"
    TECHNICIAN_JOGS = "technician_jogs"
    """A technician takes the line to Manual and back; only when asked for by name, so that no seed changes its run."""
    DETECTOR_BLIND = "detector_blind"
    """Vision accepts everything from then on, until somebody mends it; only when asked for by name."""


OPEN_MAILER = ("infeed", "collate", "verify", "label", "seal_1", "seal_2")
HANDS_BELONG = frozenset({"infeed", "collate"})
"""Where people lay parts in: no guard is opened for that."""
BEHIND_LOAD = ZONES[1:]
CHUTE = "chute"
"""Where trouble may be bound to by name: it strikes when the parcel has fallen, the gate still on its way back."""
AT_ZONES: dict[Kind, tuple[str, ...]] = {
    Kind.SCANNER_NO_READ: ("infeed", "collate"),
    Kind.SCANNER_DOUBLE: ("infeed", "collate"),
    Kind.SCANNER_CUT: ("infeed", "collate"),
    Kind.SCANNER_LATE: ("infeed", "collate"),
    Kind.SCALE_SILENT: ("inspect",),
    Kind.PRINTER_MEDIA_OUT: ("label", "verify"),
    Kind.PRINTER_HEAD_OPEN: ("label", "verify"),
    Kind.PRINTER_SILENT: ("label", "verify"),
    Kind.HEATER_BURNT: ("label", "seal_1", "seal_2"),
    Kind.CAMERA_STUCK: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_BLACK: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_LATE: ("collate", "verify", "label", "inspect"),
    Kind.CAMERA_GONE: ("collate", "verify", "label", "inspect"),
    Kind.SCALE_DRIFTS: ("seal_1", "seal_2", "inspect"),
    Kind.PRINTER_LATE: ("label", "verify"),
    Kind.SEALER_HOT: ("label", "seal_1", "seal_2"),
    Kind.SEALER_STUCK: ("label", "seal_1", "seal_2"),
    Kind.GATE_LATE: ("inspect", "divert"),
    Kind.GATE_STUCK: ("inspect", "divert"),
    Kind.PART_REMOVED: OPEN_MAILER[1:],
    Kind.PARTS_SWAPPED: OPEN_MAILER[1:],
    Kind.PART_ADDED: OPEN_MAILER,
    Kind.PART_REFED: OPEN_MAILER[1:],
    Kind.PART_TURNED: OPEN_MAILER[1:],
    Kind.PARCEL_WALKED: ("label", "seal_1", "seal_2", "inspect", "divert"),
    Kind.PARCELS_SWAPPED: ("label", "seal_1", "seal_2", "inspect", "divert"),
    Kind.PARCEL_REMOVED: BEHIND_LOAD,
    Kind.PARCEL_REFED: ("label", "seal_1", "seal_2", "inspect", "divert"),
    Kind.PARCEL_TURNED: BEHIND_LOAD[2:],
    Kind.CARRIER_MOVED: ("infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect"),
}
"""Where a kind can show; any other strikes while its order stands anywhere behind load.

Not at load: nobody can tell yet which order its carrier will bear. A scanner waits for parts at infeed and collate
alone. The scale is asked at inspect, and what it drifts must last until then. A printer prints for the parcel at label;
what befalls it must not be over by then. Jaws are met once the order is on its way to them, the gate likewise. Of
pictures those from collate on are judged. Parts can be reached until the jaw has closed, and taken, swapped or turned
once one has been laid in. Whole parcels are taken for one another from label on, where they are told apart by their
waybill; before, a swap is one of parts. At divert a carrier bears what is about to fall: who moves it has walked it.
"""
MOVED_BY_HAND = frozenset(
    {
        Kind.PARCELS_SWAPPED,
        Kind.PARCEL_REMOVED,
        Kind.PARCEL_REFED,
        Kind.PARCEL_WALKED,
        Kind.CARRIER_MOVED,
    }
)
"""After one of these a parcel is not where the line had brought it."""
DISTURBING = MOVED_BY_HAND | frozenset(
    {
        Kind.PLC_RESTARTED,
        Kind.PLC_FORGOT,
        Kind.TRACKING_LOST,
        Kind.EMERGENCY_STOP,
        Kind.GUARD_OPENED,
        Kind.PART_REMOVED,
        Kind.PARTS_SWAPPED,
        Kind.PARCEL_TURNED,
        Kind.PART_ADDED,
        Kind.PART_REFED,
        Kind.PART_TURNED,
        Kind.GATE_STUCK,
        Kind.SENSOR_STUCK,
        Kind.SENSOR_EARLY,
        Kind.CARRIER_MISREAD,
    }
)
"""After one of these a gate may have been cut off, or emptied by hand: it may not know where a parcel fell."""
ORDERS_A_TROUBLE = {"none": 0.0, "light": 6.0, "few": 1.5, "heavy": 1.5}
"""By level; `few` is as heavy, but of few kinds, drawn by the seed."""
FEWEST_KINDS, MOST_KINDS = 2, 5
MOTION_FAULTS = (FaultKind.GATE_WRONG_CHUTE, FaultKind.DOUBLE_PRINT, FaultKind.SCALE_DRIFT)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One planned trouble: it strikes `after_s` virtual seconds after the order's first arrival in the zone.

    At infeed an order arrives when hands begin its mailer; before, nobody can tell whose it is.
    """

    kind: Kind
    kit: str
    zone: str
    after_s: float
    seed: int

    def __str__(self) -> str:
        return f"{self.kind} {self.after_s:.3f} s after order {self.kit} came to {self.zone}"


AT_RANDOM = tuple(kind for kind in Kind if kind not in (Kind.DETECTOR_BLIND, Kind.TECHNICIAN_JOGS))
"""A blind detector is found out by a test kit; without test kits nothing could."""


def plan_troubles(seed: int, scenario: Scenario, level: str, kinds: tuple[Kind, ...] = ()) -> tuple[Trouble, ...]:
    """Plan a run's trouble; the same seed gives the same. :param kinds: the only ones; by level unless given."""
    chance = Random(f"troubles {seed} {level}")
    if not ORDERS_A_TROUBLE[level]:
        return ()
    count = max(1, round(len(scenario.orders) / ORDERS_A_TROUBLE[level]))
    drawn = kinds or (few_kinds(seed) if level == "few" else AT_RANDOM)
    troubles = []
    for _ in range(count):
        kind = chance.choice(drawn)
        zone = chance.choice(AT_ZONES.get(kind, BEHIND_LOAD))
        order = chance.choice(scenario.orders)
        after_s = chance.choice((0.0, chance.uniform(0, 1.5)))
        troubles.append(Trouble(kind, order.acceptance, zone, after_s, chance.randrange(10**6)))
    return tuple(troubles)


def few_kinds(seed: int) -> tuple[Kind, ...]:
    """The kinds that a seed of level `few` meets.

    Swarm testing (Groce et al., ISSTA 2012): what two kinds do together is drowned where forty others strike between.
    """
    chance = Random(f"kinds {seed}")
    return tuple(chance.sample(AT_RANDOM, chance.randint(FEWEST_KINDS, MOST_KINDS)))


def plan_motion_faults(seed: int, scenario: Scenario, level: str) -> tuple[Fault, ...]:
    """More faults of single motions, for orders that have none."""
    chance = Random(f"motions {seed} {level}")
    if level == "none":
        return ()
    struck = {name for fault in scenario.faults for name in (fault.kit, fault.other)}
    calm = [order.acceptance for order in scenario.orders if order.acceptance not in struck]
    chance.shuffle(calm)
    few = max(1, len(calm) // (40 if level == "light" else 12))
    return tuple(Fault(chance.choice(MOTION_FAULTS), kit) for kit in calm[:few])
