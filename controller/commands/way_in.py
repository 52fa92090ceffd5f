"""How a command reaches the line's memory: through the line's channel while it runs, else into its journal itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from controller.clock import SystemClock
from controller.commands.exits import FAILED as FAILED
from controller.commands.exits import REFUSED as REFUSED
from controller.commands.exits import fail as fail
from controller.desk.channel import ChannelClient, ChannelError, ChannelRefused, LineUnreachable, load_or_make_token
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.journal.epochs import ForeignJournal
from controller.journal.store import open_reading
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.words.text import Text

T = TypeVar("T")
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The line's configuration.")]
DEFAULT_CONFIG = Path("line.toml")


def load(path: Path) -> LineConfig:
    """The configuration, or the end of the command with every mistake in it."""
    try:
        return load_config(path)
    except ConfigError as error:
        fail(str(error))


def say(config: LineConfig, text: Text) -> str:
    """The text in the line's language."""
    return text.zh if config.line.language == "zh" else text.en


async def hand_in(
    config: LineConfig, to_line: Callable[[ChannelClient], Awaitable[T]], to_journal: Callable[[Ledger], T]
) -> T:
    """Hand something to the line when one listens; when none does, write its journal.

    A line that listens and does not answer ends the command: two writers on one journal would break it.
    """
    try:
        if config.channel.socket.exists():
            try:
                return await to_line(
                    ChannelClient(config.channel.socket, load_or_make_token(config.channel.token_file))
                )
            except LineUnreachable as error:
                if not isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError):
                    raise
        async with Journal(config.store.journal, SystemClock()) as journal:
            return await journal.write(lambda ledger: to_journal(_own(ledger, config)))
    except LineUnreachable as error:
        fail(say(config, error.text))
    except ChannelRefused as error:
        fail(say(config, error.text))
    except (ChannelError, JournalUnavailable, ForeignJournal) as error:
        fail(str(error))


def _own(ledger: Ledger, config: LineConfig) -> Ledger:
    """The ledger, when it is this line's or no line's yet.

    :raises ForeignJournal: another line writes it.
    """
    row = ledger.connection.execute("SELECT value FROM line WHERE key = 'line_id'").fetchone()
    if row is not None and row[0] != config.line.id:
        path = config.store.journal
        raise ForeignJournal(f"{path}: belongs to line {row[0]!r}, configured is {config.line.id!r}; nothing was taken")
    return ledger


@contextmanager
def reading(config: LineConfig) -> Iterator[sqlite3.Connection]:
    """The journal for one short read."""
    path = config.store.journal
    if not path.exists():
        fail(f"{path}: there is no journal yet; import orders or start the line first")
    try:
        with closing(open_reading(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        fail(f"{path}: can't be read ({error})")
