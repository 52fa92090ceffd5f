"""The ways in which an item leaves the plan: the product is wrong, or the equipment failed.

The third way, the operator's stop, is `asyncio.CancelledError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devices.plc.contract import Chute


class Reason(StrEnum):
    """Why an item is rejected; stable, translated by the page."""

    CODE_UNREADABLE = "code_unreadable"
    WRONG_PART = "wrong_part"
    MISSING_PART = "missing_part"
    FOREIGN_CODE = "foreign_code"
    CONTENTS_NOT_PROVEN = "contents_not_proven"
    PLATE_MISMATCH = "plate_mismatch"
    PLATE_COLOUR = "plate_colour"
    PART_COUNT = "part_count"
    DOCUMENT_MISMATCH = "document_mismatch"
    DOCUMENT_KIND = "document_kind"
    PART_POSE = "part_pose"
    FOREIGN_THING = "foreign_thing"
    PRINT_QUALITY = "print_quality"
    SEAM_FLAW = "seam_flaw"
    APPLY_FAILED = "apply_failed"
    WAYBILL_NOT_APPLIED = "waybill_not_applied"
    WAYBILL_MISMATCH = "waybill_mismatch"
    FOREIGN_WAYBILL = "foreign_waybill"
    PROOF_EXPIRED = "proof_expired"
    SEAL_INTERRUPTED = "seal_interrupted"
    SEAL_OUT_OF_LIMITS = "seal_out_of_limits"
    SEAM_NOT_PROVEN = "seam_not_proven"
    WEIGHT_OUT_OF_LIMITS = "weight_out_of_limits"
    WRONG_CHUTE = "wrong_chute"
    SUSPECT = "suspect"
    CHALLENGE_MISSED = "challenge_missed"
    UNKNOWN_OUTCOME = "unknown_outcome"


class Nonconformance(Exception):
    """The product is wrong: it goes to reject, the line goes on.

    :param facts: what was expected and found, with units; no plate numbers, part codes only.
    :param strange: texts with codes and numbers that were read there and are not the item's, to see whose they are.
        They are never written down.
    """

    def __init__(self, reason: Reason, *, strange: tuple[str, ...] = (), **facts: Any) -> None:
        self.reason = reason
        self.facts = facts
        self.strange = strange
        super().__init__(f"{reason}: {facts}" if facts else str(reason))


class StationFault(Exception):
    """The equipment failed: the line holds, the item is suspect.

    :ivar source: the device or zone; :ivar cause: what it said.
    """

    def __init__(self, source: str, cause: str) -> None:
        self.source = source
        self.cause = cause
        # A driver's error begins with its device, which is the source as a rule.
        super().__init__(cause if cause.startswith(f"{source}: ") else f"{source}: {cause}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an item ended, before the gate has confirmed it."""

    packed: bool
    reason: Reason | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def chute(self) -> Chute:
        """Where it must fall. Only a positive PACKED passes the gate."""
        return Chute.DISPATCH if self.packed else Chute.REJECT

    @classmethod
    def accepted(cls) -> Outcome:
        """Everything is proven."""
        return cls(packed=True)

    @classmethod
    def rejected(cls, nonconformance: Nonconformance) -> Outcome:
        """The product is wrong."""
        return cls(packed=False, reason=nonconformance.reason, facts=nonconformance.facts)

    @classmethod
    def suspect(cls, cause: str) -> Outcome:
        """Nobody can vouch for it any more."""
        return cls(packed=False, reason=Reason.SUSPECT, facts={"cause": cause})
