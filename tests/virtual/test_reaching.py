"""What hands do when matter gives them no room."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from simulators.virtual.reaching import Reaching
from simulators.virtual.troubles import Kind
from simulators.world import World


async def test_hands_leave_a_carrier_where_it_is_when_no_zone_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "is_free", lambda *_: False)
    nobody: Any = SimpleNamespace()
    assert not await Reaching(World(carriers=1), nobody).reach_in(Kind.CARRIER_MOVED, "infeed", Random(1))
