"""What pages are told of carriers that nobody leads any more: where they stand, and that they are not empty."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.clock import SystemClock
from controller.desk.glance import look_at
from controller.line import Line
from controller.plan.config import load_config
from controller.plan.places import ZONES
from controller.snapshot import AlarmView, Counters, DeviceView, EscapeView, Latency, Snapshot, SuspectView
from controller.unit.packml import Mode, State
from controller.words.text import Text

CONFIG = load_config(Path(__file__).parents[2] / "controller" / "line.example.toml")
LEFT = SuspectView(item=52, acceptance="GZ2611300050", product="motorcycle_plate", carrier=5, zone="collate")


def glance(*, seen: dict[str, int], left: tuple[SuspectView, ...] = (LEFT,), **more: Any) -> Snapshot:
    """A stopped line. :param seen: carriers by zone, as the conveyor reports them."""
    latency = SimpleNamespace(summary=lambda: Latency())
    told = {"devices": (), "alarms": (), "holding": None} | more
    line = SimpleNamespace(
        config=CONFIG,
        names=CONFIG.names(),
        clock=SystemClock(),
        epoch=1,
        unit=SimpleNamespace(state=State.STOPPED, mode=Mode.PRODUCTION),
        holding=SimpleNamespace(reason="x" if told["holding"] else "", text=told["holding"]),
        tracking=SimpleNamespace(
            items={},
            cycle_s={},
            carrier_at=lambda zone: seen.get(zone, 0),
            zone_of=lambda carrier: next((zone for zone in ZONES if seen.get(zone) == carrier), None),
        ),
        tally=SimpleNamespace(open_items=left, counters=Counters(), rejects=(), matters=(), escape=EscapeView()),
        equipment=SimpleNamespace(views=lambda: told["devices"]),
        alarms=SimpleNamespace(views=lambda: told["alarms"]),
        dispatch=SimpleNamespace(online=True, dispatch_seen=True),
        permits=SimpleNamespace(decision=latency, echo=latency),
    )
    return look_at(cast(Line, line))


@pytest.mark.parametrize(("seen", "zone"), [({"verify": 5}, "verify"), ({"collate": 5}, "collate"), ({}, "collate")])
def test_a_person_is_sent_to_where_the_conveyor_sees_the_carrier(seen: dict[str, int], zone: str) -> None:
    """A move that a guard cut off may have ended in the next zone."""
    (suspect,) = glance(seen=seen).suspects
    assert suspect.zone == zone


def test_a_carrier_that_was_left_with_an_item_is_no_empty_one() -> None:
    stations = {each.zone: each for each in glance(seen={"verify": 5, "load": 7}).stations}
    assert (stations["verify"].item, stations["verify"].acceptance) == (52, "GZ2611300050")
    assert stations["verify"].suspect_text_zh == "产线停止"
    assert (stations["load"].carrier, stations["load"].item) == (7, None)
    assert stations["collate"].item is None


def test_a_cause_is_told_with_its_device_to_who_walks_and_without_at_the_station() -> None:
    doubted = LEFT.model_copy(update={"why": "applicator: guard or emergency stop"})
    snapshot = glance(seen={"verify": 5}, left=(doubted,))
    assert snapshot.suspects[0].why_text_zh == "贴标机: 防护门或急停"
    (station,) = (each for each in snapshot.stations if each.item)
    assert (station.suspect_text, station.suspect_text_zh) == ("guard or emergency stop", "防护门或急停")


def test_alarms_causes_and_devices_go_by_their_names() -> None:
    alarm = AlarmView(
        alarm=1, kind="station_fault", source="sealer_1", priority=1, text="sealer_1 failed", text_zh="sealer_1 故障",
        raised_at="2026-11-30T06:03:20+00:00",
    )  # fmt: skip
    device = DeviceView(name="printer", type="printer", state="offline", detail="printer: paper out")
    told = Text("sealer_2 通讯中断", "sealer_2 does not answer")
    snapshot = glance(seen={}, alarms=(alarm,), devices=(device,), holding=told)
    assert (snapshot.alarms[0].text, snapshot.alarms[0].text_zh) == ("Sealer 1 failed", "封口机 1 故障")
    assert (snapshot.devices[0].detail, snapshot.devices[0].detail_zh) == ("paper out", "缺纸")
    assert (snapshot.hold_text, snapshot.hold_text_zh) == ("Sealer 2 does not answer", "封口机 2 通讯中断")
