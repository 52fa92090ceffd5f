"""One item under way: what is being packed on one carrier for one attempt at one work order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.flow.integrity import Mark
from controller.orders.work_orders import WorkOrder
from controller.plan.challenges import ChallengeKind
from controller.plan.recipes import Recipe


class Stage(StrEnum):
    """How far an item has been proven; durable before the step that it allows."""

    CALLED = "called"
    MATCHED = "matched"
    COLLATED = "collated"
    PROVEN = "proven"
    NUMBERED = "numbered"
    LABELLED = "labelled"
    SEALING = "sealing"
    SEALED = "sealed"
    INSPECTED = "inspected"
    DIVERTING = "diverting"
    ENDED = "ended"


class Activity(StrEnum):
    """What an item does or waits for now; stable, translated by the page."""

    WAITING_FOR_ORDER = "waiting_for_order"
    WAITING_FOR_PARTS = "waiting_for_parts"
    WAITING_FOR_ZONE = "waiting_for_zone"
    WAITING_FOR_SEALER = "waiting_for_sealer"
    MOVING = "moving"
    TAKING_PICTURES = "taking_pictures"
    JUDGING = "judging"
    PRINTING = "printing"
    APPLYING = "applying"
    READING_BACK = "reading_back"
    SEALING = "sealing"
    INSPECTING = "inspecting"
    DIVERTING = "diverting"
    JOURNALLING = "journalling"


@dataclass(frozen=True, slots=True)
class Proof:
    """The camera's proof of the contents.

    :ivar at: loop time at which the older of the deciding pictures was exposed.
    :ivar mark: what every PLC had counted of disturbances before them (`Integrity.mark`).
    """

    at: float
    mark: Mark


def cycle_values(measured: Mapping[str, int]) -> dict[str, float]:
    """Of all that a sealer reports, what says how well it sealed."""
    return {name: value for name, value in measured.items() if name not in ("carrier", "cycles")}


@dataclass(slots=True)
class Item:
    """An item between its call and its end.

    :ivar token: its number in the journal and in every PLC.
    :ivar suspect: why nobody can vouch for it any more; empty while somebody can.
    :ivar input_at: loop time of the last input that its next decision waits for.
    :ivar arrived_at: loop time at which it came into its zone.
    :ivar measured: what stations measured, for the event.
    :ivar challenge: what is wrong with it on purpose, when it is a test kit; such a one never reaches dispatch.
    :ivar accepted: the last stage at which a detector accepted it.
    """

    token: int
    order: WorkOrder
    attempt: int
    recipe: Recipe
    carrier: int
    zone: str
    stage: Stage = Stage.CALLED
    suspect: str = ""
    proof: Proof | None = None
    mail_number: str | None = None
    input_at: float = 0.0
    arrived_at: float = 0.0
    activity: Activity = Activity.WAITING_FOR_ZONE
    activity_since: float = 0.0
    measured: dict[str, float] = field(default_factory=dict)
    challenge: ChallengeKind | None = None
    accepted: Stage = Stage.CALLED

    @property
    def acceptance(self) -> str:
        """The work order's acceptance number."""
        return self.order.acceptance
