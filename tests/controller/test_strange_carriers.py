"""Carriers that stand where no item of theirs is: all are named at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from controller.recovery import Plan, Recovery
from controller.unit.machine import NotReady


async def test_every_carrier_without_an_item_is_named_at_one_reset() -> None:
    """Seen with the golden samples' carriers at three stations: each Reset named one, so three were needed."""

    async def nothing(_: Any) -> None:
        return None

    standing = {"load": 1, "verify": 2, "label": 3}
    recovery: Any = SimpleNamespace(
        _tracking=SimpleNamespace(carrier_at=lambda zone: standing.get(zone, 0)),
        _memory=SimpleNamespace(remember=nothing),
    )
    with pytest.raises(NotReady) as refused:
        await Recovery._look_for_strangers(recovery, Plan())
    text = refused.value.text
    assert text.en.startswith(
        "carrier 2 stands at verify, carrier 3 stands at label without an item: take out its mailer"
    )
    assert text.zh.startswith("载具 2 在 verify，载具 3 在 label，但没有对应的封装件：")
