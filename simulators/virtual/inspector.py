"""Looks at every permit as it is written and as it is taken: was the line allowed to give it?

Knows the line's unit state by asking it, and everything else from the plant: which start of the line wrote the permit,
when the mailer's contents were last shown to the cameras, when hands or guards last broke into the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from devices.plc.contract import PERMIT_LIFE_MS, Answer, Chute, Command, Permit, ResultCode
from simulators.faults import FaultKind, Faults
from simulators.history import (
    CarrierMoved,
    EmergencyStop,
    Event,
    GuardsSwung,
    JawClosed,
    LabelApplied,
    LabelPrinted,
    ParcelFell,
)
from simulators.matter import Mailer
from simulators.oracle import Told
from simulators.virtual.watched_plc import WatchedPlc
from simulators.world import ZONES, World

SETTLES_S = 0.35
"""A permit that was under way when its reason fell away: what waits for the wire is at most a request's time old."""
SEEN_S = 0.7
"""By then the line must know of a disturbance: the oldest image that it believes, and a request's time."""
PROOF_LIFE_S = 60.0
"""The longest proof life of the line's recipes."""
NO_MOTION = frozenset({"STOPPED", "ABORTED", "HELD", "SUSPENDED", "IDLE", "COMPLETE", "RESETTING", "CLEARING"})
BY_HAND = frozenset({"STOPPED", "IDLE"})
"""Where a line in Manual may be moved."""
LEAVING = frozenset({"HOLDING", "STOPPING", "ABORTING", "SUSPENDING", "COMPLETING"})
GIVEN_UP_S = 5.0
"""Shorter than the shortest deadline of a motion."""
PROVING = ("wide", "close_up")
POSSIBLE = (
    *(f"answer {each.name}" for each in Answer if each is not Answer.NONE),
    *(f"result {each.name}" for each in ResultCode if each is not ResultCode.NONE),
    "a permit on the wire while the unit turned",
    "operator began anew",
)
"""What a long campaign must have met."""


@dataclass(slots=True)
class Shown:
    """When a mailer was last shown to each proving camera. :ivar mailer: kept, so that its identity stays its own."""

    mailer: Mailer
    at: dict[str, float]


class Inspector:
    """One run's.

    :ivar findings: sentences; :ivar rare: how often rare things were seen; :ivar life: the line's present one.
    :ivar astray: on labels pressed on others' parcels and on events before their time; these count while hands
        leave parcels in their place.
    :ivar plcs: all of them.
    """

    def __init__(self, world: World, faults: Faults, now: Callable[[], float]) -> None:
        self.findings: list[str] = []
        self.astray: list[str] = []
        self._faults = faults
        self._printed_before: dict[str, Mailer] = {}
        self.rare: Counter[str] = Counter(dict.fromkeys(POSSIBLE, 0))
        self._world = world
        self._now = now
        self._shown: dict[int, Shown] = {}
        self._fallen: set[str] = set()
        self._broken_at = float("-inf")
        self._state, self._mode, self._turned_at = "", "", float("-inf")
        self._jogged: dict[int, Mailer] = {}
        self._epochs: dict[str, int] = {}
        self.life = ""
        self.plcs: tuple[WatchedPlc, ...] = ()

    def turned(self, state: str, mode: str) -> None:
        """The unit has turned to a state, or to another mode."""
        if mode != self._mode and "MANUAL" in (mode, self._mode):
            self._jogged |= {id(mailer): mailer for mailer in self._filled()}
            self.rare[f"mode {mode}"] += 1
        self._mode = mode
        if state != self._state:
            if state == "HELD":
                self._look_for_motion()
            self._state, self._turned_at = state, self._now()
            self.rare[f"state {state}"] += 1

    def exposed(self, camera: str, mailer: Mailer) -> None:
        """A camera has shown a mailer."""
        shown = self._shown.setdefault(id(mailer), Shown(mailer, {}))
        shown.at[camera] = self._now()

    def broke(self) -> None:
        """A PLC has lost track, or started anew: nobody vouches any more for what was proven before."""
        self._broken_at = self._now()

    def see(self, event: Event) -> None:
        """Take what happened to matter."""
        by_hand = isinstance(event, CarrierMoved) and not _is_next(event.source, event.target)
        opened = isinstance(event, GuardsSwung) and not event.closed
        if by_hand or opened or (isinstance(event, EmergencyStop) and event.pressed):
            self.broke()
        if isinstance(event, JawClosed) and event.again:
            self._find(f"the jaw at {event.zone} closed a second time on the parcel of {event.kit}")
        if isinstance(event, LabelPrinted | LabelApplied):
            self._follow_label(event)
        if isinstance(event, ParcelFell) and event.chute == Chute.DISPATCH:
            self._fallen.update(event.mail_numbers)

    def written(self, plc: WatchedPlc, permit: Permit) -> None:
        """The line has put a permit on the wire: in this moment it must have been allowed to."""
        self._look_at_image(plc, permit)
        if self._mode == "MANUAL":
            self._look_at_jog(plc, permit)
            return
        self._look_at_state(plc.name, permit)
        to_dispatch = permit.command is Command.DIVERT and permit.target == Chute.DISPATCH
        if to_dispatch or permit.command is Command.SEAL:
            self._look_at_proof(plc, permit.command)

    def accepted(self, device: str, permit: Permit) -> None:
        """A PLC has taken a permit: it must be of this start of the line."""
        ours = self._epochs.setdefault(self.life, permit.epoch)
        if permit.epoch != ours or any(epoch >= ours for life, epoch in self._epochs.items() if life != self.life):
            self._find(f"{device} took a permit of epoch {permit.epoch}, another start's")
        jogged = self._mode == "MANUAL" and self._state in BY_HAND
        standing = self._state in ("HELD", "SUSPENDED", "STOPPED", "ABORTED") and not jogged
        if standing and self._since_turn() > SETTLES_S:
            self._find(f"{device} began {permit.command.name} of item {permit.token} while the line was {self._state}")

    def _follow_label(self, event: LabelPrinted | LabelApplied) -> None:
        """A label is pressed on the parcel before which it came out, unless it stuck to the pad."""
        mailer = self._world.mailer_at("label") if self._world.bears_mailer("label") else None
        if isinstance(event, LabelPrinted):
            if mailer is not None:
                self._printed_before[event.mail_number] = mailer
            return
        stuck = any(fault.kind is FaultKind.LABEL_ON_OTHER and fault.other == event.kit for fault in self._faults.fired)
        meant = self._printed_before.get(event.mail_number)
        if meant is not None and meant is not mailer and not stuck:
            number, kit = event.mail_number, meant.kit
            self.astray.append(f"label {number}, printed for the parcel of {kit}, was pressed on that of {event.kit}")

    def told(self, told: Told) -> None:
        """Dispatch hears of a sealed parcel only once it has fallen."""
        if told.kind == "sealed" and told.mail_number not in self._fallen:
            self.astray.append(f"dispatch was told that {told.mail_number} is sealed, and no such parcel had fallen")

    def _look_for_motion(self) -> None:
        """A line that says Held stands still, but for what was begun long ago and given up."""
        for plc in self.plcs:
            if any(self._now() - began < GIVEN_UP_S for began in plc.moving.values()):
                self._find(f"the line says Held while {plc.name} still moves")

    def _look_at_image(self, plc: WatchedPlc, permit: Permit) -> None:
        """A permit's end tells the PLC's clock in the image on which it was given: the line may believe no old one."""
        given_ms = permit.expires_ms - PERMIT_LIFE_MS
        age_ms = (plc.clock_ms_at(self._now()) - given_ms) & 0xFFFFFFFF
        # A PLC that has started anew since is younger than the image: it refuses the permit.
        if 1000 * SEEN_S < age_ms < 1 << 31:
            self._find(f"{plc.name} was permitted {permit.command.name} on an image that was {age_ms} ms old")

    def _look_at_state(self, device: str, permit: Permit) -> None:
        wrong = self._state in NO_MOTION | LEAVING
        if wrong and self._since_turn() > SETTLES_S:
            about = (
                f"{permit.command.name} of item {permit.token} {self._since_turn():.2f} s after it was {self._state}"
            )
            self._find(f"the line permitted {device} {about}")
        elif wrong:
            self.rare["a permit on the wire while the unit turned"] += 1

    def _look_at_jog(self, plc: WatchedPlc, permit: Permit) -> None:
        """By hand nothing goes to dispatch, no jaw closes where a carrier stands, and one thing moves at a time."""
        about = f"{plc.name} was permitted by hand {permit.command.name}"
        if permit.command is Command.DIVERT and permit.target != Chute.REJECT:
            self._find(f"{about} to chute {permit.target}")
        if permit.command is Command.SEAL and plc.machine.zones[0] in self._world.zones:
            self._find(f"{about} where a carrier stands")
        if self._state not in BY_HAND and self._since_turn() > SETTLES_S:
            self._find(f"{about} {self._since_turn():.2f} s after the line was {self._state}")
        if any(self._now() - began < GIVEN_UP_S for each in self.plcs for began in each.moving.values()):
            self._find(f"{about} while something else moved")

    def _filled(self) -> list[Mailer]:
        """Every mailer on the belts that is filled for somebody."""
        carriers = [*self._world.zones.values(), *(each.carrier for each in self._world.travelling.values())]
        return [
            each.mailer for each in carriers if each.mailer is not None and (each.mailer.kit or each.mailer.contents)
        ]

    def _look_at_proof(self, plc: WatchedPlc, command: Command) -> None:
        """What the jaw closes on has been shown to both cameras lately; until it has fallen nothing touches it."""
        carrier = self._world.zones.get(plc.machine.zones[0])
        if carrier is None or carrier.mailer is None:
            return
        shown = self._shown.get(id(carrier.mailer))
        missing = [camera for camera in PROVING if shown is None or camera not in shown.at]
        if shown is None or missing:
            cameras = ", ".join(missing)
            self._find(f"{plc.name} was permitted {command.name} of a parcel that camera {cameras} never saw")
            return
        if id(carrier.mailer) in self._jogged:
            self._find(f"{plc.name} was permitted {command.name} of a parcel that had stood there in Manual")
        now, proven_at = self._now(), min(shown.at[camera] for camera in PROVING)
        if command is Command.SEAL and now - proven_at > PROOF_LIFE_S + SETTLES_S:
            self._find(f"{plc.name} was permitted to seal on pictures {now - proven_at:.1f} s old")
        if proven_at < self._broken_at < now - SEEN_S:
            since = now - self._broken_at
            self._find(f"{plc.name} was permitted {command.name} {since:.1f} s after trust was broken")

    def _since_turn(self) -> float:
        return self._now() - self._turned_at

    def _find(self, finding: str) -> None:
        self.findings.append(f"{self._now():.3f} {finding}")


def _is_next(source: str, target: str) -> bool:
    """Whether a belt leads there, or back to where it began."""
    return source == target or ZONES.index(target) - ZONES.index(source) in (1, 2) or target == "load"
