"""What may be kept of a picture in which an identity card may lie: only what is proven to be none.

The rule is what is shown, not what is hidden: a card may lie where nobody laid it, half out of the pocket, under a
camera that is dark or has moved, or in the other camera's picture. Whatever nobody proved stays black.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.verdict import Check, ContentsTask, Outcome, Task

Region = tuple[tuple[float, float], ...]
"""Corners of a place, as a check has them."""

_PLATE = (
    "plate_clear",
    ("plate_present", "plate_clear", "plate_characters", "plate_visible", "plate_alike", "plate_pose"),
)
"""The check that must have been made of a plate, and those that must hold. Whether something lies on one is known only
by the ink of the proven number: where the number is another's, a card may be why."""
_DOCUMENT = "document_clear", ("document_present", "document_kind", "document_clear")
"""Likewise of a document: its heading stays to be seen when a card lies under it."""
_GROUND = ("carrier_code", "part_count", "foreign_thing", "plate_present", "document_present", "part_inside")
"""When all of these hold, each thing in the pocket is one of the parts, and the rest of it is bare."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Places of a picture. :ivar shown: may be kept; :ivar hidden: may not, though they lie in what is shown."""

    shown: tuple[Region, ...] = ()
    hidden: tuple[Region, ...] = ()


def kept_of(task: Task, checks: tuple[Check, ...]) -> Kept | None:
    """What may be kept of a picture of this task that was judged so; None: all of it, no identity card is known."""
    if not isinstance(task, ContentsTask) or not (task.personal or any(each.identity for each in task.layouts)):
        return None
    shown = [check.region for check in checks if check.name == "carrier_code" and _holds(check)]
    if all(_holds(check) for check in checks if check.name in _GROUND):
        shown += [check.region for check in checks if check.name == "part_count"]
    cards = {layout.name for layout in task.layouts if layout.identity}
    roles = {document.role for document in task.documents if document.kind in cards}
    of_parts = [check for check in checks if check.name in ("plate_present", "document_present")]
    shown += [check.region for check in of_parts if check.subject not in roles and _is_proven(check, checks)]
    hidden = [check.region for check in of_parts if check.subject in roles or not _is_proven(check, checks)]
    return Kept(tuple(filter(None, shown)), tuple(filter(None, hidden)))


def _is_proven(present: Check, checks: tuple[Check, ...]) -> bool:
    """Whether what lies there is surely a plate, or a document of its own, other kind, and nothing lies on it."""
    looked_for, doubted = _PLATE if present.name == "plate_present" else _DOCUMENT
    own = [check for check in checks if check.subject == present.subject]
    seen = any(check.name == looked_for for check in own)
    return seen and all(_holds(check) for check in own if check.name in doubted)


def _holds(check: Check) -> bool:
    return check.outcome is Outcome.ACCEPT
