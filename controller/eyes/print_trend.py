"""The trend of the waybills' print grade and contrast: a head that wears is seen before its codes fail.

Owns the grades since the line process began; each picture's own grade stands in its evidence row and in the history.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from controller.alarms import Alarms
from controller.words.alarm_texts import AlarmKind
from vision.verdict import Verdict

SHIFT = 20
"""Values of the first labels, and of the last, whose medians are compared."""
GRADE_CHECK = "print_quality"
CONTRAST_CHECK = "print_contrast"
WORN_BY = {GRADE_CHECK: 0.8, CONTRAST_CHECK: 10.0}
"""Fall of the relative grade, 0..4, or of the symbol contrast in per cent, from which on a head counts as worn.
Contrast falls first: where the camera's focus decides the grade, a head may lose a fifth of its black unseen."""
_SAID = {GRADE_CHECK: "{:.1f}", CONTRAST_CHECK: "{:.0f} %"}


class PrintTrend:
    """Prints of one camera after the other; each camera is held against its own first labels."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._first: dict[tuple[str, str], list[float]] = {}
        self._last: dict[tuple[str, str], deque[float]] = {}

    def note(self, camera: str, verdict: Verdict) -> None:
        """Take the print of a judged label, when it was graded, and raise or clear the alarm."""
        values = {check.name: check.score for check in verdict.checks if check.name in WORN_BY}
        fallen = [
            fall for name, value in values.items() if value is not None and (fall := self._fall(camera, name, value))
        ]
        if fallen:
            first, last = fallen[0]
            self._alarms.raise_alarm(AlarmKind.PRINT_HEAD_WORN, camera, first=first, last=last)
        elif values:
            self._alarms.clear(AlarmKind.PRINT_HEAD_WORN, camera)

    def _fall(self, camera: str, name: str, value: float) -> tuple[str, str] | None:
        """From what to what a value has fallen; None: not by so much."""
        first = self._first.setdefault((camera, name), [])
        last = self._last.setdefault((camera, name), deque(maxlen=SHIFT))
        last.append(value)
        if len(first) < SHIFT:
            first.append(value)
            return None
        began, now = median(first), median(last)
        said = _SAID[name]
        return (said.format(began), said.format(now)) if began - now >= WORN_BY[name] else None


def grade_of(verdict: Verdict) -> float | None:
    """The relative print grade, 0..4, that a verdict found; None when it graded nothing."""
    return next((check.score for check in verdict.checks if check.name == GRADE_CHECK), None)
