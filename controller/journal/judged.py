"""The last picture of a camera that was judged, with the checks that were made on it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

MOST_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """:ivar picture: evidence file name; :ivar checks: name, subject, outcome, score and threshold of each."""

    item: int
    outcome: str
    taken_at: str
    picture: str
    checks: list[dict[str, Any]]


def last_judged(connection: sqlite3.Connection, camera: str) -> Judged | None:
    """The newest that is still kept; None when there is none among the last pictures of the line."""
    row = connection.execute(
        "SELECT item, outcome, taken_at, picture, checks FROM"
        " (SELECT * FROM evidence ORDER BY evidence DESC LIMIT ?) WHERE camera = ? AND picture != '' LIMIT 1",
        (MOST_LOOKED_AT, camera),
    ).fetchone()
    if row is None:
        return None
    told = ("name", "subject", "outcome", "score", "threshold")
    checks = [{key: check.get(key) for key in told} for check in json.loads(row["checks"])]
    return Judged(row["item"], row["outcome"], row["taken_at"], f"{row['picture']}.jpg", checks)
