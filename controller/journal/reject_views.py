"""The last items that did not end packed, as a page shows them: why, and the pictures that tell it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from controller.journal.reading import file_of, masked_check
from controller.masking import mask
from controller.snapshot import CheckView, RejectView
from controller.words.cause_texts import in_chinese, in_english
from controller.words.check_texts import check_in_chinese
from controller.words.reason_texts import describe
from vision.verdict import PICTURE_FRESH

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


@dataclass(frozen=True, slots=True)
class _Picture:
    """:ivar file: empty when none was kept; :ivar checks: of one that was not accepted, as JSON."""

    file: str
    camera: str
    checks: str | None


def _pictures(connection: sqlite3.Connection, items: list[int]) -> dict[int, list[_Picture]]:
    """Of each item its pictures, each once, the telling ones first."""
    if not items:
        return {}
    # The picture that did not accept tells most, and the last of those comes first.
    rows = connection.execute(
        "SELECT item, picture, camera, CASE WHEN outcome != 'accept' THEN checks END FROM evidence"  # noqa: S608 - only marks
        f" WHERE item IN ({_marks(items)}) ORDER BY outcome = 'accept', evidence DESC",
        items,
    )
    pictures: dict[int, list[_Picture]] = {}
    for item, digest, camera, checks in rows:
        seen = pictures.setdefault(item, [])
        # A camera that is stuck or black gives the same one at each look.
        if not digest or file_of(digest) not in (each.file for each in seen):
            seen.append(_Picture(file_of(digest), camera, checks))
    return pictures


def _reject_view(row: tuple[Any, ...], pictures: list[_Picture]) -> RejectView:
    """:param row: as `recent_rejects` asks for it."""
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
        pictures=tuple(each.file for each in pictures if each.file),
        cameras=tuple(each.camera for each in pictures if each.file),
        checks=_failed_checks(pictures),
        waits=bool(waits),
        state=state or "",
    )


def _without_codes(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as a page may show them: whole part codes stay in the journal."""
    return {
        key: ", ".join(mask(code) for code in value.split(", ")) if key in facts.get("codes", ()) else value
        for key, value in facts.items()
    }


def _failed_checks(pictures: list[_Picture]) -> tuple[CheckView, ...]:
    """What failed in each picture of an item that was not accepted, the last picture first.

    Numbered as drawn. What the line itself found of a picture is not drawn on it, and tells more than all that is.
    """
    telling = [each for each in pictures if each.checks is not None][:_PICTURES_EXPLAINED]
    shown = (
        _shown(masked_check(check), 0 if check["name"] == PICTURE_FRESH else number, each.file)
        for each in telling
        for number, check in enumerate((one for one in json.loads(each.checks or "") if one["outcome"] != "accept"), 1)
    )
    return tuple(sorted(shown, key=lambda check: check.number > 0))


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
