"""Stock-taking: the physical truth as the oracle wants it, read from what the plant writes down (`simulators.truth`).

It holds matter only. Nothing in it comes from the line: no order's state, no verdict, no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from devices.plc.contract import Chute
from simulators.faults import Fault
from simulators.matter import Part

_PARTS = TypeAdapter(dict[str, Part])
_FAULTS = TypeAdapter(tuple[Fault, ...])


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mailer that lies in a chute.

    :ivar fell_at: number of its fall in the history; :ivar opened: hands have cut it open and taken its parts.
    :ivar kit: acceptance number for which the hands filled it, '' when they never touched it; :ivar attempt: 1...
    :ivar labels: mail number by its bars → the print under them, in the order in which they were pressed on.
    :ivar seal_temperature_dc: of the jaw that closed it, 0.1 °C; None when it is open.
    """

    chute: Chute
    fell_at: int
    kit: str
    attempt: int
    parts: tuple[Part, ...]
    labels: tuple[tuple[str, str], ...]
    seal_temperature_dc: int | None
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Stock:
    """Where everything is at the end of a run.

    :ivar on_line: part ids in mailers that still stand on carriers; :ivar binned: part ids in the bin.
    :ivar at_hand: part ids with the hands: in trays, mislaid, or taken out of an opened parcel.
    :ivar fired: planned faults that have struck.
    """

    parcels: tuple[Parcel, ...]
    on_line: tuple[str, ...] = ()
    binned: tuple[str, ...] = ()
    at_hand: tuple[str, ...] = ()
    fired: tuple[Fault, ...] = ()


def take_stock(truth: dict[str, Any]) -> Stock:
    """Read the truth that `simulators.truth.truth` gives, whole; `at_hand` beside it says what the hands hold."""
    parts = _PARTS.validate_python(truth["parts"])
    printed = {each["mail_number"]: each["text"] for each in _events(truth, "LabelPrinted")}
    opened = {each["fell_at"] for each in _events(truth, "ParcelOpened")}
    mailers = [place["mailer"] for place in truth["zones"].values() if place["mailer"]]
    return Stock(
        parcels=tuple(
            Parcel(
                chute=Chute[chute.upper()],
                fell_at=fallen["at"],
                kit=fallen["kit"],
                attempt=fallen["attempt"],
                parts=tuple(parts[part_id] for part_id in fallen["part_ids"]),
                labels=tuple((number, printed.get(number, "")) for number in fallen["mail_numbers"]),
                seal_temperature_dc=fallen["seal_temperature_dc"],
                opened=fallen["at"] in opened,
            )
            for chute, lie in truth["chutes"].items()
            for fallen in lie
        ),
        on_line=tuple(part_id for mailer in mailers for part_id in mailer["part_ids"]),
        binned=tuple(what for what in truth["bin"] if what in parts),
        at_hand=tuple(truth.get("at_hand", ())),
        fired=_FAULTS.validate_python(truth["faults_fired"]),
    )


def _events(truth: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in truth["history"] if event["event"] == kind]
