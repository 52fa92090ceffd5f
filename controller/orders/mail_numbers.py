"""Mail numbers (邮件号): a pool from the carrier, and each number's life.

free → reserved (durable before the label is printed) → printed → applied (read back) → dispatched, or voided for
ever. A number that was taken from the pool never goes back: whether its label exists may not be known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple

from controller.dispatch.events import EventData, EventType, put_event
from controller.formats.mail_numbers import UNCHECKED_PREFIXES, check_mail_number
from controller.journal import Ledger
from controller.journal.epochs import identity
from controller.journal.reject_reading import label_is_destroyed, void_was_asked
from controller.words.text import Text


class MailNumberState(StrEnum):
    """Where a mail number is in its life."""

    FREE = "free"
    RESERVED = "reserved"
    PRINTED = "printed"
    APPLIED = "applied"
    DISPATCHED = "dispatched"
    VOIDED = "voided"


LEGAL_MOVES: dict[MailNumberState, frozenset[MailNumberState]] = {
    MailNumberState.FREE: frozenset({MailNumberState.RESERVED, MailNumberState.VOIDED}),
    MailNumberState.RESERVED: frozenset({MailNumberState.PRINTED, MailNumberState.VOIDED}),
    MailNumberState.PRINTED: frozenset({MailNumberState.APPLIED, MailNumberState.VOIDED}),
    MailNumberState.APPLIED: frozenset({MailNumberState.DISPATCHED, MailNumberState.VOIDED}),
    MailNumberState.DISPATCHED: frozenset(),
    MailNumberState.VOIDED: frozenset(),
}
_HELD = (MailNumberState.RESERVED, MailNumberState.PRINTED, MailNumberState.APPLIED)
"""Of each of these a label may exist: a printer that fell silent, or a line that died, may have let it out."""


class MailNumberError(Exception):
    """A mail number can't be given out or moved as asked."""


class PoolEmpty(MailNumberError):
    """No free number is left: the item waits, the line does not."""

    def __init__(self) -> None:
        super().__init__("the mail number pool has 0 free numbers: import more (sealline mail-numbers import FILE)")


class IllegalMailNumberMove(MailNumberError):
    """The number's life has no such step."""

    def __init__(self, number: str, found: MailNumberState, to: MailNumberState) -> None:
        allowed = ", ".join(sorted(LEGAL_MOVES[found])) or "nothing"
        super().__init__(f"mail number {number}: is {found}, can't become {to}; allowed from there: {allowed}")
        self.number = number
        self.found = found
        self.to = to


class MailNumberRefused(MailNumberError):
    """What a person asked of a number can't be. :ivar code: stable; :ivar text: why, and what to do instead."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


class PoolFill(NamedTuple):
    """What became of numbers that were handed in: how many are new, how many were known, which were refused and why."""

    added: int
    already: int
    refused: tuple[tuple[str, Text], ...]


def fill_pool(
    ledger: Ledger, numbers: Iterable[str], unchecked_prefixes: Collection[str] = UNCHECKED_PREFIXES
) -> PoolFill:
    """Take numbers into the pool, in their order. One that is known in any state is not taken again."""
    added = already = 0
    refused: list[tuple[str, Text]] = []
    position: int = ledger.connection.execute("SELECT COALESCE(MAX(position), 0) FROM mail_numbers").fetchone()[0]
    for number in numbers:
        wrong = check_mail_number(number, unchecked_prefixes)
        if wrong is not None:
            refused.append((number, wrong))
            continue
        new = ledger.connection.execute(
            "INSERT OR IGNORE INTO mail_numbers (number, position, state) VALUES (?, ?, ?)",
            (number, position + added + 1, MailNumberState.FREE),
        ).rowcount
        added, already = added + new, already + 1 - new
    if added:
        ledger.enter("mail_numbers_added", added=added)
    return PoolFill(added, already, tuple(refused))


def reserve(ledger: Ledger, item: int, acceptance: str) -> str:
    """Take the next free number for an item, write it into the item's row, and return it.

    :raises PoolEmpty: none is free. :raises MailNumberError: the item holds one that is not voided yet.
    """
    held = ledger.connection.execute(
        "SELECT number, mail_numbers.state FROM items JOIN mail_numbers ON number = mail_number "
        "WHERE items.item = ? AND mail_numbers.state IN (?, ?, ?)",
        (item, *_HELD),
    ).fetchone()
    if held is not None:
        raise MailNumberError(
            f"item {item} holds mail number {held[0]} ({held[1]}): void it before another is reserved"
        )
    row = ledger.connection.execute(
        "SELECT number FROM mail_numbers WHERE state = 'free' ORDER BY position LIMIT 1"
    ).fetchone()
    if row is None:
        raise PoolEmpty
    number = str(row[0])
    ledger.connection.execute(
        "UPDATE mail_numbers SET state = ?, item = ?, acceptance = ? WHERE number = ?",
        (MailNumberState.RESERVED, item, acceptance, number),
    )
    ledger.connection.execute("UPDATE items SET mail_number = ? WHERE item = ?", (number, item))
    ledger.enter("mail_number_reserved", item=item, acceptance=acceptance, number=number)
    return number


def advance(ledger: Ledger, number: str, to: MailNumberState) -> None:
    """Note the next step of a number's life: printed, applied or dispatched.

    :raises IllegalMailNumberMove: it is not the next step; reserving and voiding have functions of their own.
    """
    found, item, acceptance = _look_up(ledger, number)
    if to not in LEGAL_MOVES[found] or to in (MailNumberState.RESERVED, MailNumberState.VOIDED):
        raise IllegalMailNumberMove(number, found, to)
    _set(ledger, number, to)
    ledger.enter(f"mail_number_{to}", item=item, acceptance=acceptance, number=number)


def void(ledger: Ledger, number: str, reason: str) -> None:
    """End a number for ever; dispatch is told when its label may exist.

    :param reason: stable code, as `label_not_applied`.
    :raises IllegalMailNumberMove: it is dispatched (recall the parcel instead) or voided already.
    """
    found, item, acceptance = _look_up(ledger, number)
    if MailNumberState.VOIDED not in LEGAL_MOVES[found]:
        raise IllegalMailNumberMove(number, found, MailNumberState.VOIDED)
    _set(ledger, number, MailNumberState.VOIDED)
    ledger.enter("mail_number_voided", item=item, acceptance=acceptance, number=number, was=found.value, reason=reason)
    if found in _HELD and acceptance is not None:
        _tell_dispatch(ledger, number, item, acceptance, reason)


def recall_number(ledger: Ledger, number: str, reason: str) -> None:
    """End the number of a parcel that is recalled; the recall itself tells dispatch, so no voided event does."""
    found, item, acceptance = _look_up(ledger, number)
    _set(ledger, number, MailNumberState.VOIDED)
    ledger.enter("mail_number_voided", item=item, acceptance=acceptance, number=number, was=found.value, reason=reason)


def holds(ledger: Ledger, number: str) -> bool:
    """Whether a number is given out and its life has not ended: it can be voided."""
    return _look_up(ledger, number)[0] in _HELD


def ask_void(ledger: Ledger, number: str, by: str, why: str) -> int | None:
    """A person ends a number: one that was never given out at once, one that an item under way holds with that item.

    :returns: the item that holds it and goes to reject for it; None when the number has ended here.
    :raises MailNumberRefused: it has ended, its parcel has left, or nobody knows where its parcel is.
    """
    found, item, acceptance = _found(ledger, number)
    if found is MailNumberState.VOIDED:
        raise MailNumberRefused(
            "void_refused", Text(zh=f"邮件号 {number} 已经作废", en=f"mail number {number} is void already")
        )
    if found is MailNumberState.DISPATCHED:
        raise MailNumberRefused(
            "parcel_dispatched",
            Text(
                zh=f"邮件号 {number} 的包裹已交发运：不能作废，请通知发运拦下",
                en=f"the parcel of mail number {number} lies with dispatch: it is not voided, have dispatch stop it",
            ),
        )
    if found is MailNumberState.FREE:
        _set(ledger, number, MailNumberState.VOIDED)
        ledger.enter("mail_number_voided", number=number, was=found.value, reason="taken_back", by=by, why=why)
        return None
    ended = ledger.connection.execute("SELECT ended_at FROM items WHERE item = ?", (item,)).fetchone()
    if ended is not None and ended[0] is not None:
        raise MailNumberRefused(
            "item_unknown",
            Text(
                zh=f"封装件 {item} 去向不明：先在“恢复引导”页登记它在哪里，邮件号随之处理",
                en=f"nobody knows where item {item} is: answer for it under Recovery first, its number follows",
            ),
        )
    ledger.enter("void_asked", item=item, acceptance=acceptance, number=number, was=found.value, by=by, why=why)
    return item


def confirm_destroyed(ledger: Ledger, number: str, by: str) -> None:
    """A person has destroyed a label and scanned it.

    :raises MailNumberRefused: nobody has ended its number, it was never given out, or this was confirmed before.
    """
    found, item, acceptance = _found(ledger, number)
    ends = found is MailNumberState.VOIDED or (found in _HELD and void_was_asked(ledger.connection, number, item))
    if not ends or item is None:
        raise MailNumberRefused(
            "label_lives",
            Text(
                zh=f"邮件号 {number} 没有作废：不要销毁这张面单",
                en=f"mail number {number} is not void: do not destroy this label",
            ),
        )
    if label_is_destroyed(ledger.connection, number, item):
        raise MailNumberRefused(
            "destroyed_before",
            Text(
                zh=f"{number} 的面单已登记销毁；若又出现一张，请立即叫班长",
                en=f"the label of {number} was told destroyed before; is there another one? call a supervisor at once",
            ),
        )
    ledger.enter("label_destroyed", item=item, acceptance=acceptance, number=number, by=by)


def _look_up(ledger: Ledger, number: str) -> tuple[MailNumberState, int | None, str | None]:
    row = ledger.connection.execute(
        "SELECT state, item, acceptance FROM mail_numbers WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        raise MailNumberError(f"mail number {number}: not from this line's pool")
    return MailNumberState(row[0]), row[1], row[2]


def _found(ledger: Ledger, number: str) -> tuple[MailNumberState, int | None, str | None]:
    try:
        return _look_up(ledger, number)
    except MailNumberError as error:
        text = Text(zh=f"号池中没有邮件号 {number}", en=f"mail number {number} is not from this line's pool")
        raise MailNumberRefused("unknown_mail_number", text) from error


def _set(ledger: Ledger, number: str, state: MailNumberState) -> None:
    ledger.connection.execute("UPDATE mail_numbers SET state = ? WHERE number = ?", (state, number))


def _tell_dispatch(ledger: Ledger, number: str, item: int | None, acceptance: str, reason: str) -> None:
    row = ledger.connection.execute("SELECT product, attempt FROM items WHERE item = ?", (item,)).fetchone()
    product, attempt = (row[0], row[1]) if row is not None else (None, None)
    data = EventData(mail_number=number, acceptance=acceptance, product=product, attempt=attempt, reason=reason)
    put_event(ledger, identity(ledger.connection).line_id, EventType.VOIDED, item, data)
