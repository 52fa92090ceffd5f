"""`sealline conform`: tries, clause by clause, whether a PLC keeps the contract, before a line trusts it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from controller.commands.trying import ask_line
from controller.desk.channel import ChannelError, ChannelRefused
from controller.equipment import PLC_KINDS
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.plan.machines import PlcDevice
from controller.words.text import Text
from devices.errors import DeviceError
from devices.links.address import ModbusLink, parse_link
from devices.links.modbus import master_for
from devices.plc.conformance import Clause, Trial, conform

_CLAUSES = {
    Clause.IDENTITY: "身份",
    Clause.IMAGE: "状态区",
    Clause.CLOCK: "PLC 时钟",
    Clause.HOST_ALIVE: "心跳",
    Clause.BAD_CRC: "校验字错误",
    Clause.UNKNOWN_COMMAND: "未知命令",
    Clause.NO_SEQUENCE: "序号为 0",
    Clause.EXPIRED: "许可已过期",
    Clause.TOO_EARLY: "许可有效期过长",
    Clause.NO_EPOCH: "纪元为 0",
    Clause.CARRIER: "载具不符",
    Clause.BOUNDS: "设定值超限",
    Clause.HOST_LOST: "无心跳时的许可",
    Clause.STILL: "全程无动作",
    Clause.RESULT: "结果保留",
    Clause.TWICE: "同一许可重复写入",
    Clause.NEXT: "未确认前的下一许可",
    Clause.WRONG_ACKNOWLEDGEMENT: "确认了别的结果",
    Clause.ACKNOWLEDGEMENT: "结果确认",
}
_MARKS = {True: "[green]kept 符合[/]", False: "[red]broken 违反[/]", None: "[yellow]not tried 未试[/]"}


def run_conform(
    device: Annotated[str, typer.Argument(help="The PLC's name in the configuration, as sealer_1.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The line's configuration.")] = Path("line.toml"),
    motion: Annotated[
        bool, typer.Option("--motion", help="Give one permit that may be taken: something will move.")
    ] = False,
) -> None:
    """Try whether a PLC keeps the contract. Exit code 1 when it breaks a clause, 2 when it can't be tried.

    Without --motion every permit that is tried must be refused. A PLC that takes one all the same moves, once: stand
    clear, with no parcel on the line. The line must not run: a PLC has one master.
    """
    console = Console()
    try:
        line = load_config(config)
        found = _plc(line, device)
        broken = asyncio.run(_try(line, device, found, motion, console))
    except (ConfigError, ChannelError, ChannelRefused, DeviceError, _CantBeTried) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(1 if broken else 0)


class _CantBeTried(Exception):
    """The message says why, in both languages."""


def _plc(line: LineConfig, device: str) -> PlcDevice:
    plcs = {name: each for name, each in line.devices.items() if isinstance(each, PlcDevice)}
    if device not in plcs:
        names = ", ".join(plcs)
        text = Text(f"{device} 不是 PLC；可选：{names}", f"{device} is no PLC of this line; allowed: {names}")
        raise _CantBeTried(f"{text.en}\n{text.zh}")
    return plcs[device]


async def _try(line: LineConfig, name: str, device: PlcDevice, motion: bool, console: Console) -> int:
    """Print each trial as it ends; return how many clauses were broken."""
    if await ask_line(line) is not None:
        text = Text("产线正在运行，请先停止其进程", "the line runs: end its process first, a PLC has one master")
        raise _CantBeTried(f"{text.en}\n{text.zh}")
    link = parse_link(device.link)
    assert isinstance(link, ModbusLink)  # the configuration demands it
    tried = broken = 0
    async for trial in conform(master_for(name, link), PLC_KINDS[device.type], motion=motion):
        console.print(_told(trial), soft_wrap=True)
        tried += trial.kept is not None
        broken += trial.kept is False
    console.print(f"{name}: {tried} tried, {broken} broken · 已试 {tried} 项，违反 {broken} 项")
    return broken


def _told(trial: Trial) -> str:
    wanted = f"; wanted 应为 {trial.wanted}" if trial.kept is False else ""
    return f"{_MARKS[trial.kept]}  {trial.clause} {_CLAUSES[trial.clause]}: {escape(trial.found + wanted)}"
