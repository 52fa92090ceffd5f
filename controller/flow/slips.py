"""Slips: what was proven to be in one place is read in another, so the line's picture of itself is wrong.

**Slip.** A contradiction of a proof, never a mere mix-up: a zone, a jaw or a picture shows another carrier than
tracking says; a part's code or number is read in a parcel although it was proven into another; a waybill is read on a
parcel although it was read back on another; a parcel falls from a carrier that was emptied before. A part that still
lay in its tray, or a label that was never seen on its own parcel, contradicts nothing: only its finder is rejected.

**Last proven anchor.** Whenever a parcel proves itself at inspect by its own code (its waybill, on its own carrier,
after the jaw), everything that had fallen into dispatch before is anchored: had the row shifted, or had two parcels
been exchanged, this one would not have proven itself. A start that finds the line empty and every item accounted for
anchors too: a shifted row would have left one over. The newest of these is the last proven anchor.

**Window.** Suspect is what fell into dispatch after the last proven anchor, and everything on the line. Where the slip
disproves a parcel that has fallen already, its proofs count no more: the interval between the anchors around its fall
is suspect too. What is on the line goes to rework; what has fallen is recalled (`recalling`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.flow.calling import note_suspect
from controller.flow.challenges import ChallengeResult
from controller.flow.holding import Holding
from controller.flow.items import Item, Stage
from controller.flow.memory import Memory
from controller.flow.recalling import recall
from controller.journal import Ledger
from controller.orders.mail_numbers import MailNumberState
from controller.orders.parts_ledger import PartState
from controller.plan.challenges import ChallengeKind
from controller.plan.recipes import PartKind
from controller.words.alarm_texts import AlarmKind

_CARRIER = re.compile(r"C(\d{3,})")
_WORD = re.compile(r"[\w-]{4,}")


class SlipKind(StrEnum):
    """What showed it; the reason of the recalls, stable."""

    CARRIER = "slip_carrier"
    PART = "slip_part"
    WAYBILL = "slip_waybill"
    COUNT = "slip_count"


@dataclass(frozen=True, slots=True)
class Slip:
    """A contradiction. :ivar source: the zone or device that showed it, of an item its number.

    :ivar disproven: the item of which a proof is contradicted; None: none in particular.
    """

    kind: SlipKind
    source: str
    expected: str
    found: str
    disproven: int | None = None


class Slips:
    """What the line does about a slip.

    :param recalled: called after parcels were recalled, for the outbox has grown.
    """

    def __init__(self, line_id: str, memory: Memory, holding: Holding, recalled: Callable[[], None]) -> None:
        self._line_id = line_id
        self._memory = memory
        self._holding = holding
        self._recalled = recalled

    async def found(self, slip: Slip, touched: list[Item]) -> None:
        """Hold at once, then make durable what is suspect from now on, and recall what has fallen since the anchor.

        :param touched: the items on the line that have just become suspect for it.
        """
        self._holding.hold(AlarmKind.SLIP, slip.source, expected=slip.expected, found=slip.found)
        if await self._memory.remember(lambda ledger: record_slip(ledger, slip, touched, self._line_id)):
            self._recalled()

    async def challenged(self, kind: ChallengeKind, result: ChallengeResult, suspect: Callable[[], list[Item]]) -> None:
        """A test kit has ended and is journalled. A blind detector holds the line, and all on it is suspect.

        What had fallen since it last caught one is recalled already, in the commit that ended the kit.
        """
        if result is ChallengeResult.PASSED:
            self._holding.answered(AlarmKind.CHALLENGE_MISSED, kind)
        if result is not ChallengeResult.MISSED:
            return
        self._holding.hold(AlarmKind.CHALLENGE_MISSED, kind, what=kind.value)
        touched = suspect()
        await self._memory.remember(lambda ledger: note_suspect(ledger, touched))

    async def look_into(self, item: Item, strange: Iterable[str], suspect: Callable[[], list[Item]]) -> None:
        """See whose the codes are that an item should not bear; one that was proven elsewhere is a slip.

        :param suspect: makes everything on the line suspect and returns what was not yet.
        """
        codes = tuple(dict.fromkeys(word for text in strange for word in _WORD.findall(text)))
        if not codes:
            return
        slip = await self._memory.remember(lambda ledger: contradicted(ledger, item, codes))
        if slip is not None:
            await self.found(slip, suspect())


def record_slip(ledger: Ledger, slip: Slip, touched: list[Item], line_id: str) -> list[int]:
    """Journal a slip with all that it makes suspect, in one commit; returns the items that are recalled."""
    fallen = unanchored(ledger.connection, slip.disproven)
    ledger.enter(
        "slipped",
        item=slip.disproven,
        slip=slip.kind.value,
        source=slip.source,
        expected=slip.expected,
        found=slip.found,
        on_line=[item.token for item in touched],
        fallen=fallen,
    )
    note_suspect(ledger, touched)
    return recall(ledger, fallen, slip.kind.value, line_id)


def contradicted(ledger: Ledger, item: Item, codes: Iterable[str]) -> Slip | None:
    """The slip that codes show which were read where `item` should be; None when they contradict no proof."""
    source = str(item.token)
    for code in codes:
        carrier = _CARRIER.fullmatch(code)
        if carrier is not None and int(carrier[1]) != item.carrier:
            return Slip(SlipKind.CARRIER, source, f"carrier {item.carrier}", f"carrier {int(carrier[1])}")
        other = _proven_holder(ledger.connection, item, code)
        if other is not None:
            return Slip(SlipKind.PART, source, "its own parts", f"a part of item {other}", other)
        other = _proven_bearer(ledger.connection, item, code)
        if other is not None:
            return Slip(SlipKind.WAYBILL, source, "its own waybill", f"the waybill of item {other}", other)
    return None


def unanchored(connection: sqlite3.Connection, disproven: int | None = None) -> list[int]:
    """Items that fell into dispatch after the last proven anchor, and those between the anchors around one's fall."""
    fallen = _fallen_between(connection, _anchor_before(connection, _END), _END)
    if disproven is not None:
        for (fell,) in connection.execute(
            "SELECT seq FROM history WHERE item = ? AND kind = 'packed'", (disproven,)
        ).fetchall():
            row = connection.execute(_NEXT_ANCHOR, (fell,)).fetchone()
            fallen |= _fallen_between(connection, _anchor_before(connection, fell), row[0] if row else _END)
    return sorted(fallen)


_END = 2**62
"""After every entry."""
# Walked along the history's own order from a place near which an anchor stands, so a long history costs nothing.
_LAST_ANCHOR = "SELECT seq FROM history WHERE kind IN ('inspected', 'line_clear') AND seq < ? ORDER BY seq DESC LIMIT 1"
_NEXT_ANCHOR = "SELECT seq FROM history WHERE kind IN ('inspected', 'line_clear') AND seq > ? ORDER BY seq LIMIT 1"


def _anchor_before(connection: sqlite3.Connection, seq: int) -> int:
    row = connection.execute(_LAST_ANCHOR, (seq,)).fetchone()
    return int(row[0]) if row is not None else 0


def _fallen_between(connection: sqlite3.Connection, after: int, before: int) -> set[int]:
    rows = connection.execute("SELECT item FROM history WHERE seq > ? AND seq < ? AND kind = 'packed'", (after, before))
    return {int(row[0]) for row in rows}


_UNFED = {PartKind.PLATE: (Stage.CALLED,), PartKind.DOCUMENT: (Stage.CALLED, Stage.MATCHED)}
"""Stages at which an item's parts of a kind have not been read yet: they may still lie in its tray."""


_HOLDER = (
    "SELECT found.item, found.kind, items.stage, items.outcome FROM (SELECT * FROM parts WHERE code = ?"
    " UNION ALL SELECT * FROM parts WHERE number = ? AND number != '') AS found JOIN items ON items.item = found.item"
    " WHERE found.acceptance != ? AND found.state IN (?, ?)"
)
"""Apart by code and by number, so that each is looked up in its own index."""


def _proven_holder(connection: sqlite3.Connection, item: Item, code: str) -> int | None:
    """Another item into which the part of this code or number was read, and out of which no person has taken it."""
    row = connection.execute(_HOLDER, (code, code, item.acceptance, PartState.ON_LINE, PartState.SEALED)).fetchone()
    if row is None:
        return None
    other, kind, stage, outcome = row
    if outcome == "rejected" or stage in _UNFED[PartKind(kind)]:
        return None
    return int(other)


def _proven_bearer(connection: sqlite3.Connection, item: Item, code: str) -> int | None:
    """Another item on which the label of this number was read back."""
    row = connection.execute(
        "SELECT item FROM mail_numbers WHERE number = ? AND item != ? AND state IN (?, ?)",
        (code, item.token, MailNumberState.APPLIED, MailNumberState.DISPATCHED),
    ).fetchone()
    return int(row[0]) if row is not None else None
