"""`sealline run`: the line process. `sealline command`: what an operator's button does, from a terminal."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from pathlib import Path
from typing import Annotated

import structlog
import typer

from controller.channel import ChannelClient, ChannelError, ChannelRefused, ChannelServer, LineUnreachable
from controller.channel_wire import load_or_make_token
from controller.clock import SystemClock
from controller.config import ConfigError, LineConfig, load_config
from controller.desk import Desk
from controller.equipment import build_equipment
from controller.glance import look_at
from controller.journal import Journal, JournalUnavailable
from controller.journal.epochs import ForeignJournal
from controller.line import Line
from controller.vision_workers import VisionWorkers

log = structlog.get_logger()
_SOUND_SQLITE = (3, 51, 3)
Config = Annotated[Path, typer.Option("--config", "-c", help="The line's configuration.")]


def run(config: Config = Path("line.toml")) -> None:
    """Run the line until SIGTERM or Ctrl-C. It begins Stopped: reset and start it from the page or by `command`."""
    try:
        line = load_config(config)
        token = load_or_make_token(line.channel.token_file)
    except (ConfigError, ChannelError) as error:
        _refuse(str(error), error)
    if sqlite3.sqlite_version_info < _SOUND_SQLITE:
        # One connection writes and checkpoints here, so the known fault can't strike; a plant should still know.
        log.warning("old_sqlite", found=sqlite3.sqlite_version, wanted=".".join(map(str, _SOUND_SQLITE)))
    try:
        asyncio.run(_serve(line, token))
    except* (JournalUnavailable, ForeignJournal, ChannelError) as errors:
        _refuse(str(errors.exceptions[0]), errors)


def command(
    name: Annotated[str, typer.Argument(help="reset, start, hold, unhold, stop, abort or clear.")],
    config: Config = Path("line.toml"),
    by: Annotated[str, typer.Option(help="Who asks; stands in the journal.")] = "terminal",
) -> None:
    """Give the line one command and print the state that it led to."""
    try:
        line = load_config(config)
        client = ChannelClient(line.channel.socket, load_or_make_token(line.channel.token_file))
        answer = asyncio.run(client.call("command", command=name, by=by))
    except (ConfigError, ChannelError, ChannelRefused, LineUnreachable) as error:
        _refuse(str(error), error)
    typer.echo(answer["state"])


def _refuse(text: str, cause: BaseException) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(2) from cause


async def _serve(config: LineConfig, token: str) -> None:
    """Keep the line going until a signal ends it."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    clock = SystemClock()
    vision = VisionWorkers(config.vision.workers, config.vision.memory_mb)
    async with Journal(config.store.journal, clock) as journal:
        line = Line(config, clock, journal, build_equipment(config), vision)
        channel = ChannelServer(config.channel.socket, token, Desk(line).handlers, lambda: look_at(line))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part.serve()) for part in (line, channel, vision)]
            log.info("line_runs", line=config.line.id, journal=str(config.store.journal))
            await ended.wait()
            for task in tasks:
                task.cancel()
