"""A measured value before its limits, as page and paper show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.journal.tracing import SealCycle
from controller.plan.recipes import SealSettings


@dataclass(frozen=True, slots=True)
class Gauge:
    """A measured range before its limits. :ivar low, high: what was measured; :ivar least, most: what is allowed."""

    name: str
    unit: str
    low: float
    high: float
    target: float
    least: float
    most: float


def gauges(cycle: SealCycle, seal: SealSettings | None, say: Callable[[str], str]) -> Sequence[Gauge]:
    """What a cycle measured before its limits. The set-points are the cycle's own, the tolerances the recipe's."""
    measured, asked = cycle.measured, cycle.set_points
    if seal is None or len(asked) < 3 or "temperature_min_dc" not in measured:
        return ()
    degrees, dwell, force = asked[0] / 10, float(asked[1]), float(asked[2])
    low, high = measured["temperature_min_dc"] / 10, measured["temperature_max_dc"] / 10
    within = seal.temperature_tolerance_c
    return (
        Gauge(say("dossier.temperature"), "°C", low, high, degrees, degrees - within, degrees + within),
        _single(say("dossier.dwell"), "ms", measured["dwell_ms"], dwell, seal.dwell_tolerance_ms),
        _single(say("dossier.force"), "N", measured["force_n"], force, seal.force_tolerance_n),
    )


def _single(name: str, unit: str, found: float, target: float, within: float) -> Gauge:
    return Gauge(name, unit, found, found, target, target - within, target + within)
