"""A whole floor journals each cycle's curve once, compactly; a sealer that keeps none costs an item nothing."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from typing import Any

import pytest

from devices.plc.curve import Curve
from simulators.virtual import campaign
from simulators.virtual.cut import WHOLE
from simulators.virtual.floor import Depth, VirtualFloor

MOST_BYTES = 200


class HalfWithout(VirtualFloor):
    """A floor whose second sealer keeps no curve."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.plant.plcs["sealer_2"].keeps_curve = False


def sealed_entries(journal: sqlite3.Connection) -> list[tuple[float, str]]:
    return [(0.0, data) for (data,) in journal.execute("SELECT data FROM history WHERE kind = 'sealed'")]


@pytest.mark.parametrize("depth", Depth)
def test_a_curve_is_kept_where_there_is_one_and_missing_with_its_reason_where_not(
    depth: Depth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "VirtualFloor", HalfWithout)
    monkeypatch.setattr(campaign, "line_did", sealed_entries)
    run = campaign.simulate(5, 6, "none", depth=depth, cut=WHOLE)
    assert not run.findings
    sealed = [json.loads(data) for _, data in run.did]
    assert len(sealed) == 6
    for facts in sealed:
        if facts["zone"] == "seal_2":
            assert not facts["curve"]
            assert "illegal" in facts["no_curve"] or "not in the contract" in facts["no_curve"]
            continue
        curve, measured = Curve.unpack(b64decode(facts["curve"])), facts["measured"]
        assert max(curve.force_n) == measured["force_n"]
        assert measured["temperature_min_dc"] <= max(curve.temperature_dc) <= measured["temperature_max_dc"]
        assert len(json.dumps({"curve": facts["curve"]})) < MOST_BYTES
        assert "no_curve" not in facts
    assert {facts["zone"] for facts in sealed} == {"seal_1", "seal_2"}
