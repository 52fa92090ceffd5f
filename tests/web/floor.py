"""A line that says what a test wants: a real channel server with a scripted snapshot, and the page before it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from controller.desk.channel import ChannelRefused, ChannelServer
from controller.desk.registers import registers_of
from controller.flow.motions import motions_of
from controller.plan.config import LineConfig, load_config
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
from controller.web.app import make_plant
from controller.web.people.hashing import Cost
from controller.web.serve import address, bind_web, web_server
from controller.web.share import Share
from devices.plc.contract import ALL_SAFE, Block, DeviceKind, Result, ResultCode, StatusImage

TOKEN = "t" * 43
QUICK = Cost(n=2, r=1, p=1)
"""Secrets that hash at once."""
EXAMPLE = Path(__file__).parents[2] / "controller" / "line.example.toml"


@cache
def example() -> LineConfig:
    """The commented example."""
    return load_config(EXAMPLE)


def config_in(folder: Path) -> LineConfig:
    """The example line with its store and socket in `folder`, its page on any free port."""
    config = example()
    places = {"journal": folder / "line.db", "evidence": folder / "evidence", "people": folder / "people.db"}
    places["signing_key"] = folder / "line.key"
    store = config.store.model_copy(update=places)
    channel = config.channel.model_copy(update={"socket": folder / "line.sock", "token_file": folder / "token"})
    web = config.web.model_copy(update={"port": 0})
    return config.model_copy(update={"store": store, "channel": channel, "web": web})


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


def put_picture(folder: Path, words: str) -> str:
    """Put a JPEG into the evidence folder and return its digest."""
    image = np.full((480, 720, 3), 190, np.uint8)
    cv2.rectangle(image, (90, 120), (630, 290), (150, 70, 20), -1)
    cv2.putText(image, words, (120, 235), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (255, 255, 255), 7)
    cv2.rectangle(image, (480, 130), (620, 280), (0, 0, 220), 6)
    data = cv2.imencode(".jpg", image)[1].tobytes()
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{digest}.jpg").write_bytes(data)
    return digest


def _device(view: DeviceView, config: LineConfig) -> dict[str, Any]:
    online = view.state == "online"
    return {
        "name": view.name, "type": view.type, "link": config.devices[view.name].link, "state": view.state,
        "health": "good" if online else "failure", "last_error": "" if online else "no reply within 5 s",
        "last_exchange_s": 0.1 if online else 75.0, "exchanges": 81234, "timeouts": 0 if online else 3,
        "bad_replies": 0, "reconnects": 1, "zones": ["verify"],
    }  # fmt: skip


ANSWERS = ("answer_item", "answer_carrier", "answer_bag", "send_event_again")


class FakeLine:
    """Answers on the channel as the line would; notes each call."""

    def __init__(self, config: LineConfig) -> None:
        self.config = config
        self.shown = running(config)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        told = ("shelve_alarm", "unshelve_alarm", "answer_suspect", "spoil_part")
        names = (*told, "command", "import_orders", "import_mail_numbers", "rework", "acknowledge_alarm", *ANSWERS)
        self.notes: list[dict[str, Any]] = []
        handlers = {name: self._note(name) for name in names} | {"snapshot": self._tell}
        handlers["note"] = self._take_notes
        handlers |= {"devices": self._tell_devices, "registers": self._tell_registers, "look_through": self._look}
        handlers |= {"manual": self._tell_manual, "turn_mode": self._turn, "move_by_hand": self._move}
        self.blocked: dict[str, list[dict[str, str]]] = {}
        self.moved: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.server = ChannelServer(config.channel.socket, TOKEN, handlers, lambda: self.shown)

    async def _tell(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.shown.model_dump(mode="json")

    async def _take_notes(self, arguments: dict[str, Any]) -> dict[str, Any]:
        known = {note["number"] for note in self.notes}
        self.notes += [note for note in arguments["notes"] if note["number"] not in known]
        return {}

    async def _tell_devices(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"devices": [_device(each, self.config) for each in self.shown.devices]}

    async def _tell_registers(self, arguments: dict[str, Any]) -> dict[str, Any]:
        block = Block(carrier=7, result=Result(3, 41, 43, ResultCode.OK, {"temperature_min_dc": 1388, "dwell_ms": 800}))
        rows = registers_of(StatusImage(11, 2, 123456, ALL_SAFE, 0, (block,)), DeviceKind.SEALER)
        return {"device": arguments["device"], "registers": [asdict(row) for row in rows]}

    async def _tell_manual(self, arguments: dict[str, Any]) -> dict[str, Any]:
        manual = self.shown.mode == "Manual"
        not_manual = (
            [] if manual else [{"code": "not_manual", "en": "the line is not in Manual", "zh": "产线不在手动模式"}]
        )
        motions = [
            {"name": each.name, "kind": each.kind.value, "zone": each.zone, "target": each.target,
             "device": each.device, "carrier": 7 if each.zone == "label" else 0,
             "blocked": [*not_manual, *self.blocked.get(each.name, ())]}
            for each in motions_of(self.config)
        ]  # fmt: skip
        by = "li" if manual else ""
        about = {"mode": self.shown.mode, "by": by, "since": self.shown.at if manual else "", "running": ""}
        return {**about, "motions": motions, "results": list(reversed(self.moved))}

    async def _turn(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(("turn_mode", arguments))
        mode = arguments["mode"].title()
        self.shown = self.shown.model_copy(
            update={"mode": mode, "state": "Stopped", "commands": ("stop", "hold", "abort")}
        )
        return {}

    async def _move(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(("move_by_hand", arguments))
        if self.blocked.get(arguments["motion"]):
            raise ChannelRefused("interlocked", "cannot move: guard open", "防护门打开，不能移动")
        self.moved.append(
            {"motion": arguments["motion"], "at": self.shown.at, "by": arguments["by"], "code": "OK", "good": True,
             "en": "done", "zh": "动作完成", "measured": [("dwell", "600", "ms")]}
        )  # fmt: skip
        return self.moved[-1]

    async def _look(self, arguments: dict[str, Any]) -> dict[str, Any]:
        digest = put_picture(self.config.store.evidence, "LIVE")
        jpeg = (self.config.store.evidence / f"{digest}.jpg").read_bytes()
        return {"device": arguments["device"], "jpeg": base64.b64encode(jpeg).decode()}

    def _note(self, name: str) -> Any:
        async def handle(arguments: dict[str, Any]) -> dict[str, Any]:
            self.calls.append((name, arguments))
            if name == "command" and arguments["command"] not in self.shown.commands:
                raise ChannelRefused("illegal_command", "not allowed now", "当前不允许", self.shown.commands)
            if arguments.get("command") == "hold":
                held: dict[str, Any] = {"hold_text": "Held by page", "hold_text_zh": "由页面保持"}
                held |= {"state": "Held", "commands": ("stop", "unhold", "abort")}
                self.shown = self.shown.model_copy(update=held)
            return self.answers.get(name, {"state": self.shown.state})

        return handle


@asynccontextmanager
async def line_up(line: FakeLine) -> AsyncIterator[FakeLine]:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(line.server.serve())
        await line.server.listening.wait()
        try:
            yield line
        finally:
            serving.cancel()


@asynccontextmanager
async def web_up(config: LineConfig, share: Share | None = None) -> AsyncIterator[str]:
    """The page's process, in this loop, whose core time is the tests': it never waits for its share of it."""
    bound = bind_web(config.web)
    server = web_server(make_plant(config, TOKEN, QUICK), share or Share(used=lambda: 0.0))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([bound]))
        try:
            await until(lambda: server.started)
            yield address(bound)
        finally:
            server.should_exit = True


async def until(holds: Callable[[], bool], within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for knows nothing of the test
            await asyncio.sleep(0.01)


def asking(base: str, **options: Any) -> httpx.AsyncClient:
    """An HTTP client. There is no TLS here, and to read the world's certificates takes longer than most tests."""
    return httpx.AsyncClient(base_url=base, timeout=20, verify=False, **options)


def client(base: str, **headers: str) -> httpx.AsyncClient:
    """An API client with the token."""
    return asking(base, headers={"Authorization": f"Bearer {TOKEN}", **headers})
