"""What a technician may ask about devices: links and counters, a PLC's registers, what a camera sees now.

A look through a camera never delays the line: it is refused while an item stands there or is on its way, and comes at
most every two seconds.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.desk.registers import registers_of
from controller.equipment import Driver
from controller.line import Line
from controller.plan.places import StationKind
from controller.words.cause_texts import in_chinese
from devices.errors import DeviceError
from devices.links.state import LinkCounters, LinkState
from devices.plc.contract import ALL_SAFE, BlockState

LOOK_S = 1.0
"""How long a picture may take: less than a carrier needs to come into the zone."""
PAUSE_S = 2.0
_TROUBLED = 0.01
"""Share of failed exchanges from which a link asks for maintenance."""
_LEAST_EXCHANGES = 100


class DeviceCalls:
    """Answers for the devices of one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._looked_at: dict[str, float] = {}

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Each call by its name."""
        return {"devices": self._devices, "registers": self._registers, "look_through": self._look_through}

    async def _devices(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        drivers = self._line.equipment.drivers
        return {"devices": [self._device(name, driver) for name, driver in drivers.items()]}

    def _device(self, name: str, driver: Driver) -> dict[str, Any]:
        counters = driver.counters
        now, last = asyncio.get_running_loop().time(), counters.last_exchange_at
        device = self._line.config.devices[name]
        return {
            "name": name,
            "type": device.type,
            "link": _without_password(device.link),
            "state": str(driver.link_state),
            "health": self._health(name, driver),
            "last_error": driver.last_error,
            "last_error_zh": self._line.names.zh(in_chinese(driver.last_error)),
            "last_exchange_s": None if last is None else round(now - last, 1),
            "exchanges": counters.exchanges,
            "timeouts": counters.timeouts,
            "bad_replies": counters.bad_replies,
            "reconnects": counters.reconnects,
            "zones": [each.zone for each in self._line.config.stations if name in each.devices.values()],
            "print_trend": self._print_trend(name),
        }

    def _print_trend(self, name: str) -> dict[str, Any] | None:
        """Of the printer and its camera: which camera judges the print, and who last said that its trend begins."""
        at = self._line.equipment.station(StationKind.LABEL).devices
        if name not in (at["printer"], at["camera"]):
            return None
        begun = self._line.print_trend.beginnings.get(at["camera"])
        return {"camera": at["camera"], "at": begun.at if begun else "", "by": begun.by if begun else ""}

    def _health(self, name: str, driver: Driver) -> str:
        """The device's state by NAMUR NE 107."""
        plc = self._line.equipment.plcs.get(name)
        image = plc.image if plc is not None else None
        if driver.link_state in (LinkState.OFFLINE, LinkState.WRONG_DEVICE):
            return "failure"
        if image is not None and any(block.state is BlockState.FAULT for block in image.blocks):
            return "failure"
        if driver.link_state is LinkState.CONNECTING:
            return "function_check"
        if image is not None and image.safety & ALL_SAFE != ALL_SAFE:
            return "out_of_specification"
        return "maintenance_required" if _is_troubled(driver.counters) else "good"

    async def _registers(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = str(arguments.get("device", ""))
        plc = self._line.equipment.plcs.get(name)
        if plc is None:
            raise ChannelRefused(
                "unknown_device",
                f"{name!r} is no PLC of this line",
                f"{name!r} 不是本产线的 PLC",
                tuple(self._line.equipment.plcs),
            )
        image = plc.image
        if image is None:
            raise ChannelRefused(
                "no_image", f"{name} tells nothing fresh: {plc.last_error}", f"{name} 没有新数据：{plc.last_error}"
            )
        return {"device": name, "registers": [asdict(row) for row in registers_of(image, plc.kind)]}

    async def _look_through(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = str(arguments.get("device", ""))
        camera = self._line.equipment.cameras.get(name)
        if camera is None:
            names = tuple(self._line.equipment.cameras)
            raise ChannelRefused(
                "unknown_device", f"{name!r} is no camera of this line", f"{name!r} 不是本产线的相机", names
            )
        self._demand_idle(name)
        try:
            frame = await camera.snapshot(LOOK_S)
        except DeviceError as error:
            raise ChannelRefused("no_picture", str(error), f"{name} 没有给出图片：{error}") from error
        return {"device": name, "jpeg": base64.b64encode(frame.jpeg).decode("ascii")}

    def _demand_idle(self, name: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked_at.get(name, -PAUSE_S) < PAUSE_S:
            raise ChannelRefused(
                "too_soon", f"{name} was looked through less than {PAUSE_S} s ago", f"{name}：每 {PAUSE_S} 秒最多一张"
            )
        zones = [each.zone for each in self._line.config.stations if name in each.devices.values()]
        if self._line.unit.executing and any(self._line.tracking.is_held(zone) for zone in zones):
            raise ChannelRefused(
                "camera_needed",
                f"{name} is needed for an item just now: the line comes first, look again in a moment",
                f"{name} 正在为封装件取像，产线优先，请稍候再看",
            )
        self._looked_at[name] = now


def _is_troubled(counters: LinkCounters) -> bool:
    failed = counters.timeouts + counters.bad_replies
    return counters.exchanges >= _LEAST_EXCHANGES and failed > _TROUBLED * counters.exchanges


def _without_password(link: str) -> str:
    """A link as it may be shown: `http://user:secret@camera/` without what stands before the @."""
    scheme, there, rest = link.partition("://")
    head, at, host = rest.rpartition("@")
    return f"{scheme}{there}…@{host}" if there and at and head else link
