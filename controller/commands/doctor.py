"""`sealline doctor`: finds and names each missing system part and each device that does not answer."""

from __future__ import annotations

import asyncio
import ctypes.util
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.commands.finding import Finding, Grade
from controller.commands.trying import try_all
from controller.desk.channel_wire import ChannelError, load_or_make_token
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.words.text import Text

_LEAST_FREE_MB = 500
_SOUND_SQLITE = (3, 51, 3)
_MARKS = {Grade.GOOD: "[green]ok[/]", Grade.NOTE: "[yellow]note[/]", Grade.WRONG: "[red]wrong[/]"}


def doctor(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Also try every device of this line.")] = None,
) -> None:
    """Look for missing system parts and, with --config, try every device. Exit code 1 when something is wrong.

    A device has one master: while the line runs, the line is asked instead how its devices stand.
    """
    findings = list(_system(for_line=config is not None))
    if config is not None:
        findings += _line(config)
    console = Console()
    console.print(_listed(findings))
    wrong = sum(finding.grade is Grade.WRONG for finding in findings)
    console.print(f"{len(findings)} looked at, {wrong} wrong")
    raise typer.Exit(1 if wrong else 0)


def _listed(findings: list[Finding]) -> Table:
    listed = Table(show_header=False, box=None)
    for finding in findings:
        between = "\n" if finding.grade is Grade.WRONG else " · "
        both = between.join(dict.fromkeys((finding.text.en, finding.text.zh)))
        listed.add_row(_MARKS[finding.grade], escape(finding.subject), escape(both))
    return listed


def _system(*, for_line: bool) -> Iterator[Finding]:
    """What of the machine is missing. A line needs no broker of its own, the demo does."""
    yield _program("mosquitto", "mosquitto", Text("演示所用消息代理", "the demo's broker"), needed=not for_line)
    yield _program("mosquitto_sub", "mosquitto-clients", Text("用于查看事件", "to look at events"), needed=False)
    yield _program("chromium", "chromium", Text("页面测试所用浏览器", "the page's tests"), needed=False)
    zbar = ctypes.util.find_library("zbar")
    if zbar:
        yield Finding.good("libzbar0", zbar)
    else:
        missing = Text("缺少第二读码器：apt install libzbar0", "missing, the second code reader: apt install libzbar0")
        yield Finding("libzbar0", Grade.WRONG, missing)
    yield _sqlite()


def _program(name: str, package: str, why: Text, *, needed: bool) -> Finding:
    # Debian keeps mosquitto in /usr/sbin, which isn't in every user's path.
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found:
        return Finding.good(name, found)
    missing = Text(f"缺少（{why.zh}）：apt install {package}", f"missing ({why.en}): apt install {package}")
    return Finding(name, Grade.WRONG if needed else Grade.NOTE, missing)


def _sqlite() -> Finding:
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= _SOUND_SQLITE:
        return Finding.good("SQLite", found)
    wanted = ".".join(map(str, _SOUND_SQLITE))
    return Finding(
        "SQLite", Grade.NOTE, Text(f"{found} 可用，建议 {wanted} 以上", f"{found} works, {wanted} is better")
    )


def _line(path: Path) -> list[Finding]:
    try:
        config = load_config(path)
    except ConfigError as error:
        return [Finding("line.toml", Grade.WRONG, Text(str(error), str(error)))]
    found = [Finding.good("line.toml", f"{path}, {config.line.id}"), _disk(config), *_folders(config), _token(config)]
    return [*found, *asyncio.run(try_all(config))]


def _disk(config: LineConfig) -> Finding:
    folder = _standing(config.store.journal.parent)
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    grade = Grade.GOOD if free_mb >= _LEAST_FREE_MB else Grade.WRONG
    en = f"{folder} has {free_mb} MB free, at least {_LEAST_FREE_MB} are needed"
    return Finding("disk", grade, Text(f"{folder} 剩余 {free_mb} MB，至少需要 {_LEAST_FREE_MB} MB", en))


def _folders(config: LineConfig) -> Iterator[Finding]:
    """Where the line writes, and may not."""
    kept = {"journal": config.store.journal.parent, "evidence": config.store.evidence}
    for name, folder in {**kept, "channel": config.channel.socket.parent}.items():
        standing = _standing(folder)
        if not os.access(standing, os.W_OK | os.X_OK):
            text = Text(f"{standing} 不可写，请更改属主", f"{standing} is not writable: change its owner")
            yield Finding(name, Grade.WRONG, text)


def _standing(folder: Path) -> Path:
    """The folder, or that one above it which is there already."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())


def _token(config: LineConfig) -> Finding:
    path = config.channel.token_file
    if not path.exists():
        return Finding("token", Grade.NOTE, Text(f"{path}：首次启动时生成", f"{path}: made at the first start"))
    try:
        load_or_make_token(path)
    except ChannelError as error:
        return Finding("token", Grade.WRONG, Text(str(error), str(error)))
    return Finding.good("token", str(path))
