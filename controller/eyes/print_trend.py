"""The trend of the waybills' print grade and contrast: a head that wears is seen before its codes fail.

Owns the first and the last grades; each picture's own stands in its evidence row and in the history. What is kept of
evidence is where it begins, so that a head that wears from one start of the line to the next is seen too; but for
what is older than the last change of labels, head or lamp that a person has told.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from controller.alarms import Alarms
from controller.journal import Ledger
from controller.words.alarm_texts import AlarmKind
from vision.verdict import Verdict

SHIFT = 20
"""Values of the first labels, and of the last, whose medians are compared."""
GRADE_CHECK = "print_quality"
CONTRAST_CHECK = "print_contrast"
WORN_BY = {GRADE_CHECK: 0.8, CONTRAST_CHECK: 10.0}
"""Fall of the relative grade, 0..4, or of the symbol contrast in per cent, from which on a head counts as worn.
Contrast falls first: where the camera's focus decides the grade, a head may lose a fifth of its black unseen."""
WELL_AGAIN = 0.75
"""Share of that fall under which it is worn no more: an alarm at its own bound must not flutter."""
_SAID = {GRADE_CHECK: "{:.1f}", CONTRAST_CHECK: "{:.0f} %"}
_BEGUN = "print_trend_begun"
"""Kind of the entry that tells a change; table `line` keeps its number for each camera."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A person's word that labels, head or lamp were changed. :ivar at: ISO 8601, UTC.

    :ivar first_item: at a start of the line labels of this item and of later ones are taken up, no older ones.
    """

    at: str
    by: str
    first_item: int


def record_beginning(ledger: Ledger, camera: str, by: str) -> Beginning:
    """Write down that labels, head or lamp were changed: what the camera has judged so far is compared no more."""
    pictured = ledger.connection.execute("SELECT COALESCE(MAX(item), 0) FROM evidence").fetchone()[0]
    begun = Beginning(ledger.at, by, pictured + 1)
    entry = ledger.enter(_BEGUN, camera=camera, by=by, first_item=begun.first_item)
    ledger.connection.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (f"{_BEGUN}:{camera}", str(entry)))
    return begun


def _last_beginning(connection: sqlite3.Connection, camera: str) -> Beginning | None:
    row = connection.execute(
        "SELECT at, data FROM history WHERE seq = (SELECT CAST(value AS INTEGER) FROM line WHERE key = ?)",
        (f"{_BEGUN}:{camera}",),
    ).fetchone()
    if row is None:
        return None
    told = json.loads(row[1])
    return Beginning(row[0], told["by"], told["first_item"])


class PrintTrend:
    """Prints of one camera after the other; each camera is held against its own first labels that are known.

    :ivar beginnings: of each camera the last change that a person has told, if any.
    """

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self.beginnings: dict[str, Beginning] = {}
        self._first = defaultdict[tuple[str, str], deque[float]](lambda: deque(maxlen=SHIFT))
        self._last = defaultdict[tuple[str, str], deque[float]](lambda: deque(maxlen=SHIFT))

    def begin(self, connection: sqlite3.Connection, cameras: Iterable[str]) -> None:
        """Take up what is kept of each camera's labels, from the oldest good ones to the last."""
        since = "SELECT checks FROM evidence WHERE item >= ? AND camera = ? AND outcome = 'accept' ORDER BY"
        for camera in cameras:
            begun = _last_beginning(connection, camera)
            if begun is not None:
                self.beginnings[camera] = begun
            labels = (begun.first_item if begun is not None else 0, camera, SHIFT)
            oldest = connection.execute(f"{since} item, evidence LIMIT ?", labels).fetchall()
            newest = connection.execute(f"{since} item DESC, evidence DESC LIMIT ?", labels).fetchall()
            for (checks,) in oldest:
                self._take(self._first, camera, json.loads(checks))
            for (checks,) in reversed(newest):
                self._take(self._last, camera, json.loads(checks))

    def begin_anew(self, camera: str, begun: Beginning) -> None:
        """Forget the camera's first labels; the next ones are, and until they are known no head counts as worn.

        :param begun: as `record_beginning` has written it down.
        """
        self.beginnings[camera] = begun
        for name in WORN_BY:
            self._first.pop((camera, name), None)  # while they are gathered the last ones are replaced, too
        self._alarms.clear(AlarmKind.PRINT_HEAD_WORN, camera)

    def _take(self, known: dict[tuple[str, str], deque[float]], camera: str, checks: list[dict[str, Any]]) -> None:
        for check in checks:
            if check["name"] in WORN_BY and check["score"] is not None:
                known[camera, check["name"]].append(check["score"])

    def note(self, camera: str, verdict: Verdict) -> None:
        """Take the print of a judged label, when it was graded, and raise or clear the alarm."""
        values = {check.name: check.score for check in verdict.checks if check.name in WORN_BY}
        falls = {name: self._fall(camera, name, value) for name, value in values.items() if value is not None}
        shares = {name: (began - now) / WORN_BY[name] for name, (began, now) in falls.items()}
        if worn := next((name for name, share in shares.items() if share >= 1), None):
            first, last = (_SAID[worn].format(value) for value in falls[worn])
            self._alarms.raise_alarm(AlarmKind.PRINT_HEAD_WORN, camera, first=first, last=last)
        elif shares and max(shares.values()) < WELL_AGAIN:
            self._alarms.clear(AlarmKind.PRINT_HEAD_WORN, camera)

    def _fall(self, camera: str, name: str, value: float) -> tuple[float, float]:
        """From what to what a value has fallen; while its first labels are still gathered, not at all."""
        first, last = self._first[camera, name], self._last[camera, name]
        last.append(value)
        if len(first) < SHIFT:
            first.append(value)
            return value, value
        return median(first), median(last)


def measured_print(verdict: Verdict) -> dict[str, Any]:
    """The relative print grade, 0..4, and the symbol contrast in per cent that a verdict found; of no print nothing."""
    names = {GRADE_CHECK: "print_grade", CONTRAST_CHECK: "print_contrast"}
    found = {names[check.name]: check.score for check in verdict.checks if check.name in names}
    return {name: round(score, 2) for name, score in found.items() if score is not None}
