"""What a scripted line shows: in full swing, and in every trouble at once."""

from __future__ import annotations

from typing import Any

from controller.plan.config import LineConfig
from controller.snapshot import (
    AlarmView,
    CheckView,
    Counters,
    DeviceView,
    EscapeView,
    Latency,
    RejectView,
    Snapshot,
    StationView,
    SuspectView,
)


def station(config: LineConfig, zone: str, **now: Any) -> StationView:
    found = next(each for each in config.stations if each.zone == zone)
    told = {"cycle_s": 6.2} | now
    return StationView(zone=zone, kind=found.kind, title=found.title, title_zh=found.title_zh, **told)


def devices(config: LineConfig, **states: str) -> tuple[DeviceView, ...]:
    return tuple(
        DeviceView(name=name, type=device.type, state=states.get(name, "online"), detail="")
        for name, device in config.devices.items()
    )


def running(config: LineConfig, **changes: Any) -> Snapshot:
    """A line in full swing."""
    stations = (
        station(config, "load", carrier=12, activity="waiting_for_order", activity_s=2),
        station(
            config, "infeed", carrier=11, item=47, acceptance="GZ2611300047", product="small_car_plates",
            activity="waiting_for_parts", activity_s=4,
        ),
        station(
            config, "collate", carrier=10, item=46, acceptance="GZ2611300046", product="ebike_plate",
            activity="scanning", activity_s=1,
        ),
        station(
            config, "verify", carrier=9, item=45, acceptance="GZ2611300045", product="nev_plates",
            activity="judging", activity_s=0.4,
        ),
        station(
            config, "label", carrier=8, item=44, acceptance="GZ2611300044", product="licences",
            activity="waiting_for_sealer", activity_s=7,
        ),
        station(
            config, "seal_1", carrier=7, item=43, acceptance="GZ2611300043", product="motorcycle_plate",
            activity="sealing", activity_s=1,
        ),
        station(
            config, "seal_2", carrier=6, item=42, acceptance="GZ2611300042", product="small_car_plates",
            activity="waiting_for_zone", activity_s=3,
        ),
        station(
            config, "inspect", carrier=5, item=41, acceptance="GZ2611300041", product="licences",
            activity="weighing", activity_s=0.7,
        ),
        station(config, "divert"),
    )  # fmt: skip
    told = Snapshot(
        line=config.line.id,
        name=config.line.name,
        at="2026-11-30T06:05:09.120+00:00",
        epoch=3,
        mode="Production",
        state="Execute",
        escape=EscapeView(
            one_in=5962,
            text="mis-insert escapes below 1 in 5,962 at 95 % confidence",
            text_zh="错装漏检低于 1/5,962（95% 置信度）",
            items=10_000,
            caught=10,
            challenges=50,
            kits={"wrong_plate": (30, 0), "missing_part": (20, 0)},
            campaign_items=1_000_000,
        ),
        commands=("stop", "hold", "suspend", "abort", "complete"),
        stations=stations,
        devices=devices(config),
        counters=Counters(
            orders=40, waiting=8, under_way=7, packed=1234, rejected=7, reworked=2, per_hour=412, in_rework=2,
            due_today=5, late=0,
            rejected_by_reason={"wrong_part": 2, "seal_out_of_limits": 1}, mail_numbers_free=880,
            mail_numbers_voided=3, events_published=30, events_acknowledged=28, events_pending=2,
        ),
        dispatch_online=True,
        decision_latency=Latency(count=400, p50_ms=1.2, p99_ms=4.5, p99_9_ms=9.0),
    )  # fmt: skip
    return told.model_copy(update=changes)


FAULT = {"suspect": "station_fault", "suspect_text": "station failed", "suspect_text_zh": "工位故障"}


def in_trouble(config: LineConfig, pictures: tuple[str, ...]) -> Snapshot:
    """Held by a fault, an alarm of each priority, suspects, rejects with pictures, devices and dispatch away."""
    text = (
        "sealer_1 failed: jaw temperature 96.0 °C, set 140 ± 12. "
        "Look at the station, mend it, then press Unhold; its item goes to rework."
    )
    text_zh = (
        "sealer_1 故障：钳口温度 96.0 °C，设定 140 ± 12。检查该工位，排除后按“恢复”；该工位上的封装件将被剔除返工。"
    )
    base = running(config)
    stations = tuple(
        each.model_copy(update={**FAULT, "activity_s": 75}) if each.zone == "seal_1" else each for each in base.stations
    )
    alarm = AlarmView(
        alarm=17, kind="station_fault", source="sealer_1", priority=1, text=text, text_zh=text_zh,
        raised_at="2026-11-30T06:04:51+00:00",
    )  # fmt: skip
    alarms = (
        alarm,
        alarm.model_copy(
            update={
                "alarm": 16, "kind": "device_offline", "source": "scale", "acknowledged": True,
                "text": "scale does not answer: no reply within 5 s. Check power and cable.",
                "text_zh": "scale 通讯中断：5 秒内无应答。检查电源与网线。",
            }
        ),
        alarm.model_copy(
            update={
                "alarm": 15, "kind": "dispatch_away", "source": "", "priority": 2,
                "text": "Dispatch does not answer, 112 events wait. Nothing is lost; check network and dispatch.",
                "text_zh": "发运系统没有应答，112 个事件等待确认。生产可继续，事件不会丢失；请检查网络与发运系统。",
            }
        ),
        alarm.model_copy(
            update={
                "alarm": 12, "kind": "pool_low", "source": "", "priority": 3,
                "shelved_until": "2026-11-30T08:00:00+00:00", "shelved_by": "li", "shelved_why": "come at noon",
                "text": "Only 19 mail numbers are left. Import mail numbers.",
                "text_zh": "邮件号只剩 19 个。请导入邮件号。",
            }
        ),
    )  # fmt: skip
    return base.model_copy(
        update={
            "state": "Held",
            "commands": ("stop", "unhold", "abort"),
            "hold_reason": "station_fault",
            "hold_text": text,
            "hold_text_zh": text_zh,
            "stations": stations,
            "suspects": suspects(),
            "devices": devices(config, scale="offline", printer="connecting"),
            "alarms": alarms,
            "rejects": rejects(pictures),
            "dispatch_online": False,
            "counters": base.counters.model_copy(update={"events_pending": 112, "events_parked": 1}),
        }
    )


def suspects() -> tuple[SuspectView, ...]:
    """One at the jaw, led by the held line; nobody has answered for it."""
    return (
        SuspectView(
            item=43, acceptance="GZ2611300043", product="motorcycle_plate", carrier=7, zone="seal_1", stage="sealing",
            why="station_fault", why_text="station failed", why_text_zh="工位故障", led=True,
        ),
    )  # fmt: skip


def rejects(pictures: tuple[str, ...]) -> tuple[RejectView, ...]:
    first = RejectView(
        item=39, acceptance="GZ2611300039", attempt=1, product="small_car_plates", reason="plate_mismatch",
        text="Expected 粤B***45, found 粤B***46", text_zh="应为 粤B***45，实为 粤B***46",
        ended_at="2026-11-30T06:03:20+00:00", pictures=pictures,
        checks=tuple(
            CheckView(
                name="plate_characters", subject="rear", expected="******5", found="******6", score=-4.2, threshold=2.0,
                picture=picture,
            )
            for picture in pictures[:1]
        ),
    )  # fmt: skip
    return (
        first,
        first.model_copy(
            update={
                "item": 33, "acceptance": "GZ2611300033", "product": "licences", "reason": "missing_part",
                "text": "Vehicle licence 42*********27 did not come", "text_zh": "缺少行驶证 42*********27",
                "pictures": pictures[:1],
            }
        ),
        first.model_copy(
            update={
                "item": 28, "acceptance": "GZ2611300028", "attempt": 2, "reason": "seal_out_of_limits", "pictures": (),
                "text": "Jaw 96.0 °C, allowed 128.0 to 152.0", "text_zh": "钳口 96.0 °C，允许 128.0–152.0",
            }
        ),
        first.model_copy(
            update={
                "item": 21, "acceptance": "GZ2611300021", "reason": "waybill_not_applied", "pictures": ("0" * 64,),
                "text": "No waybill found where 98****31 must be", "text_zh": "应贴面单 98****31 处未见面单",
            }
        ),
    )  # fmt: skip
