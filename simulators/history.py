"""What physically happened in the plant, in order: the oracle's only source beside the chutes.

Each event is a fact about matter, taken at the moment at which it happened (contents are copied, not referred
to). `at` counts events of one world from 1; it is an order, not a time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happened. :ivar at: its number in the history, from 1."""

    at: int


@dataclass(frozen=True, slots=True)
class CarrierLoaded(Event):
    """The return belt brought an empty carrier with a fresh mailer to zone load."""

    carrier: int


@dataclass(frozen=True, slots=True)
class CarrierMoved(Event):
    """A carrier came to stand in `target`."""

    carrier: int
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class PartLaid(Event):
    """Hands laid a part into an open mailer."""

    carrier: int
    kit: str
    attempt: int
    part_id: str


@dataclass(frozen=True, slots=True)
class PartTaken(Event):
    """Hands took a part out of an open mailer."""

    carrier: int
    kit: str
    attempt: int
    part_id: str


@dataclass(frozen=True, slots=True)
class LabelPrinted(Event):
    """A waybill came out at the peel edge."""

    mail_number: str
    text: str


@dataclass(frozen=True, slots=True)
class LabelApplied(Event):
    """A waybill was pressed onto a mailer."""

    carrier: int
    kit: str
    attempt: int
    mail_number: str


@dataclass(frozen=True, slots=True)
class ThrownAway(Event):
    """A label or a part fell or was put into the bin. :ivar what: mail number or part id."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class JawClosed(Event):
    """A jaw touched a mailer: from here on nobody sees into it.

    :ivar again: it had been closed before; :ivar temperature_dc: of the jaw, 0.1 °C.
    """

    zone: str
    carrier: int
    kit: str
    attempt: int
    part_ids: tuple[str, ...]
    mail_numbers: tuple[str, ...]
    temperature_dc: int
    again: bool


@dataclass(frozen=True, slots=True)
class ParcelFell(Event):
    """The gate pushed a mailer off its carrier. :ivar chute: value of `devices.plc.contract.Chute`."""

    carrier: int
    chute: int
    kit: str
    attempt: int
    part_ids: tuple[str, ...]
    mail_numbers: tuple[str, ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class ParcelCarried(Event):
    """Hands lifted a mailer off its carrier in `zone` and threw it into a chute."""

    carrier: int
    zone: str
    chute: int
    kit: str
    attempt: int
    part_ids: tuple[str, ...]
    mail_numbers: tuple[str, ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class ParcelOpened(Event):
    """Hands cut a rejected parcel open to put its parts right. :ivar fell_at: `at` of its ParcelFell."""

    fell_at: int
    kit: str
    attempt: int


@dataclass(frozen=True, slots=True)
class KitBegun(Event):
    """Hands began to fill a mailer for an order: from now on it is known whose it is."""

    zone: str
    carrier: int
    kit: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ParcelTakenBack(Event):
    """People of dispatch took a parcel out of its mail bag and laid it to the rejects. :ivar fell_at: of its fall."""

    fell_at: int
    kit: str
    attempt: int


@dataclass(frozen=True, slots=True)
class GuardsSwung(Event):
    """The guards were opened or closed."""

    closed: bool


@dataclass(frozen=True, slots=True)
class EmergencyStop(Event):
    """The emergency stop was pressed or released."""

    pressed: bool


def as_record(event: Event) -> dict[str, object]:
    """Return the event as plain values for JSON, its kind under `event`."""
    values = ((each.name, getattr(event, each.name)) for each in fields(event))
    plain = {name: int(value) if isinstance(value, IntEnum) else value for name, value in values}
    return {"event": type(event).__name__, **plain}
