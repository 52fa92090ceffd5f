"""From any number to the whole story of a parcel: orders, parts, seal cycles, events, and the entries that prove it.

Part codes and numbers leave here masked. Only the entries of a dossier keep what the history says, for its digests.
"""

from __future__ import annotations

import binascii
import json
import sqlite3
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from controller.journal.reading import Entry, EvidenceRow, ItemRow, item_story
from controller.journal.store import GENESIS
from controller.masking import mask
from controller.words.reason_texts import describe
from devices.plc.contract import ContractError
from devices.plc.curve import Curve

_SEALED_EVENT = "cn.sealline.item.sealed.v1"


@dataclass(frozen=True, slots=True)
class Found:
    """An order that a number leads to. :ivar by: `mail_number`, `acceptance`, `item`, `part` or `plate`."""

    acceptance: str
    by: str


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of the order, masked, and the item that holds it."""

    role: str
    kind: str
    code: str
    number: str
    state: str
    item: int | None


@dataclass(frozen=True, slots=True)
class SealCurve:
    """A cycle over time, from the jaw's way down to its opening.

    :ivar pressed_ms: when the jaw had half its force, from where its dwell counts.
    """

    step_ms: int
    temperature_dc: tuple[int, ...]
    force_n: tuple[int, ...]
    pressed_ms: int


@dataclass(frozen=True, slots=True)
class SealCycle:
    """One cycle of a jaw as the PLC measured it: tenths of °C, ms, N.

    :ivar set_points: temperature dc, dwell ms, force n, cooling ms, as they were asked for.
    :ivar curve: None when the sealer kept none or it could not be read; `no_curve` says why.
    """

    item: int
    at: str
    sealer: str
    result: str
    set_points: tuple[int, ...]
    measured: dict[str, int]
    curve: SealCurve | None
    no_curve: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event for dispatch and what became of it. :ivar bag: of a sealed parcel."""

    sequence: int
    type: str
    item: int | None
    state: str
    made_at: str
    answered_at: str | None
    bag: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole story of one order. :ivar entries: without codes, in their order."""

    acceptance: str
    product: str
    due: str
    state: str
    items: list[ItemRow]
    parts: list[PartLine]
    mail_numbers: dict[str, str]
    cycles: list[SealCycle]
    events: list[EventLine]
    evidence: list[EvidenceRow]
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry as the chain has it: enough to compute its digest again. Digests in hex."""

    seq: int
    at: str
    kind: str
    item: int | None
    acceptance: str | None
    data: str
    before: str
    digest: str


def find(connection: sqlite3.Connection, key: str) -> list[Found]:
    """Orders behind a mail number, acceptance number, item number, part code or plate number, each once."""
    questions: list[tuple[str, str, str | int]] = [
        ("mail_number", "SELECT acceptance FROM mail_numbers WHERE number = ? AND acceptance IS NOT NULL", key),
        ("acceptance", "SELECT acceptance FROM orders WHERE acceptance = ?", key),
        ("part", "SELECT acceptance FROM parts WHERE code = ?", key),
        ("plate", "SELECT DISTINCT acceptance FROM parts WHERE number = ? LIMIT 20", _plain(key)),
    ]
    if key.isascii() and key.isdecimal() and len(key) <= 10:
        questions.append(("item", "SELECT acceptance FROM items WHERE item = ?", int(key)))
    found: dict[str, Found] = {}
    for by, question, value in questions:
        for row in connection.execute(question, (value,)) if value else ():
            found.setdefault(str(row[0]), Found(str(row[0]), by))
    return list(found.values())


def trace(connection: sqlite3.Connection, acceptance: str) -> Trace | None:
    """The whole story of an order; None when there is none of that number."""
    order = connection.execute(
        "SELECT acceptance, product, due, state FROM orders WHERE acceptance = ?", (acceptance,)
    ).fetchone()
    story = item_story(connection, acceptance) if order is not None else None
    if order is None or story is None or story.acceptance != acceptance:
        return None
    return Trace(
        acceptance=order[0],
        product=order[1],
        due=order[2],
        state=order[3],
        items=story.items,
        parts=_parts(connection, acceptance),
        mail_numbers=story.mail_numbers,
        cycles=_cycles(story.entries),
        events=_events(connection, [item.item for item in story.items]),
        evidence=story.evidence,
        entries=[_shown(entry) for entry in story.entries],
    )


def proven_entries(connection: sqlite3.Connection, acceptance: str) -> list[ProvenEntry]:
    """Every entry of an order and of its items, each with the digest before it."""
    rows = connection.execute(
        "SELECT seq, at, kind, item, acceptance, data, digest FROM history WHERE acceptance = ? UNION"
        " SELECT seq, at, kind, item, acceptance, data, digest FROM history"
        " WHERE item IN (SELECT item FROM items WHERE acceptance = ?) ORDER BY 1",
        (acceptance, acceptance),
    ).fetchall()
    return [
        ProvenEntry(row[0], row[1], row[2], row[3], row[4], row[5], _before(connection, row[0]).hex(), row[6].hex())
        for row in rows
    ]


def _before(connection: sqlite3.Connection, seq: int) -> bytes:
    row = connection.execute("SELECT digest FROM history WHERE seq = ?", (seq - 1,)).fetchone()
    return bytes(row[0]) if row else GENESIS


def _plain(number: str) -> str:
    """A plate number without the dot and blanks that people write into it."""
    return "".join(each for each in number.upper() if each not in "·• .-")


def _parts(connection: sqlite3.Connection, acceptance: str) -> list[PartLine]:
    rows = connection.execute(
        "SELECT role, kind, code, number, state, item FROM parts WHERE acceptance = ? ORDER BY rowid", (acceptance,)
    )
    return [PartLine(row[0], row[1], mask(row[2]), mask(row[3]), row[4], row[5]) for row in rows]


def _cycles(entries: Sequence[Entry]) -> list[SealCycle]:
    asked: dict[int, Entry] = {}
    cycles = []
    for entry in entries:
        if entry.kind == "sealing" and entry.item is not None:
            asked[entry.item] = entry
        if entry.kind == "sealed" and entry.item is not None:
            before = asked.get(entry.item)
            facts = before.data if before is not None else {}
            cycles.append(
                SealCycle(
                    item=entry.item,
                    at=entry.at,
                    sealer=str(facts.get("sealer", "")),
                    result=str(entry.data.get("result", "")),
                    set_points=tuple(facts.get("setpoints", ())),
                    measured=dict(entry.data.get("measured", {})),
                    curve=_curve(str(entry.data.get("curve", ""))),
                    no_curve=str(entry.data.get("no_curve", "")),
                )
            )
    return cycles


def _curve(kept: str) -> SealCurve | None:
    """The curve that an entry keeps; None of one that keeps none."""
    try:
        curve = Curve.unpack(b64decode(kept, validate=True))
    except (binascii.Error, ContractError):
        return None
    half = max(curve.force_n, default=0) / 2
    pressed = next((place for place, force in enumerate(curve.force_n) if force >= half), 0)
    return SealCurve(curve.step_ms, curve.temperature_dc, curve.force_n, pressed * curve.step_ms)


def _events(connection: sqlite3.Connection, items: Sequence[int]) -> list[EventLine]:
    if not items:
        return []
    marks = ", ".join("?" for _ in items)
    rows = connection.execute(
        f"SELECT seq, type, item, state, made_at, answered_at, json_extract(body, '$.data.bag') FROM outbox"  # noqa: S608
        f" WHERE item IN ({marks}) ORDER BY seq",
        tuple(items),
    )
    return [EventLine(*row) for row in rows]


def _shown(entry: Entry) -> Entry:
    """An entry as a page may tell it: codes masked, a reject's facts in words."""
    data: dict[str, Any] = {
        name: [mask(str(code)) for code in value] if name == "codes" else mask(str(value)) if name == "code" else value
        for name, value in entry.data.items()
        if name not in ("facts", "pictures", "picture", "curve")
    }
    facts = entry.data.get("facts")
    if entry.data.get("reason") and isinstance(facts, dict):
        hidden = {name: _masked_fact(name, value, facts) for name, value in facts.items()}
        text = describe(str(entry.data["reason"]), hidden)
        data |= {"text": text.en, "text_zh": text.zh}
    return Entry(entry.seq, entry.at, entry.kind, entry.item, data)


def _masked_fact(name: str, value: Any, facts: dict[str, Any]) -> Any:
    if name not in facts.get("codes", ()):
        return value
    return ", ".join(mask(code) for code in str(value).split(", "))


def as_text(data: dict[str, Any]) -> str:
    """An entry's data on one line."""
    return ", ".join(f"{name} {_value(value)}" for name, value in data.items() if value not in ("", None, [], {}))


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
