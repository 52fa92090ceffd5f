"""The last items that did not end packed, as a page shows them: why, and the pictures that tell it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from controller.journal.reading import file_of, masked_check
from controller.masking import mask
from controller.snapshot import CheckView, RejectView
from controller.words.cause_texts import in_chinese, in_english
from controller.words.check_texts import check_in_chinese
from controller.words.reason_texts import describe

_PICTURES_EXPLAINED = 3
RejectKey = tuple[tuple[Any, ...], tuple[int, int] | None]
"""A reject's row, and what tells that its pictures have changed."""


def recent_rejects(
    connection: sqlite3.Connection, most: int = 20, known: dict[RejectKey, RejectView] | None = None
) -> list[RejectView]:
    """The last items that did not end packed, newest first.

    :param known: those of the last time, for who asks again and again; it is brought up to date.
    """
    rows = connection.execute(
        "SELECT item, acceptance, attempt, product, reason, detail, ended_at, (SELECT orders.state = 'rejected'"
        " AND orders.attempt = items.attempt FROM orders WHERE orders.acceptance = items.acceptance),"
        " CASE WHEN outcome = 'rejected' THEN (SELECT orders.state FROM orders"
        " WHERE orders.acceptance = items.acceptance) ELSE outcome END FROM items"
        " WHERE outcome IS NOT NULL AND outcome NOT IN ('packed', 'challenged') ORDER BY item DESC LIMIT ?",
        (most,),
    ).fetchall()
    shown = _shown_by(connection, [row[0] for row in rows])
    known = {} if known is None else known
    keys = [(tuple(row), shown.get(row[0])) for row in rows]
    pictures = _pictures(connection, [key[0][0] for key in keys if key not in known])
    views = {key: known.get(key) or _reject_view(key[0], pictures.get(key[0][0], [])) for key in keys}
    known.clear()
    known.update(views)
    return list(views.values())


def _shown_by(connection: sqlite3.Connection, items: list[int]) -> dict[int, tuple[int, int]]:
    """Of each item how many pictures are kept and the last of them: what changes when its pictures do."""
    rows = connection.execute(
        f"SELECT item, COUNT(*), MAX(evidence) FROM evidence WHERE item IN ({_marks(items)}) GROUP BY item",  # noqa: S608
        items,
    )
    return {item: (count, last) for item, count, last in rows}


def _marks(values: list[int]) -> str:
    return ",".join("?" * len(values))


def _pictures(connection: sqlite3.Connection, items: list[int]) -> dict[int, list[tuple[str, str | None]]]:
    """Of each item its pictures, the telling ones first, and what was found on those that were not accepted."""
    if not items:
        return {}
    # The picture that did not accept tells most, and the last of those comes first.
    rows = connection.execute(
        "SELECT item, picture, CASE WHEN outcome != 'accept' THEN checks END FROM evidence"  # noqa: S608 - only marks
        f" WHERE item IN ({_marks(items)}) ORDER BY outcome = 'accept', evidence DESC",
        items,
    )
    pictures: dict[int, list[tuple[str, str | None]]] = {}
    for item, picture, checks in rows:
        pictures.setdefault(item, []).append((picture, checks))
    return pictures


def _reject_view(row: tuple[Any, ...], pictures: list[tuple[str, str | None]]) -> RejectView:
    """:param row: as `recent_rejects` asks for it; :param pictures: name and, of one not accepted, its checks."""
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
        pictures=tuple(dict.fromkeys(file_of(picture) for picture, _ in pictures if picture)),
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
    return tuple(
        _shown(masked_check(check), number, file_of(picture))
        for picture, checks in pictures[:_PICTURES_EXPLAINED]
        for number, check in enumerate((each for each in json.loads(checks) if each["outcome"] != "accept"), start=1)
    )


def _shown(check: dict[str, Any], number: int, picture: str) -> CheckView:
    """:param check: without readable numbers."""
    subject, expected, found = (check.get(name) or "" for name in ("subject", "expected", "found"))
    return CheckView(
        **{key: value for key, value in check.items() if key in CheckView.model_fields},
        subject_text=in_english(subject),
        subject_text_zh=in_chinese(subject),
        expected_zh=check_in_chinese(expected),
        found_zh=check_in_chinese(found),
        number=number,
        picture=picture,
    )
