"""Latencies: percentiles by nearest rank, of the last 20,000 only."""

from __future__ import annotations

from random import Random

import pytest

from controller.flow.latency import LatencyRecord
from controller.snapshot import Latency

KEPT = 20_000


def test_percentiles_are_those_of_the_latest() -> None:
    chance = Random(1)
    seconds = [chance.choice((0.001, 0.002, chance.random())) for _ in range(KEPT + 3_000)]
    record = LatencyRecord()
    for each in seconds:
        record.add(each)
    ordered = sorted(seconds[-KEPT:])
    summary = record.summary()
    assert summary.count == KEPT + 3_000
    for found, share in ((summary.p50_ms, 0.5), (summary.p99_ms, 0.99), (summary.p99_9_ms, 0.999)):
        assert found == round(ordered[round(share * (KEPT - 1))] * 1000, 3)


def test_cleared_it_knows_nothing() -> None:
    record = LatencyRecord()
    record.add(0.5)
    record.clear()
    assert record.summary() == Latency()


def test_a_negative_latency_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        LatencyRecord().add(-0.001)
