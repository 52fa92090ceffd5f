"""What a jaw's probe and force cell would have written during a cycle, as the curve that its PLC keeps.

During the dwell the temperatures are the readings that the result's extremes are made of. Owns no chance: a cycle
that is the same has the same curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from devices.plc.curve import CURVE_SAMPLES, Curve

JAW_S = 0.15
"""The jaw's way down, and its way up."""
SAMPLE_S = 0.02
"""Between two readings of the jaw's temperature during the dwell."""
_RISE_S = 0.03
"""Time constant of the force once the jaw touches, and of its fall when it opens."""
_COOLING_S = 2.5
"""Time constant of the jaw's face under the cooling air; its heated body behind it keeps its heat."""
_AIR_DC = 350


@dataclass(slots=True)
class JawRecord:
    """What one cycle has measured so far.

    :ivar before_dc: the jaw before it touches; :ivar readings_dc: one each `SAMPLE_S` of the dwell.
    :ivar opened: whether it went up by itself at the end.
    """

    carrier: int
    before_dc: int = 0
    readings_dc: list[int] = field(default_factory=list)
    dwell_ms: int = 0
    cooling_ms: int = 0
    force_n: int = 0
    opened: bool = False

    def curve(self) -> Curve:
        """The cycle in at most `CURVE_SAMPLES` samples at one step; none of a jaw that never touched."""
        if not self.readings_dc:
            return Curve()
        way_ms = round(JAW_S * 1000)
        whole_ms = way_ms + self.dwell_ms + self.cooling_ms + (way_ms if self.opened else 0)
        step_ms = max(1, math.ceil(whole_ms / (CURVE_SAMPLES - 1)))
        moments = [each - way_ms for each in range(0, whole_ms + 1, step_ms)]
        temperature, force = [self._temperature_dc(each) for each in moments], [self._force_n(each) for each in moments]
        return Curve(step_ms=step_ms, temperature_dc=tuple(temperature), force_n=tuple(force))

    def _temperature_dc(self, at_ms: float) -> int:
        """:param at_ms: since the jaw touched."""
        if at_ms < 0:
            return self.before_dc
        if at_ms <= self.dwell_ms:
            return _nearest(self.readings_dc, at_ms / (SAMPLE_S * 1000))
        cooled_s = (min(at_ms, self.dwell_ms + self.cooling_ms) - self.dwell_ms) / 1000
        last = self.readings_dc[-1]
        return round(_AIR_DC + (last - _AIR_DC) * math.exp(-cooled_s / _COOLING_S))

    def _force_n(self, at_ms: float) -> int:
        if at_ms < 0:
            return 0
        opened_ms = at_ms - self.dwell_ms - self.cooling_ms
        if opened_ms > 0:
            return round(self.force_n * math.exp(-opened_ms / 1000 / _RISE_S))
        return round(self.force_n * (1 - math.exp(-at_ms / 1000 / _RISE_S)))


def _nearest(readings: Sequence[int], place: float) -> int:
    return readings[min(round(place), len(readings) - 1)]
