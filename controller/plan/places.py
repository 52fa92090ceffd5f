"""Places of the line: its zones in order, what stands in each, and where parts lie on a carrier."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from controller.plan.recipes import Mm, Name, Section

ZONES = ("load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert")
"""The conveyor's zones in the order of its PLC blocks."""
SEAL_ZONES = ("seal_1", "seal_2")


class StationKind(StrEnum):
    """What a station does to an item."""

    LOAD = "load"
    INFEED = "infeed"
    COLLATE = "collate"
    VERIFY = "verify"
    LABEL = "label"
    SEAL = "seal"
    INSPECT = "inspect"
    DIVERT = "divert"


ZONE_KINDS = {zone: StationKind.SEAL if zone in SEAL_ZONES else StationKind(zone) for zone in ZONES}
"""What kind of station stands in each zone."""

STATION_DEVICES: dict[StationKind, dict[str, str]] = {
    StationKind.LOAD: {},
    StationKind.INFEED: {"scanner": "scanner"},
    StationKind.COLLATE: {"scanner": "scanner"},
    StationKind.VERIFY: {"wide": "camera", "close_up": "camera"},
    StationKind.LABEL: {"printer": "printer", "applicator": "applicator", "camera": "camera"},
    StationKind.SEAL: {"sealer": "sealer"},
    StationKind.INSPECT: {"camera": "camera", "scale": "scale"},
    StationKind.DIVERT: {"gate": "gate"},
}
"""For each kind of station the devices it needs: role -> device type."""


class Station(Section):
    """A place on the line: its zone and its devices by role."""

    zone: Literal["load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert"]
    kind: StationKind
    title: str
    title_zh: str
    devices: dict[str, Name] = Field(default_factory=dict)


class Pocket(Section):
    """The areas of the open mailer and of the label, on the carrier's plane, mm: x, y, width, height."""

    plates: tuple[Mm, Mm, Mm, Mm]
    documents: tuple[Mm, Mm, Mm, Mm]
    waybill: tuple[Mm, Mm, Mm, Mm]
