"""Questions to the journal that change nothing: for pages, commands and tests, on a connection of `open_reading`.

Each is one short read. Plate numbers are masked in all of them but the pick list, by which hands fetch the plates.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.exits import Reason
from controller.formats.certificates import DIGEST_LENGTH
from controller.journal.store import GENESIS, entry_digest
from controller.masking import mask, masked_apart
from controller.snapshot import Counters
from controller.words.alarm_texts import AlarmKind
from vision.verdict import NO_NUMBER, OTHER_NUMBER, UNSURE_NUMBER

_NUMBERED = ("plate", "document_number", "document_zone")
_FEEDING_STAGES = ("called", "matched")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One attempt at an order, and where it is or how it ended."""

    item: int
    acceptance: str
    attempt: int
    product: str
    carrier: int
    zone: str
    stage: str
    suspect: str
    mail_number: str | None
    outcome: str | None
    reason: str
    chute: str | None
    called_at: str
    ended_at: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history."""

    seq: int
    at: str
    kind: str
    item: int | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One judged picture. :ivar picture: file name in the evidence folder, empty when there is none."""

    item: int
    station: str
    camera: str
    outcome: str
    picture: str
    taken_at: str
    checks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Story:
    """All that the journal knows of one order: its attempts, mail numbers, history and pictures."""

    acceptance: str
    items: list[ItemRow]
    mail_numbers: dict[str, str]
    entries: list[Entry]
    evidence: list[EvidenceRow]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order in a list."""

    acceptance: str
    product: str
    due: str
    priority: int
    route: str
    state: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PickPart:
    """A part to fetch. `number` is in clear: it is what hands look for."""

    role: str
    code: str
    number: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pick:
    """An item whose parts hands lay in, and which they are.

    :ivar challenge: which test kit to take, a `plan.challenges.ChallengeKind`; empty for an order.
    """

    item: int
    carrier: int
    acceptance: str
    attempt: int
    product: str
    parts: list[PickPart]
    challenge: str = ""


def kinds_seen(connection: sqlite3.Connection) -> dict[str, int]:
    """How often each kind of history entry, alarm and reason of a reject stands there; those that never came with 0."""
    seen = {f"reason {reason}": 0 for reason in Reason} | {f"alarm {kind}": 0 for kind in AlarmKind}
    for question in (
        "SELECT 'entry ' || kind, COUNT(*) FROM history GROUP BY kind",
        "SELECT 'alarm ' || kind, COUNT(*) FROM alarms GROUP BY kind",
        "SELECT 'reason ' || reason, COUNT(*) FROM items WHERE reason <> '' GROUP BY reason",
        "SELECT 'ended ' || outcome, COUNT(*) FROM items WHERE outcome IS NOT NULL GROUP BY outcome",
    ):
        seen.update(dict(connection.execute(question).fetchall()))
    return seen


def item_story(connection: sqlite3.Connection, key: str | int) -> Story | None:
    """The whole story behind a mail number, an acceptance number or an item number; None when none is known."""
    acceptance = _acceptance_of(connection, str(key))
    if acceptance is None:
        return None
    columns = ", ".join(ItemRow.__dataclass_fields__)
    items = [
        ItemRow(*row)
        for row in connection.execute(
            f"SELECT {columns} FROM items WHERE acceptance = ? ORDER BY attempt",  # noqa: S608 - names of a class
            (acceptance,),
        )
    ]
    numbers = connection.execute(
        "SELECT number, state FROM mail_numbers WHERE acceptance = ? ORDER BY position", (acceptance,)
    )
    return Story(
        acceptance,
        items,
        {row[0]: row[1] for row in numbers},
        _entries(connection, acceptance),
        _evidence(connection, acceptance),
    )


def counters(
    connection: sqlite3.Connection, now: datetime | None = None, due_today: int = 0, late: int = 0
) -> Counters:
    """The counters since the journal began.

    :param now: end of the hour that `per_hour` counts; by default the history's last stamp.
    """
    kept: dict[str, dict[str, int]] = defaultdict(dict)
    for what, value, n in connection.execute("SELECT what, value, n FROM tallies WHERE n > 0"):
        kept[what][value] = n
    orders, numbers, events, reasons = (kept[each] for each in ("orders", "mail_numbers", "outbox", "rejects"))
    return Counters(
        orders=sum(orders.values()) - orders.get("test", 0),
        waiting=orders.get("waiting", 0),
        under_way=orders.get("under_way", 0),
        packed=orders.get("packed", 0),
        rejected=sum(reasons.values()),
        reworked=sum(kept["reworked"].values()),
        rejected_by_reason=reasons,
        mail_numbers_free=numbers.get("free", 0),
        mail_numbers_voided=numbers.get("voided", 0) - test_numbers_voided(connection),
        events_published=sum(events.values()),
        events_acknowledged=events.get("acknowledged", 0),
        events_pending=events.get("pending", 0),
        events_parked=events.get("parked", 0),
        recalled=orders.get("recalled", 0),
        recalls_open=recalls_open(connection),
        per_hour=_packed_in_hour(connection, now),
        in_rework=orders.get("rejected", 0),
        due_today=due_today,
        late=late,
    )


def test_numbers_voided(connection: sqlite3.Connection) -> int:
    """How many voided numbers were test kits', none of the pool's."""
    row = connection.execute("SELECT COUNT(*) FROM mail_numbers WHERE position < 0 AND state = 'voided'").fetchone()
    return int(row[0])


def recalls_open(connection: sqlite3.Connection) -> int:
    """How many recalls dispatch has not acknowledged; one that it refused is none."""
    row = connection.execute(
        "SELECT COUNT(*) FROM outbox WHERE state IN ('pending', 'parked') AND type LIKE '%.recalled.%'"
    ).fetchone()
    return int(row[0])


def order_lines(connection: sqlite3.Connection, state: str = "", most: int = 100) -> list[OrderLine]:
    """Orders in the order in which they are called, of one state or of all; a test kit's only when asked for."""
    rows = connection.execute(
        "SELECT acceptance, product, due, priority, route, state, attempt FROM orders"
        " WHERE state = ? OR (? = '' AND state != 'test') ORDER BY priority, due, acceptance LIMIT ?",
        (state, state, most),
    )
    return [OrderLine(*row) for row in rows]


def tallied(connection: sqlite3.Connection, what: str) -> dict[str, int]:
    """What the journal keeps counted, each value that there is now with its count.

    :param what: orders, mail_numbers or outbox, by state; rejects, by reason; reworked, in one sum.
    """
    rows = connection.execute("SELECT value, n FROM tallies WHERE what = ? AND n > 0", (what,))
    return {str(row[0]): int(row[1]) for row in rows}


def pick_list(connection: sqlite3.Connection) -> list[Pick]:
    """Items whose parts are being laid in, in the order of their call: from the call until collate is complete."""
    rows = connection.execute(
        "SELECT item, carrier, acceptance, attempt, product FROM items"
        " WHERE ended_at IS NULL AND suspect = '' AND stage IN (?, ?) ORDER BY item",
        _FEEDING_STAGES,
    ).fetchall()
    picks = (Pick(row[0], row[1], row[2], row[3], row[4], _pick_parts(connection, row[2])) for row in rows)
    return [_test_kit(connection, pick) for pick in picks]


def _test_kit(connection: sqlite3.Connection, pick: Pick) -> Pick:
    """The pick itself, of a challenge with its kit in place of an order's parts."""
    row = connection.execute("SELECT kind, kit FROM challenges WHERE item = ?", (pick.item,)).fetchone()
    if row is None:
        return pick
    return replace(pick, challenge=row[0], parts=[PickPart(**part) for part in json.loads(row[1])])


def verify_chain(connection: sqlite3.Connection) -> int | None:
    """The first entry of the history that is missing or not what was written; None when the chain holds.

    A tail that was cut off leaves a chain that holds: compare its last digest with a copy kept elsewhere.
    """
    expected, before = 1, GENESIS
    rows = connection.execute("SELECT seq, at, kind, item, acceptance, data, digest FROM history ORDER BY seq")
    for seq, at, kind, item, acceptance, data, digest in rows:
        if seq != expected or entry_digest(before, seq, at, kind, item, acceptance, data) != digest:
            return expected
        expected, before = seq + 1, digest
    return None


def _acceptance_of(connection: sqlite3.Connection, key: str) -> str | None:
    questions = [
        "SELECT acceptance FROM mail_numbers WHERE number = ? AND acceptance IS NOT NULL",
        "SELECT acceptance FROM orders WHERE acceptance = ?",
    ]
    if key.isascii() and key.isdecimal() and len(key) <= 10:  # longer ones are no item's number
        questions.append("SELECT acceptance FROM items WHERE item = CAST(? AS INTEGER)")
    for question in questions:
        row = connection.execute(question, (key,)).fetchone()
        if row is not None:
            return str(row[0])
    return None


def _entries(connection: sqlite3.Connection, acceptance: str) -> list[Entry]:
    """Entries of the order, and those that name only one of its items."""
    rows = connection.execute(
        "SELECT seq, at, kind, item, data FROM history WHERE acceptance = ? UNION"
        " SELECT seq, at, kind, item, data FROM history"
        " WHERE item IN (SELECT item FROM items WHERE acceptance = ?) ORDER BY 1",
        (acceptance, acceptance),
    )
    return [Entry(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows]


def _evidence(connection: sqlite3.Connection, acceptance: str) -> list[EvidenceRow]:
    rows = connection.execute(
        "SELECT item, station, camera, outcome, picture, taken_at, checks FROM evidence"
        " WHERE item IN (SELECT item FROM items WHERE acceptance = ?) ORDER BY evidence",
        (acceptance,),
    )
    return [
        EvidenceRow(
            row[0], row[1], row[2], row[3], file_of(row[4]), row[5], [masked_check(each) for each in json.loads(row[6])]
        )
        for row in rows
    ]


def masked_check(check: dict[str, Any]) -> dict[str, Any]:
    """A check without a readable plate number or printed number; of one that is wrong what differs stays."""
    if not check["name"].startswith(_NUMBERED) or check["name"] in NO_NUMBER:
        return check
    if check["found"] in (OTHER_NUMBER, UNSURE_NUMBER):
        return check | {"expected": mask(check["expected"])}
    expected, found = masked_apart(check["expected"], check["found"])
    return check | {"expected": expected, "found": found}


def file_of(digest: str) -> str:
    return f"{digest}.jpg" if digest else ""


def _pick_parts(connection: sqlite3.Connection, acceptance: str) -> list[PickPart]:
    rows = connection.execute(
        "SELECT role, code, number, kind FROM parts WHERE acceptance = ? AND state != 'spoiled' ORDER BY rowid",
        (acceptance,),
    )
    # The keyed hash of an identity number, longer than any number on a part, is nothing that hands could look for.
    return [
        PickPart(role, code, number if len(number) < DIGEST_LENGTH else "", kind) for role, code, number, kind in rows
    ]


def _packed_in_hour(connection: sqlite3.Connection, now: datetime | None) -> int:
    if now is None:
        last = connection.execute("SELECT at FROM history ORDER BY seq DESC LIMIT 1").fetchone()
        if last is None:
            return 0
        now = datetime.fromisoformat(last[0])
    since = (now - timedelta(hours=1)).astimezone(UTC).isoformat(timespec="milliseconds")
    row = connection.execute(
        "SELECT COUNT(*) FROM items WHERE outcome = 'packed' AND ended_at > ?", (since,)
    ).fetchone()
    return int(row[0])
