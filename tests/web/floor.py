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
from controller.snapshot import DeviceView
from controller.web.app import make_plant
from controller.web.people.hashing import Cost
from controller.web.serve import address, bind_web, web_server
from controller.web.share import Share
from devices.plc.contract import ALL_SAFE, Block, DeviceKind, Result, ResultCode, StatusImage
from tests.web.shown import running

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
        "print_trend": BEGUN if view.name in ("printer", "waybill_camera") else None,
    }  # fmt: skip


BEGUN = {"camera": "waybill_camera", "at": "2026-11-28T06:00:00+00:00", "by": "zhao"}
"""Who last let the print trend begin anew."""
ANSWERS = ("answer_item", "answer_carrier", "answer_bag", "send_event_again")


class FakeLine:
    """Answers on the channel as the line would; notes each call."""

    def __init__(self, config: LineConfig) -> None:
        self.config = config
        self.shown = running(config)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        told = ("shelve_alarm", "unshelve_alarm", "answer_suspect", "spoil_part", "begin_print_trend")
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
