"""The parts ledger (牌库): where every plate and document is. One order, one part made (报一制一).

A spoiled part asks for a remake and stays spoiled: its order can't be called until upstream has delivered another.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from controller.dispatch.events import EventData, EventType, PartMention, put_event
from controller.journal import Ledger
from controller.journal.epochs import identity


class PartState(StrEnum):
    """Where a part is."""

    REPORTED = "reported"
    """An order names it."""
    MADE = "made"
    IN_STORE = "in_store"
    ON_LINE = "on_line"
    """Laid into the mailer of an item that is under way, or in a parcel of the reject chute."""
    SEALED = "sealed"
    """In a sealed parcel."""
    SPOILED = "spoiled"
    """Damaged or destroyed; never used again."""
    LOST = "lost"
    """Left the line and nobody finds it; found again, or spoiled so that another is made."""
    RETURNED = "returned"
    """Given back to the maker or come back from the mail."""


LEGAL_MOVES: dict[PartState, frozenset[PartState]] = {
    PartState.REPORTED: frozenset({PartState.MADE, PartState.IN_STORE, PartState.SPOILED}),
    PartState.MADE: frozenset({PartState.IN_STORE, PartState.SPOILED}),
    PartState.IN_STORE: frozenset({PartState.ON_LINE, PartState.SPOILED, PartState.RETURNED}),
    PartState.ON_LINE: frozenset({PartState.IN_STORE, PartState.SEALED, PartState.SPOILED, PartState.LOST}),
    # A sealed parcel that fails inspection is opened and its parts go back into the store.
    PartState.SEALED: frozenset(
        {PartState.IN_STORE, PartState.ON_LINE, PartState.SPOILED, PartState.RETURNED, PartState.LOST}
    ),
    PartState.LOST: frozenset({PartState.ON_LINE, PartState.SPOILED}),
    PartState.RETURNED: frozenset({PartState.IN_STORE, PartState.SPOILED}),
    PartState.SPOILED: frozenset(),
}


class IllegalPartMove(Exception):
    """A part can't go from where it is to where it was sent."""

    def __init__(self, code: str, found: PartState, to: PartState) -> None:
        allowed = ", ".join(sorted(LEGAL_MOVES[found])) or "nowhere"
        super().__init__(f"part {code}: is {found}, can't become {to}; allowed from there: {allowed}")
        self.code = code
        self.found = found
        self.to = to


class UnknownPart(Exception):
    """No order has named this part."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part. `number` is in clear: mask it before it leaves the line."""

    code: str
    acceptance: str
    role: str
    kind: str
    number: str
    state: PartState
    item: int | None


_COLUMNS = "code, acceptance, role, kind, number, state, item"


def register_part(ledger: Ledger, acceptance: str, role: str, kind: str, code: str, number: str) -> None:
    """Enter a part that an order names, as reported. The caller has made sure that the code is new."""
    ledger.connection.execute(
        f"INSERT INTO parts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608 - a constant
        (code, acceptance, role, kind, number, PartState.REPORTED),
    )


def parts_of_order(connection: sqlite3.Connection, acceptance: str) -> list[PartRow]:
    """All parts that were ever entered for an order, spoiled ones as well, in the order of entry."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM parts WHERE acceptance = ? ORDER BY rowid",  # noqa: S608 - a constant
        (acceptance,),
    )
    return [_part(row) for row in rows]


def part_by_code(ledger: Ledger, code: str) -> PartRow | None:
    """The part that bears this code, or None when no order has named it."""
    row = ledger.connection.execute(
        f"SELECT {_COLUMNS} FROM parts WHERE code = ?",  # noqa: S608 - a constant
        (code,),
    ).fetchone()
    return _part(row) if row is not None else None


def move_order_parts(ledger: Ledger, acceptance: str, to: PartState, item: int | None = None) -> None:
    """Move all parts of an order that are not spoiled.

    :param item: the item that holds them from now on; None: none does.
    :raises IllegalPartMove: one can't go there; none is moved.
    :raises UnknownPart: the order has no part to move.
    """
    parts = [part for part in parts_of_order(ledger.connection, acceptance) if part.state is not PartState.SPOILED]
    if not parts:
        raise UnknownPart(f"order {acceptance}: the parts ledger has no part of it that is not spoiled")
    move_parts(ledger, parts, to, item)


def move_parts(ledger: Ledger, parts: list[PartRow], to: PartState, item: int | None = None) -> None:
    """Move parts of one order; all or none, with one entry in the history."""
    for part in parts:
        if to not in LEGAL_MOVES[part.state]:
            raise IllegalPartMove(part.code, part.state, to)
    ledger.connection.executemany(
        "UPDATE parts SET state = ?, item = ? WHERE code = ?", [(to, item, part.code) for part in parts]
    )
    if parts:
        codes = [part.code for part in parts]
        ledger.enter("parts_moved", item=item, acceptance=parts[0].acceptance, to=to.value, codes=codes)


def spoil_part(ledger: Ledger, code: str, reason: str, by: str, witness: str = "") -> None:
    """Note a part as spoiled and ask for its remake; a second call is refused, so there is never a second remake.

    :param reason: stable code, as `scratched`; :param by: who says so, an account name.
    :param witness: the second person, who saw it destroyed; empty: it is not destroyed yet.
    :raises UnknownPart: no order has named it. :raises IllegalPartMove: it is spoiled already.
    """
    part = part_by_code(ledger, code)
    if part is None:
        raise UnknownPart(f"part {code}: no order has named it; scan the code again or import its order")
    if PartState.SPOILED not in LEGAL_MOVES[part.state]:
        raise IllegalPartMove(code, part.state, PartState.SPOILED)
    ledger.connection.execute("UPDATE parts SET state = ?, item = NULL WHERE code = ?", (PartState.SPOILED, code))
    ledger.connection.execute(
        "INSERT INTO remakes (code, acceptance, reason, requested_at) VALUES (?, ?, ?, ?)",
        (code, part.acceptance, reason, ledger.at),
    )
    ledger.enter(
        "part_spoiled",
        item=part.item,
        acceptance=part.acceptance,
        code=code,
        role=part.role,
        reason=reason,
        by=by,
        witness=witness,
    )
    _ask_for_remake(ledger, part, reason)


def balances(connection: sqlite3.Connection) -> dict[PartState, int]:
    """How many parts are in each state; every state has its entry."""
    counted = {
        str(row[0]): int(row[1]) for row in connection.execute("SELECT state, COUNT(*) FROM parts GROUP BY state")
    }
    return {state: counted.get(state.value, 0) for state in PartState}


def _ask_for_remake(ledger: Ledger, part: PartRow, reason: str) -> None:
    product = ledger.connection.execute(
        "SELECT product FROM orders WHERE acceptance = ?", (part.acceptance,)
    ).fetchone()[0]
    data = EventData(
        acceptance=part.acceptance, product=product, parts=(PartMention.of(part.role, part.code),), reason=reason
    )
    put_event(ledger, identity(ledger.connection).line_id, EventType.REMAKE_REQUESTED, part.item, data)


def _part(row: sqlite3.Row | tuple[str, str, str, str, str, str, int | None]) -> PartRow:
    return PartRow(row[0], row[1], row[2], row[3], row[4], PartState(row[5]), row[6])
