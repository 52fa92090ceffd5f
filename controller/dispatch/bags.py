"""Mail bags: which bag takes the parcels of the dispatch chute now.

A bag is frozen when a parcel may lie in it of which the line can't say what it is: nobody sends it before a person
has counted it. Closing a bag with its manifest is not done here yet.
"""

from __future__ import annotations

from enum import StrEnum

from controller.journal import Ledger
from controller.words.text import Text


class BagState(StrEnum):
    """State of a bag."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"
    """Counted, and what was counted is what the journal says: it may leave."""


class BagRefused(Exception):
    """A bag can't be answered for as asked. :ivar code: stable; :ivar text: why and what to do."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


def open_bag(ledger: Ledger) -> int:
    """Number of the bag that hangs under the chute; the first is opened when there is none."""
    row = ledger.connection.execute("SELECT bag FROM bags WHERE state = 'open'").fetchone()
    return int(row[0]) if row is not None else _hang_next(ledger)


def freeze_bag(ledger: Ledger, reason: str, bag: int | None = None) -> int:
    """Freeze a bag, open the next where it was the open one, and return the frozen one's number.

    :param reason: stable code of why an unknown parcel may lie in it; :param bag: None: the open one. Given it bears
        this reason also where it was frozen for another meanwhile: who looks for one parcel in it looks for no other.
    """
    hanging = open_bag(ledger)
    frozen = bag or hanging
    ledger.connection.execute(
        "UPDATE bags SET state = ?, reason = ?, closed_at = ? WHERE bag = ?",
        (BagState.FROZEN, reason, ledger.at, frozen),
    )
    ledger.enter("bag_frozen", bag=frozen, reason=reason)
    if frozen == hanging:
        _hang_next(ledger)
    return frozen


def demand_settled(ledger: Ledger, bag: int) -> None:
    """Go on only with a frozen bag of which every parcel is answered for.

    :raises BagRefused: it is not frozen, or a parcel that may lie in it is not answered for.
    """
    row = ledger.connection.execute("SELECT state FROM bags WHERE bag = ?", (bag,)).fetchone()
    if row is None:
        raise BagRefused("unknown_bag", Text(f"没有 {bag} 号邮袋", f"there is no mail bag {bag}"))
    if row[0] != BagState.FROZEN:
        raise BagRefused(
            "answer_refused",
            Text(
                f"{bag} 号邮袋没有冻结（{row[0]}），无需登记",
                f"mail bag {bag} is {row[0]}: only a frozen one is answered for",
            ),
        )
    rows = ledger.connection.execute(
        "SELECT item FROM items WHERE bag = ? AND outcome IN ('unknown', 'recalled') ORDER BY item", (bag,)
    )
    unsettled = [str(each[0]) for each in rows]
    if unsettled:
        raise BagRefused(
            "items_open",
            Text(
                f"{bag} 号邮袋：先登记封装件 {'、'.join(unsettled)} 在哪里",
                f"mail bag {bag}: say first where item {', '.join(unsettled)} is",
            ),
        )


class Count(StrEnum):
    """What a person's count of a bag says."""

    RIGHT = "right"
    """As many as the journal has put there: the bag may leave."""
    DIFFERS = "differs"
    """Count again."""
    DIFFERS_AGAIN = "differs_again"
    """Counted twice with the same result: nobody can say what lies in it."""


def count_bag(ledger: Ledger, bag: int, parcels: int, by: str, why: str) -> Count:
    """Note how many parcels a person has counted in a settled bag; one that counts right is closed."""
    (expected,) = ledger.connection.execute(
        "SELECT COUNT(*) FROM items WHERE bag = ? AND outcome = 'packed'", (bag,)
    ).fetchone()
    (before,) = ledger.connection.execute("SELECT counted FROM bags WHERE bag = ?", (bag,)).fetchone()
    ledger.enter("bag_counted", bag=bag, expected=expected, found=parcels, by=by, why=why)
    if parcels == expected:
        ledger.connection.execute("UPDATE bags SET state = ? WHERE bag = ?", (BagState.CLOSED, bag))
        ledger.enter("bag_released", bag=bag, by=by)
        return Count.RIGHT
    ledger.connection.execute("UPDATE bags SET counted = ? WHERE bag = ?", (parcels, bag))
    return Count.DIFFERS_AGAIN if parcels == before else Count.DIFFERS


def _hang_next(ledger: Ledger) -> int:
    cursor = ledger.connection.execute("INSERT INTO bags (state, opened_at) VALUES (?, ?)", (BagState.OPEN, ledger.at))
    bag = cursor.lastrowid
    assert bag is not None  # an INSERT into a table with a rowid has one
    ledger.enter("bag_opened", bag=bag)
    return bag
