"""Every single motion and trial that a technician may ask of the line's machines in manual mode.

What is not in this list can't be asked for: no motion opens the dispatch chute, and the jaw closes on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.flow.tracking import DIVERT, LOAD, next_zones
from controller.plan.config import LineConfig
from controller.plan.places import ZONES, Station, StationKind
from controller.words.text import Text
from devices.plc.contract import Chute, Command


class MotionKind(StrEnum):
    """What is done; stable, translated by the page."""

    MOVE = "move"
    """The conveyor takes the carrier of `zone` to `target`."""
    JAW = "jaw"
    """A sealer runs one cycle on nothing: no carrier may stand in its zone."""
    PRESS = "press"
    """The applicator takes what is at the peel edge and presses it on a mailer that is nobody's."""
    PUSH = "push"
    """The gate pushes what lies on the carrier to reject."""
    PRINT = "print"
    """The printer prints a test label that no carrier takes."""
    SCAN = "scan"
    WEIGH = "weigh"
    ZERO = "zero"
    """The scale takes what it feels for nothing: only with no carrier on it."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One motion or trial.

    :ivar zone: where it happens; :ivar device: which device does it; :ivar target: a zone, for a move.
    """

    kind: MotionKind
    zone: str
    device: str
    target: str = ""

    @property
    def name(self) -> str:
        """How it is asked for, as `move-label-seal_1`."""
        return "-".join(part for part in (self.kind, self.zone, self.target) if part)

    @property
    def block(self) -> int:
        """The block of the PLC that does it."""
        return ZONES.index(self.zone) if self.kind is MotionKind.MOVE else 0

    @property
    def command(self) -> Command | None:
        """What the permit allows; None: it needs none, nothing of the line moves."""
        return _COMMANDS.get(self.kind)

    @property
    def permit_target(self) -> int:
        """The permit's target. The gate knows no other chute here than reject."""
        if self.kind is MotionKind.MOVE:
            return ZONES.index(self.target)
        return int(Chute.REJECT) if self.kind is MotionKind.PUSH else 0


_COMMANDS = {
    MotionKind.MOVE: Command.MOVE,
    MotionKind.JAW: Command.SEAL,
    MotionKind.PRESS: Command.APPLY,
    MotionKind.PUSH: Command.DIVERT,
}
_OF_ROLE = {
    StationKind.INFEED: (("scanner", MotionKind.SCAN),),
    StationKind.COLLATE: (("scanner", MotionKind.SCAN),),
    StationKind.LABEL: (("printer", MotionKind.PRINT), ("applicator", MotionKind.PRESS)),
    StationKind.SEAL: (("sealer", MotionKind.JAW),),
    StationKind.INSPECT: (("scale", MotionKind.WEIGH), ("scale", MotionKind.ZERO)),
    StationKind.DIVERT: (("gate", MotionKind.PUSH),),
}


def motions_of(config: LineConfig) -> tuple[Motion, ...]:
    """All of them, station by station along the belt."""
    return tuple(motion for station in config.stations for motion in _at(station, config.conveyor))


def place(config: LineConfig, zone: str) -> Text:
    """What people call a zone: its station's title."""
    station = next(each for each in config.stations if each.zone == zone)
    return Text(station.title_zh, station.title)


def machine_at(config: LineConfig, zone: str) -> str:
    """The PLC that can hold a carrier in `zone`; empty where none does."""
    station = next(each for each in config.stations if each.zone == zone)
    plcs = ("sealer", "applicator", "gate")
    return next((name for role, name in station.devices.items() if role in plcs), "")


def _at(station: Station, conveyor: str) -> list[Motion]:
    own = [Motion(kind, station.zone, station.devices[role]) for role, kind in _OF_ROLE.get(station.kind, ())]
    onward = (LOAD,) if station.zone == DIVERT else next_zones(station.zone)
    return [*own, *(Motion(MotionKind.MOVE, station.zone, conveyor, target) for target in onward)]
