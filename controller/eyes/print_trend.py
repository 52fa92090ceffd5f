"""The trend of the waybills' print grade: a head that wears is seen before its codes fail.

Owns the grades since the line process began; each picture's own grade stands in its evidence row and in the history.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from controller.alarms import Alarms
from controller.words.alarm_texts import AlarmKind
from vision.verdict import Verdict

SHIFT = 20
"""Grades of the first labels, and of the last, whose medians are compared."""
WORN_BY = 0.8
"""Fall of the relative grade, 0..4, from which on a head counts as worn."""
GRADE_CHECK = "print_quality"


class PrintTrend:
    """Grades of one camera after the other; each camera is held against its own first labels."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._first: dict[str, list[float]] = {}
        self._last: dict[str, deque[float]] = {}

    def note(self, camera: str, verdict: Verdict) -> None:
        """Take the grade of a judged label, when it has one, and raise or clear the alarm."""
        grade = grade_of(verdict)
        if grade is None:
            return
        first, last = self._first.setdefault(camera, []), self._last.setdefault(camera, deque(maxlen=SHIFT))
        last.append(grade)
        if len(first) < SHIFT:
            first.append(grade)
            return
        began, now = median(first), median(last)
        if began - now >= WORN_BY:
            self._alarms.raise_alarm(AlarmKind.PRINT_HEAD_WORN, camera, first=f"{began:.1f}", last=f"{now:.1f}")
        else:
            self._alarms.clear(AlarmKind.PRINT_HEAD_WORN, camera)


def grade_of(verdict: Verdict) -> float | None:
    """The relative print grade, 0..4, that a verdict found; None when it graded nothing."""
    return next((check.score for check in verdict.checks if check.name == GRADE_CHECK), None)
