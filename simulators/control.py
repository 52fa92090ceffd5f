"""The plant's control port: faults commanded by name and the physical truth read back, as JSON lines on loopback.

One request a line, one answer a line: `{"do": "guards", "closed": false}` → `{"ok": true}`. A request that can't be
obeyed is answered `{"ok": false, "error": "…"}` and changes nothing. For tests, the fault panel and the oracle, which
runs in another process than the plant. Owns the requests' form and their effect on the plant; no device logic.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulators.faults import Fault, FaultKind, Faults
from simulators.machines import SealerMachine
from simulators.offers import Touchable, find, offers_of
from simulators.samples import lay_sample
from simulators.truth import truth
from simulators.wires import Send
from simulators.world import ImpossibleError

LONGEST_REQUEST = 100_000
Thing = TypeVar("Thing")


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Guards(_Request):
    """Open or close the guards."""

    do: Literal["guards"]
    closed: bool


class EmergencyStop(_Request):
    """Press or release the emergency stop."""

    do: Literal["emergency_stop"]
    pressed: bool


class MoveByHand(_Request):
    """Lift a carrier from one zone into another, free one."""

    do: Literal["move_by_hand"]
    source: str
    target: str


class TakeOff(_Request):
    """Take a zone's carrier off the line, empty it and put it back onto the return belt."""

    do: Literal["take_off"]
    zone: str


class Lay(_Request):
    """Lay a new copy of a product into a zone's mailer, to teach a camera. :ivar product: empty: nothing lies in it."""

    do: Literal["lay"]
    zone: str
    product: str = ""


class Restart(_Request):
    """Switch a PLC off and on; its connections are cut. Its retained memory is kept or lost."""

    do: Literal["restart"]
    device: str
    keep_memory: bool = True


class Tracking(_Request):
    """Let a PLC lose its tracking, or find it again."""

    do: Literal["tracking"]
    device: str
    ok: bool


class Heater(_Request):
    """Burn out a sealer's heater, or mend it."""

    do: Literal["heater"]
    device: str
    powered: bool


class Link(_Request):
    """Let a device fall silent, answer again, or lose its connections."""

    do: Literal["pause", "resume", "drop"]
    device: str


class Printer(_Request):
    """Set what is wrong with the printer; what is not named stays."""

    do: Literal["printer"]
    media_out: bool | None = None
    head_open: bool | None = None
    pause: bool | None = None


class AddFault(_Request):
    """Plan one more fault, bound to a kit."""

    do: Literal["fault"]
    kind: FaultKind
    kit: str
    attempt: int = Field(default=1, ge=1)
    other: str = ""


class Truth(_Request):
    """Read the physical truth. :ivar since: only events numbered above this."""

    do: Literal["truth"]
    since: int = Field(default=0, ge=0)


class Offers(_Request):
    """Read what can be made to go wrong, whether it stands, and what is planned for orders."""

    do: Literal["offers"]


class Take(_Request):
    """Take up an offer, or take back one that stands."""

    do: Literal["take"]
    name: str
    place: str
    on: bool = True


Request = Annotated[
    Offers
    | Take
    | Guards
    | EmergencyStop
    | MoveByHand
    | TakeOff
    | Lay
    | Restart
    | Tracking
    | Heater
    | Link
    | Printer
    | AddFault
    | Truth,
    Field(discriminator="do"),
]
_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


class Controlled(Touchable, Protocol):
    """What of the plant can be commanded."""

    faults: Faults


class ControlFace:
    """One connection to the control port."""

    def __init__(self, plant: Controlled, send: Send) -> None:
        self._plant = plant
        self._send = send
        self._pending = b""

    def received(self, data: bytes) -> None:
        """Take bytes; obey and answer each whole line. A line without an end is dropped at 100 kB."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._send(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
        if len(self._pending) > LONGEST_REQUEST:
            self._pending = b""

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            return {"ok": True, **self._obey(_REQUEST.validate_json(line))}
        except ValidationError as error:
            return {"ok": False, "error": "; ".join(f"{each['loc']}: {each['msg']}" for each in error.errors())}
        except (ImpossibleError, ValueError, LookupError) as error:
            return {"ok": False, "error": str(error)}

    def _obey(self, request: Request) -> dict[str, object]:
        plant = self._plant
        match request:
            case Guards():
                plant.world.swing_guards(closed=request.closed)
            case EmergencyStop():
                plant.world.press_emergency_stop(pressed=request.pressed)
            case MoveByHand():
                plant.world.move_by_hand(request.source, request.target)
            case TakeOff():
                plant.world.take_off(request.zone)
            case Lay():
                return {"carrier": lay_sample(plant.world, request.zone, request.product)}
            case Restart():
                _named(plant.plcs, request.device).restart(keep_memory=request.keep_memory)
                _named(plant.wires, request.device).drop()
            case Tracking():
                _named(plant.plcs, request.device).tracking_ok = request.ok
            case Heater():
                self._switch_heater(request)
            case Link():
                self._switch_link(request)
            case Printer():
                self._set_printer(request)
            case AddFault():
                plant.faults.add(Fault(request.kind, request.kit, request.attempt, request.other))
            case Offers():
                return _offered(plant)
            case Take():
                find(plant, request.name, request.place).do(request.on)
            case Truth():
                return truth(plant.world, plant.faults, request.since)
        return {}

    def _switch_link(self, request: Link) -> None:
        wire = _named(self._plant.wires, request.device)
        {"pause": wire.pause, "resume": wire.resume, "drop": wire.drop}[request.do]()

    def _switch_heater(self, request: Heater) -> None:
        match _named(self._plant.plcs, request.device).machine:
            case SealerMachine() as sealer:
                sealer.heater.powered = request.powered
            case _:
                raise LookupError(f"device {request.device!r} has no heater: only sealers have")

    def _set_printer(self, request: Printer) -> None:
        printer = self._plant.printer
        printer.media_out = printer.media_out if request.media_out is None else request.media_out
        printer.head_open = printer.head_open if request.head_open is None else request.head_open
        printer.pause = printer.pause if request.pause is None else request.pause


def _offered(plant: Controlled) -> dict[str, object]:
    """For a panel: all offers, the kinds of planned faults, what is planned and struck, and who stands where."""
    struck = set(plant.faults.fired)
    planned = [
        {
            "kind": each.kind.value,
            "kit": each.kit,
            "attempt": each.attempt,
            "other": each.other,
            "struck": each in struck,
        }
        for each in plant.faults.planned
    ]
    mailers = {zone: carrier.mailer for zone, carrier in plant.world.zones.items()}
    return {
        "offers": [offer.view() for offer in offers_of(plant)],
        "kinds": [kind.value for kind in FaultKind],
        "planned": planned,
        "kits": {zone: mailer.kit for zone, mailer in mailers.items() if mailer is not None and mailer.kit},
    }


def _named(things: dict[str, Thing], name: str) -> Thing:
    if name not in things:
        raise LookupError(f"device {name!r} is unknown here, allowed: {sorted(things)}")
    return things[name]
