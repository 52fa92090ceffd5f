"""What the inspector of permits finds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from devices.plc.contract import PERMIT_LIFE_MS, Command, Permit
from simulators.faults import Faults
from simulators.virtual.inspector import Inspector
from simulators.world import World

WRAP = 1 << 32


@pytest.mark.parametrize(
    ("image_ms", "clock_ms", "old"),
    [(1000, 1600, False), (1000, 1900, True), (WRAP - 100, 200, False), (WRAP - 100, 800, True), (9000, 20, False)],
)
def test_a_permit_is_given_on_no_old_image(image_ms: int, clock_ms: int, old: bool) -> None:
    inspector = Inspector(World(carriers=1), Faults([]), lambda: 1000.0)
    inspector.turned("EXECUTE", "PRODUCTION")
    plc: Any = SimpleNamespace(name="conveyor", clock_ms_at=lambda _: clock_ms)
    expires_ms = (image_ms + PERMIT_LIFE_MS) % WRAP
    inspector.written(plc, Permit(1, 1, 1, Command.MOVE, 3, target=2, expires_ms=expires_ms))
    age_ms = (clock_ms - image_ms) % WRAP
    told = [f"1000.000 conveyor was permitted MOVE on an image that was {age_ms} ms old"]
    assert inspector.findings == (told if old else [])
