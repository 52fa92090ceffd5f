"""Small pure parts of the flow: the way from zone to zone, seal limits, percentiles, alarms, where a divert ended."""

from __future__ import annotations

import pytest
from order_bench import SteppingClock, example_config

from controller.alarms import Alarms
from controller.exits import Nonconformance, Reason
from controller.flow.items import Item
from controller.flow.latency import LatencyRecord
from controller.flow.tracking import next_zones
from controller.orders.order_form import WorkOrder
from controller.plan.places import ZONES
from controller.stations.divert import confirmed_chute
from controller.stations.seal import demand_cycle, set_points
from controller.words.alarm_texts import ALARMS, AlarmKind
from devices.plc.contract import Chute, Result, ResultCode

GOOD = {"temperature_min_dc": 1390, "temperature_max_dc": 1410, "dwell_ms": 500, "force_n": 300, "carrier": 5}


def _item() -> Item:
    order = WorkOrder.model_construct(acceptance="GA000001", product="motorcycle_plate")
    return Item(1, order, 1, example_config().recipes["motorcycle_plate"], 5, "seal_1")


def _cycle(code: ResultCode = ResultCode.OK, **changed: int) -> Result:
    return Result(1, 1, 1, code, GOOD | changed)


def test_every_zone_leads_to_the_next_and_label_to_either_jaw() -> None:
    ways = {zone: next_zones(zone) for zone in ZONES[:-1]}
    assert ways == {
        "load": ("infeed",),
        "infeed": ("collate",),
        "collate": ("verify",),
        "verify": ("label",),
        "label": ("seal_1", "seal_2"),
        "seal_1": ("inspect",),
        "seal_2": ("inspect",),
        "inspect": ("divert",),
    }


def test_set_points_are_the_recipe_in_the_contracts_units() -> None:
    assert set_points(_item().recipe.seal) == (1400, 500, 300, 300)


@pytest.mark.parametrize(
    "measured",
    [
        {},
        {"temperature_min_dc": 1280, "temperature_max_dc": 1520},
        {"dwell_ms": 440},
        {"dwell_ms": 560},
        {"force_n": 260},
        {"force_n": 340},
    ],
)
def test_a_cycle_at_its_limits_is_good(measured: dict[str, int]) -> None:
    demand_cycle(_item(), _cycle(**measured))


@pytest.mark.parametrize(
    ("measured", "named"),
    [
        ({"temperature_min_dc": 1279}, "temperature_min_dc"),
        ({"temperature_max_dc": 1521}, "temperature_max_dc"),
        ({"temperature_min_dc": 0, "temperature_max_dc": 0}, "temperature_min_dc"),
        ({"dwell_ms": 439}, "dwell_ms"),
        ({"dwell_ms": 561}, "dwell_ms"),
        ({"force_n": 259}, "force_n"),
        ({"force_n": 341}, "force_n"),
    ],
)
def test_a_cycle_outside_them_is_rejected_and_the_value_named(measured: dict[str, int], named: str) -> None:
    with pytest.raises(Nonconformance) as rejected:
        demand_cycle(_item(), _cycle(**measured))
    assert rejected.value.reason is Reason.SEAL_OUT_OF_LIMITS
    assert named in str(rejected.value.facts)
    assert str(measured[named]) in str(rejected.value.facts)


def test_a_cycle_that_was_cut_off_or_closed_on_another_carrier_is_rejected() -> None:
    with pytest.raises(Nonconformance, match="seal_interrupted"):
        demand_cycle(_item(), _cycle(ResultCode.INTERRUPTED))
    with pytest.raises(Nonconformance, match="sealed carrier 6, proven is 5"):
        demand_cycle(_item(), _cycle(carrier=6))


@pytest.mark.parametrize(
    ("result", "chute"),
    [
        (None, Chute.NONE),
        (Result(1, 1, 1, ResultCode.OK, {"chute": 2}), Chute.DISPATCH),
        (Result(1, 1, 1, ResultCode.WRONG_CHUTE, {"chute": 1}), Chute.REJECT),
        (Result(1, 1, 1, ResultCode.INTERRUPTED, {"chute": 2}), Chute.DISPATCH),
        (Result(1, 1, 1, ResultCode.INTERRUPTED, {"chute": 0}), Chute.NONE),
        (Result(1, 1, 1, ResultCode.NOT_CONFIRMED, {"chute": 0}), Chute.NONE),
        (Result(1, 1, 1, ResultCode.OK, {"chute": 7}), Chute.NONE),
        (Result(1, 1, 1, ResultCode.OK, {}), Chute.NONE),
    ],
)
def test_only_a_confirming_sensor_says_where_a_parcel_fell(result: Result | None, chute: Chute) -> None:
    assert confirmed_chute(result) is chute


def test_percentiles_are_by_nearest_rank_in_ms() -> None:
    record = LatencyRecord()
    assert record.summary().p99_9_ms == 0
    for ms in range(1000, 0, -1):
        record.add(ms / 1000)
    summary = record.summary()
    assert summary.count == 1000
    assert summary.p50_ms in (500, 501)
    assert summary.p99_ms == 990
    assert summary.p99_9_ms == 999
    record.clear()
    assert record.summary().count == 0
    with pytest.raises(ValueError, match="negative"):
        record.add(-0.001)


def test_an_alarm_is_raised_once_cleared_by_its_cause_and_acknowledged_by_a_person() -> None:
    alarms = Alarms(SteppingClock())
    alarms.begin_after(41)
    alarms.raise_alarm(AlarmKind.POOL_LOW, free=3)
    alarms.raise_alarm(AlarmKind.PRINTER, "printer", cause="paper out")
    alarms.raise_alarm(AlarmKind.PRINTER, "printer", cause="head open")
    printer, low = alarms.views()
    assert (printer.alarm, printer.priority, low.alarm, low.priority) == (43, 1, 42, 2)
    assert printer.text == "printer: paper out. Mend it, then press Unhold."
    assert alarms.acknowledge(43, "anna")
    assert [view.cleared for view in alarms.views()] == [False, False], "an acknowledgement never clears"
    alarms.clear(AlarmKind.PRINTER, "printer")
    alarms.clear(AlarmKind.POOL_LOW)
    assert [(view.kind, view.cleared) for view in alarms.views()] == [("pool_low", True)]
    assert alarms.acknowledge(42, "anna")
    assert not alarms.views()
    assert not alarms.acknowledge(42, "anna")


def test_every_alarm_says_in_both_languages_what_to_do() -> None:
    for kind in AlarmKind:
        text = ALARMS[kind].text("scale", {})
        assert "{" not in text.en + text.zh
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), kind
