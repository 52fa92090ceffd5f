"""`sealline doctor`: finds and names each missing system part and each device that does not answer."""

from __future__ import annotations

import asyncio
import ctypes.util
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.config import ConfigError, LineConfig, load_config
from controller.equipment import Driver, build_equipment
from controller.text import Text
from devices.errors import DeviceError
from devices.links.state import LinkState

_DEVICE_S = 4.0
_LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is good, and what was found or is to be done."""

    subject: str
    good: bool
    text: Text


def doctor(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Also try every device of this line.")] = None,
) -> None:
    """Look for missing system parts and, with --config, try every device. Exit code 1 when something is wrong.

    Devices allow one master: stop the line before its devices are tried.
    """
    findings = list(_system())
    if config is not None:
        findings += _line(config)
    table = Table(show_header=False, box=None)
    for finding in findings:
        mark = "[green]ok[/]" if finding.good else "[red]wrong[/]"
        table.add_row(mark, escape(finding.subject), escape(finding.text.en) + "\n" + escape(finding.text.zh))
    Console().print(table)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 1)


def _system() -> Iterator[Finding]:
    for program, package, why_en, why_zh in (
        ("mosquitto", "mosquitto", "the demo's broker", "演示所用消息代理"),
        ("mosquitto_sub", "mosquitto-clients", "to look at events", "用于查看事件"),
        ("chromium", "chromium", "the page's tests", "页面测试所用浏览器"),
    ):
        found = shutil.which(program)
        yield Finding(
            program,
            found is not None,
            Text(found, found)
            if found
            else Text(f"缺少（{why_zh}）：apt install {package}", f"missing ({why_en}): apt install {package}"),
        )
    zbar = ctypes.util.find_library("zbar")
    yield Finding(
        "libzbar0",
        zbar is not None,
        Text(zbar, zbar)
        if zbar
        else Text("缺少第二读码器：apt install libzbar0", "missing second reader: apt install libzbar0"),
    )
    yield Finding("SQLite", True, Text(sqlite3.sqlite_version, sqlite3.sqlite_version))


def _line(path: Path) -> list[Finding]:
    try:
        config = load_config(path)
    except ConfigError as error:
        return [Finding("line.toml", False, Text(str(error), str(error)))]
    return [Finding("line.toml", True, Text(str(path), str(path))), _disk(config), *asyncio.run(_try_all(config))]


def _disk(config: LineConfig) -> Finding:
    folder = next(parent for parent in config.store.journal.parents if parent.exists())
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    text = Text(f"{folder} 剩余 {free_mb} MB", f"{folder} has {free_mb} MB free, at least {_LEAST_FREE_MB} are needed")
    return Finding("disk", free_mb >= _LEAST_FREE_MB, text)


async def _try_all(config: LineConfig) -> list[Finding]:
    equipment = build_equipment(config)
    async with asyncio.TaskGroup() as group:
        tries = {name: group.create_task(_try(name, driver)) for name, driver in equipment.drivers.items()}
        tries["broker"] = group.create_task(_try_broker(config))
    return [task.result() for task in tries.values()]


async def _try(name: str, driver: Driver) -> Finding:
    """Serve one driver until it is online, for a few seconds at most, and take one reading where that is harmless."""
    serving = asyncio.ensure_future(driver.serve())
    try:
        async with asyncio.timeout(_DEVICE_S):
            while driver.link_state is not LinkState.ONLINE:  # noqa: ASYNC110 - drivers of every kind, looked at once
                await asyncio.sleep(0.05)
            probe: Callable[[float], Awaitable[object]] | None = getattr(driver, "snapshot", None)
            if probe is not None:
                await probe(_DEVICE_S)
        return Finding(name, True, Text("在线", "online"))
    except (TimeoutError, DeviceError) as error:
        why = driver.last_error or str(error) or f"no answer within {_DEVICE_S} s"
        return Finding(
            name, False, Text(f"没有应答：{why}；检查电源、线缆与地址", f"{why}; check power, cable and address")
        )
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _try_broker(config: LineConfig) -> Finding:
    where = f"{config.dispatch.host}:{config.dispatch.port}"
    try:
        async with asyncio.timeout(_DEVICE_S):
            _, writer = await asyncio.open_connection(config.dispatch.host, config.dispatch.port)
    except (TimeoutError, OSError) as error:
        return Finding("broker", False, Text(f"{where} 无法连接：{error}", f"{where} can't be reached: {error}"))
    writer.close()
    return Finding("broker", True, Text(where, where))
