"""Planned trouble: which fault strikes which mailer. Faults bind to items, never to times, so a seed repeats them.

Owns the plan and the record of what fired; each machine (or the hands) asks and does the harm itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from simulators.matter import Mailer


class FaultKind(StrEnum):
    """What goes wrong. The first group is done by machines, the second by the hands."""

    LABEL_NOT_APPLIED = "label_not_applied"
    """The label falls into the bin; the applicator reports OK all the same."""
    LABEL_ON_OTHER = "label_on_other"
    """The label stays on the pad and goes onto the mailer of kit `other`, with that one's own; OK is reported."""
    SEAL_TOO_COLD = "seal_too_cold"
    """The cycle runs 25 °C under its set-point and measures that truthfully."""
    GATE_WRONG_CHUTE = "gate_wrong_chute"
    """The parcel slides into the other chute; the chute's sensor tells it truthfully."""
    DOUBLE_PRINT = "double_print"
    """The label comes out twice."""
    SCALE_DRIFT = "scale_drift"
    """The scale shows 60 g too much while this mailer lies on it."""

    WRONG_PLATE = "wrong_plate"
    MISSING_CERTIFICATE = "missing_certificate"
    SWAPPED_CERTIFICATES = "swapped_certificates"
    UNREADABLE_CODE = "unreadable_code"


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned fault.

    :ivar kit: acceptance number of the mailer that it strikes; :ivar attempt: which attempt at it, 1...
    :ivar other: acceptance number of the second mailer, for kinds that need one.
    """

    kind: FaultKind
    kit: str
    attempt: int = 1
    other: str = ""


class Faults:
    """The plan of one run. At most one fault of a kind a kit and attempt.

    :ivar fired: what has happened, in order, each fault once.
    """

    def __init__(self, planned: Iterable[Fault] = ()) -> None:
        self._planned: dict[tuple[FaultKind, str, int], Fault] = {}
        self.fired: list[Fault] = []
        for fault in planned:
            self.add(fault)

    @property
    def planned(self) -> tuple[Fault, ...]:
        """All faults of the plan, fired or not."""
        return tuple(self._planned.values())

    def add(self, fault: Fault) -> None:
        """Plan one more fault. :raises ValueError: no kit, or one that needs `other` without it."""
        if not fault.kit:
            raise ValueError(f"fault {fault.kind} names no kit: give the acceptance number that it strikes")
        if fault.kind in (FaultKind.LABEL_ON_OTHER, FaultKind.SWAPPED_CERTIFICATES) and not fault.other:
            raise ValueError(f"fault {fault.kind} of kit {fault.kit} needs `other`: the second acceptance number")
        self._planned[fault.kind, fault.kit, fault.attempt] = fault

    def strikes(self, kind: FaultKind, kit: str, attempt: int) -> Fault | None:
        """Return the fault if it strikes here for the first time; it is then recorded and strikes no more."""
        fault = self._planned.get((kind, kit, attempt))
        if fault is None or fault in self.fired:
            return None
        self.fired.append(fault)
        return fault

    def strikes_mailer(self, kind: FaultKind, mailer: Mailer) -> Fault | None:
        """As `strikes`, for the kit that this mailer is filled for."""
        return self.strikes(kind, mailer.kit, mailer.attempt)

    def lasts(self, kind: FaultKind, mailer: Mailer) -> bool:
        """Whether a lasting fault lies on this mailer, at each asking; recorded at the first."""
        fault = self._planned.get((kind, mailer.kit, mailer.attempt))
        if fault is not None and fault not in self.fired:
            self.fired.append(fault)
        return fault is not None
