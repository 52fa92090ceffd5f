"""The doctor's round: every device asked for one harmless reading, and the broker for admission.

A device has one master. While the line runs it is the line that is asked how its devices stand.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable

import aiomqtt

from controller.commands.finding import Finding, Grade
from controller.desk.channel import ChannelClient, ChannelError, ChannelRefused, LineUnreachable, load_or_make_token
from controller.dispatch.broker import Address, Broker
from controller.equipment import Driver, build_equipment
from controller.plan.config import LineConfig
from controller.snapshot import DeviceView, Snapshot
from controller.words.text import Text
from devices.camera.capture import CaptureCamera
from devices.camera.driver import HttpCamera
from devices.errors import DeviceError, NoRead
from devices.links.state import LinkState
from devices.printer.driver import LabelPrinter
from devices.scale.driver import Scale
from devices.scanner.driver import Scanner

_DEVICE_S = 4.0
_GLANCE_S = 0.05
_SCAN_S = 0.3
_ONLINE = Text("在线", "online")
_NOBODY_SERVES = (FileNotFoundError, ConnectionRefusedError)


async def try_all(config: LineConfig) -> list[Finding]:
    """Every device and the broker."""
    broker = await _try_broker(config)
    try:
        seen = await ask_line(config)
    except (ChannelRefused, LineUnreachable) as error:
        return [Finding("line", Grade.WRONG, error.text), broker]
    except ChannelError as error:
        return [Finding("line", Grade.WRONG, Text(str(error), str(error))), broker]
    return [*(_as_seen(seen) if seen is not None else await _try_devices(config)), broker]


async def ask_line(config: LineConfig) -> Snapshot | None:
    """The running line as it sees itself; None when none runs."""
    path = config.channel.socket
    if not path.exists():
        return None
    try:
        client = ChannelClient(path, load_or_make_token(config.channel.token_file))
        return Snapshot.model_validate(await client.call("snapshot"))
    except LineUnreachable as error:
        if isinstance(error.__cause__, _NOBODY_SERVES):
            return None
        raise


def _as_seen(seen: Snapshot) -> list[Finding]:
    runs = Text(f"运行中（{seen.state}），以下为其所见设备状态", f"runs ({seen.state}); its devices as it sees them:")
    return [Finding("line", Grade.GOOD, runs), *(_of_view(view) for view in seen.devices)]


def _of_view(view: DeviceView) -> Finding:
    if view.state == LinkState.ONLINE:
        return Finding(view.name, Grade.GOOD, _ONLINE)
    return _wrong(view.name, LinkState(view.state), view.detail)


async def _try_devices(config: LineConfig) -> list[Finding]:
    equipment = build_equipment(config)
    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(_try(name, driver)) for name, driver in equipment.drivers.items()]
    return [each.result() for each in tries]


async def _try(name: str, driver: Driver) -> Finding:
    """Serve one driver until it is online, for a few seconds at most, and take one reading."""
    serving = asyncio.ensure_future(driver.serve())
    try:
        async with asyncio.timeout(_DEVICE_S):
            while driver.link_state is not LinkState.ONLINE and not serving.done():  # noqa: ASYNC110 - looked at once
                await asyncio.sleep(_GLANCE_S)
            if serving.done():
                await serving
            await _reading(driver)
        return Finding(name, Grade.GOOD, _ONLINE)
    except TimeoutError:
        return _wrong(name, driver.link_state, driver.last_error or f"no answer within {_DEVICE_S:g} s")
    except DeviceError as error:
        return _wrong(name, driver.link_state, error.message)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _reading(driver: Driver) -> None:
    """What shows that the right device is at the far end; a PLC has shown its identity already.

    :raises DeviceError: it is another, or it can't work now.
    """
    asked: Awaitable[object]
    match driver:
        case HttpCamera() | CaptureCamera():
            asked = driver.snapshot(_DEVICE_S)
        case LabelPrinter():
            asked = driver.ready()
        case Scale():
            asked = driver.weigh(_DEVICE_S)
        case Scanner():
            asked = driver.read(_SCAN_S)
        case _:
            return
    with contextlib.suppress(NoRead):  # nothing lies under the scanner
        await asked


def _wrong(name: str, state: LinkState, why: str) -> Finding:
    why = why.removeprefix(f"{name}: ")
    if state is LinkState.WRONG_DEVICE:
        return Finding(name, Grade.WRONG, Text(f"{why}；请核对其 link 地址", f"{why}; correct its link in line.toml"))
    if state is LinkState.ONLINE or "serial port" in why:
        return Finding(name, Grade.WRONG, Text(f"{why}；请检查该设备", f"{why}"))
    return Finding(name, Grade.WRONG, Text(f"{why}；检查电源、线缆与地址", f"{why}; check power, cable and address"))


async def _try_broker(config: LineConfig) -> Finding:
    """Sign in as the line does, and listen where it listens."""
    dispatch = config.dispatch
    where = f"{dispatch.host}:{dispatch.port}"
    address = Address(dispatch.host, dispatch.port, dispatch.username, dispatch.password_file)
    try:
        async with Broker(address, "", f"{dispatch.topic}/doctor/state") as broker:
            await broker.follow(f"{dispatch.topic}/{config.line.id}/receipts")
    except OSError as error:
        why = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    except aiomqtt.MqttError as error:
        why = str(error)
    else:
        return Finding.good("broker", where)
    en = f"{where}: {why}; check dispatch.host, port, username and password_file"
    return Finding("broker", Grade.WRONG, Text(f"{where}：{why}；请核对 dispatch 的地址、用户与密码文件", en))
