"""The physical truth of a world as plain values for JSON: chutes, history, parts, what lies where. Read only."""

from __future__ import annotations

from dataclasses import fields

from simulators.faults import Fault, Faults
from simulators.history import as_record
from simulators.matter import Fallen, Label, Mailer, Part
from simulators.world import World

_PART = tuple(each.name for each in fields(Part))


def truth(world: World, faults: Faults, since: int = 0) -> dict[str, object]:
    """Return everything that an oracle may look at.

    :param since: events numbered up to this one are left out; everything else is always whole.
    """
    return {
        "chutes": {chute.name.lower(): [_fallen(fallen) for fallen in lie] for chute, lie in world.chutes.items()},
        "zones": {
            zone: {"carrier": carrier.number, "mailer": None if carrier.mailer is None else _mailer(carrier.mailer)}
            for zone, carrier in world.zones.items()
        },
        "travelling": {target: way.carrier.number for target, way in world.travelling.items()},
        "returning": [carrier.number for carrier in world.returning],
        "peel": None if world.peel is None else world.peel.mail_number,
        "bin": [thing.mail_number if isinstance(thing, Label) else thing.part_id for thing in world.bin],
        "parts": {part_id: {name: getattr(part, name) for name in _PART} for part_id, part in world.parts.items()},
        "faults_planned": [_fault(fault) for fault in faults.planned],
        "faults_fired": [_fault(fault) for fault in faults.fired],
        "history": [as_record(event) for event in world.history[since:]],
    }


def _fallen(fallen: Fallen) -> dict[str, object]:
    return {"at": fallen.at_sequence, **_mailer(fallen.mailer)}


def _mailer(mailer: Mailer) -> dict[str, object]:
    return {
        "kit": mailer.kit,
        "attempt": mailer.attempt,
        "part_ids": [placed.part.part_id for placed in mailer.contents],
        "mail_numbers": [placed.label.mail_number for placed in mailer.labels],
        "seal_temperature_dc": mailer.seal_temperature_dc,
    }


def _fault(fault: Fault) -> dict[str, object]:
    return {"kind": fault.kind.value, "kit": fault.kit, "attempt": fault.attempt, "other": fault.other}
