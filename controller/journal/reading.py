"""Questions to the journal that change nothing: for pages, commands and tests, on a connection of `open_reading`.

Each is one short read. Plate numbers are masked in all of them but the pick list, by which hands fetch the plates.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from controller.exits import Reason
from controller.journal.store import GENESIS, entry_digest
from controller.masking import mask, masked_apart
from controller.snapshot import CheckView, Counters, RejectView
from controller.words.alarm_texts import AlarmKind
from controller.words.cause_texts import in_chinese, in_english
from controller.words.reason_texts import describe

_NUMBERED = ("plate", "document_number", "document_zone", "identity")
_NO_NUMBER = (
    "plate_colour", "plate_present", "plate_pose", "plate_kind", "plate_rows", "plate_visible", "plate_clear",
    "plate_city",
)  # fmt: skip
"""Checks of a plate that name no character of it."""
_PICTURES_EXPLAINED = 3
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


def recent_rejects(connection: sqlite3.Connection, most: int = 20) -> list[RejectView]:
    """The last items that did not end packed, newest first."""
    rows = connection.execute(
        "SELECT item, acceptance, attempt, product, reason, detail, ended_at, (SELECT orders.state = 'rejected'"
        " AND orders.attempt = items.attempt FROM orders WHERE orders.acceptance = items.acceptance),"
        " CASE WHEN outcome = 'rejected' THEN (SELECT orders.state FROM orders"
        " WHERE orders.acceptance = items.acceptance) ELSE outcome END FROM items"
        " WHERE outcome IS NOT NULL AND outcome NOT IN ('packed', 'challenged') ORDER BY item DESC LIMIT ?",
        (most,),
    ).fetchall()
    pictures = _pictures(connection, [row[0] for row in rows])
    return [_reject_view(tuple(row), tuple(pictures.get(row[0], ()))) for row in rows]


def counters(connection: sqlite3.Connection, now: datetime | None = None) -> Counters:
    """The counters since the journal began.

    :param now: end of the hour that `per_hour` counts; by default the history's last stamp.
    """
    orders, numbers, events = (tallied(connection, each) for each in ("orders", "mail_numbers", "outbox"))
    reasons = tallied(connection, "rejects")
    return Counters(
        orders=sum(orders.values()) - orders.get("test", 0),
        waiting=orders.get("waiting", 0),
        under_way=orders.get("under_way", 0),
        packed=orders.get("packed", 0),
        rejected=sum(reasons.values()),
        reworked=sum(tallied(connection, "reworked").values()),
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
            row[0], row[1], row[2], row[3], _file(row[4]), row[5], [_masked(each) for each in json.loads(row[6])]
        )
        for row in rows
    ]


def _masked(check: dict[str, Any]) -> dict[str, Any]:
    """A check without a readable plate number or printed number; of one that is wrong what differs stays."""
    if not check["name"].startswith(_NUMBERED) or check["name"] in _NO_NUMBER:
        return check
    expected, found = masked_apart(check["expected"], check["found"])
    return check | {"expected": expected, "found": found}


def _file(digest: str) -> str:
    return f"{digest}.jpg" if digest else ""


def _pictures(connection: sqlite3.Connection, items: list[int]) -> dict[int, list[tuple[str, str | None]]]:
    """Of each item its pictures, the telling ones first, and what was found on those that were not accepted."""
    # The picture that did not accept tells most, and the last of those comes first.
    rows = connection.execute(
        "SELECT item, picture, CASE WHEN outcome != 'accept' THEN checks END FROM evidence"  # noqa: S608 - only marks
        f" WHERE item IN ({','.join('?' * len(items))}) ORDER BY outcome = 'accept', evidence DESC",
        items,
    )
    pictures: dict[int, list[tuple[str, str | None]]] = {}
    for item, picture, checks in rows:
        pictures.setdefault(item, []).append((picture, checks))
    return pictures


@lru_cache(maxsize=64)
def _reject_view(row: tuple[Any, ...], pictures: tuple[tuple[str, str | None], ...]) -> RejectView:
    """Kept for a while: the same few are asked for twice a second.

    :param row: as `recent_rejects` asks for it. :param pictures: name and, of one that was not accepted, its checks.
    """
    item, acceptance, attempt, product, reason, detail, ended_at, waits, state = row
    text = describe(reason, _without_codes(json.loads(detail) if detail else {}))
    return RejectView(
        item=item,
        acceptance=acceptance,
        attempt=attempt,
        product=product,
        reason=reason,
        text=text.en,
        text_zh=text.zh,
        ended_at=ended_at or "",
        pictures=tuple(dict.fromkeys(_file(picture) for picture, _ in pictures if picture)),
        checks=_failed_checks([(picture, checks) for picture, checks in pictures if checks is not None]),
        waits=bool(waits),
        state=state or "",
    )


def _without_codes(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as a page may show them: whole part codes stay in the journal."""
    return {
        key: ", ".join(mask(code) for code in value.split(", ")) if key in facts.get("codes", ()) else value
        for key, value in facts.items()
    }


def _failed_checks(pictures: list[tuple[str, str]]) -> tuple[CheckView, ...]:
    """What failed in each picture of an item that was not accepted, the last picture first."""
    shown = CheckView.model_fields
    return tuple(
        CheckView(
            **{key: value for key, value in _masked(check).items() if key in shown},
            subject_text=in_english(check.get("subject", "")),
            subject_text_zh=in_chinese(check.get("subject", "")),
            number=number,
            picture=_file(picture),
        )
        for picture, checks in pictures[:_PICTURES_EXPLAINED]
        for number, check in enumerate((each for each in json.loads(checks) if each["outcome"] != "accept"), start=1)
    )


def _pick_parts(connection: sqlite3.Connection, acceptance: str) -> list[PickPart]:
    rows = connection.execute(
        "SELECT role, code, number, kind FROM parts WHERE acceptance = ? AND state != 'spoiled' ORDER BY rowid",
        (acceptance,),
    )
    return [PickPart(*row) for row in rows]


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
