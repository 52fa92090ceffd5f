"""`sealline run`: the line process."""

from __future__ import annotations

import asyncio
import gc
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer

from controller.composition import compose
from controller.desk.channel import ChannelError, ChannelServer
from controller.desk.channel_wire import load_or_make_token
from controller.desk.glance import look_at
from controller.desk.signing import KeyUnusable, load_or_make_key
from controller.escape_bound import CampaignUnreadable
from controller.journal import JournalUnavailable
from controller.journal.epochs import ForeignJournal
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.plan.identity_cards import IdentityKeyUnusable
from controller.recording.run import Recorded, Wish, recorded
from controller.recording.tape import TapeError
from controller.recording.turns import RecordedLoop

log = structlog.get_logger()
_SOUND_SQLITE = (3, 51, 3)
_REFUSALS = (JournalUnavailable, ForeignJournal, ChannelError, CampaignUnreadable, TapeError, IdentityKeyUnusable)
Config = Annotated[Path, typer.Option("--config", "-c", help="The line's configuration.")]


def run(
    config: Config = Path("line.toml"),
    record: Annotated[
        Path | None, typer.Option(help="Record everything there, for `sealline replay`. Holds part codes and pictures.")
    ] = None,
    record_limit_mb: Annotated[
        int, typer.Option(min=100, help="Room for all recordings there; the oldest are removed beyond it.")
    ] = 4000,
) -> None:
    """Run the line until SIGTERM or Ctrl-C. It begins Stopped: reset and start it from the page or by `command`."""
    try:
        line = load_config(config)
        token = load_or_make_token(line.channel.token_file)
        load_or_make_key(line.store.signing_key)
    except (ConfigError, ChannelError, KeyUnusable) as error:
        _refuse(str(error), error)
    if sqlite3.sqlite_version_info < _SOUND_SQLITE:
        # One connection writes and checkpoints here, so the known fault can't strike; a plant should still know.
        log.warning("old_sqlite", found=sqlite3.sqlite_version, wanted=".".join(map(str, _SOUND_SQLITE)))
    try:
        if record and any(layout.identity for layout in line.layouts.values()):
            raise TapeError("--record: a recording keeps whole pictures, and this line packs identity cards")
        wish = Wish(record, record_limit_mb << 20) if record else None
        with asyncio.Runner(loop_factory=RecordedLoop if wish else None) as runner:
            runner.run(_serve(line, token, wish))
    except _REFUSALS as error:
        _refuse(str(error), error)
    except BaseExceptionGroup as group:
        # Not `except*`: what is raised in such a clause comes out as a group again, and Exit would be none.
        known, others = group.split(_REFUSALS)
        if known is None or others is not None:
            raise
        _refuse(str(known.exceptions[0]), group)


def _refuse(text: str, cause: BaseException) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(2) from cause


async def _serve(config: LineConfig, token: str, wish: Wish | None) -> None:
    """Keep the line going until a signal ends it."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    async with _opened(config, wish) as opened:
        composed, line = opened.composed, opened.composed.line
        handlers = opened.wrap(composed.desk.handlers)
        channel = ChannelServer(config.channel.socket, token, handlers, lambda: look_at(line), line.tally.shown)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(channel.serve())]
            await channel.listening.wait()  # a second line on this socket ends here, before it has touched a device
            await opened.beginning()
            tasks += [group.create_task(serve()) for serve in composed.serves]
            # A full collection over all that was imported would stop the loop for 50 ms and more: leave that alone.
            gc.collect()
            gc.freeze()
            log.info("line_runs", line=config.line.id, journal=str(config.store.journal))
            await ended.wait()
            await opened.ending()
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def _opened(config: LineConfig, wish: Wish | None) -> AsyncIterator[Recorded]:
    """The line put together, under recording when that is wished."""
    if wish is None:
        async with compose(config) as composed:
            yield Recorded(composed)
    else:
        async with recorded(config, wish) as under_recording:
            yield under_recording
