"""Begins the recording of a line: the folder of the run, and everything that a replay starts from."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from controller.composition import Composed, Seams, compose
from controller.desk.channel import Handler
from controller.durable import put_file
from controller.eyes.vision_workers import VisionWorkers
from controller.journal.store import open_reading
from controller.plan.config import LineConfig
from controller.recording.broker import recorded_connect
from controller.recording.recorder import Recorder
from controller.recording.seams import (
    RecordedClock,
    RecordedVision,
    RecordedWriter,
    recorded_calls,
)
from controller.recording.streams import recorded_opening
from controller.recording.tape import CONFIG, JOURNAL, META, VERSION, Kind, TapeError
from controller.recording.upkeep import Upkeep
from controller.words.alarm_texts import AlarmKind
from devices.links.address import CaptureLink, parse_link

_SIGNED_IN = re.compile(r"(?<=://)[^/@]*@")
LEAST_FREE = 64 << 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What to record. :ivar home: folder of all recordings; :ivar limit: bytes that they may take together."""

    home: Path
    limit: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line, perhaps under recording.

    :ivar wrap: makes calls recorded ones.
    :ivar beginning, ending: to be awaited before the line's tasks are begun, and before they are told to end.
    """

    composed: Composed
    wrap: Callable[[Mapping[str, Handler]], Mapping[str, Handler]] = lambda handlers: handlers
    beginning: Callable[[], Awaitable[None]] = lambda: _at_once()
    ending: Callable[[], Awaitable[None]] = lambda: _at_once()


async def _at_once() -> None:
    """Nothing is to be taken down."""


@asynccontextmanager
async def recorded(config: LineConfig, wish: Wish, seams: Seams | None = None) -> AsyncIterator[Recorded]:
    """As `compose`, with everything that passes the seams on tape, until the last task has ended.

    To be used in a `RecordedLoop`.

    :raises TapeError: the folder can't be written, has no room, or the line has what can't be recorded.
    """
    seams = seams or Seams()
    _demand_wires(config)
    folder = _run_folder(wish, seams)
    lines: list[Composed] = []
    upkeep = Upkeep(wish.home, wish.limit)
    recorder = Recorder(folder, config.store.journal, upkeep, lambda why: _tell_ended(lines, folder, why))
    await asyncio.to_thread(_keep_start, folder, config)
    recorder.begin()
    try:
        async with _composed(config, seams, recorder) as composed:
            lines.append(composed)
            composed.line.dispatch.connect = recorded_connect(composed.line.dispatch.connect, recorder)
            yield Recorded(
                composed,
                lambda handlers: recorded_calls(handlers, recorder),
                lambda: _marked(recorder, Kind.BEGAN),
                lambda: _marked(recorder, Kind.STOPPED),
            )
    finally:
        await recorder.close()


async def _marked(recorder: Recorder, kind: Kind) -> None:
    """Take down where in the loop's turns this is."""
    here: asyncio.Future[None] = recorder.loop.create_future()
    recorder.loop.inject(lambda: recorder.note(kind), here.set_result, None)
    await here


def _composed(config: LineConfig, seams: Seams, recorder: Recorder) -> AbstractAsyncContextManager[Composed]:
    vision = seams.vision or VisionWorkers(config.vision.workers, config.vision.memory_mb)
    clock = RecordedClock(seams.clock, recorder)
    return compose(
        config,
        replace(
            seams,
            clock=clock,
            opening=recorded_opening(seams.opening, recorder),
            writer=lambda: RecordedWriter(seams.writer(), recorder, clock),
            vision=RecordedVision(vision, recorder),
        ),
    )


def _demand_wires(config: LineConfig) -> None:
    captured = [name for name, device in config.devices.items() if isinstance(parse_link(device.link), CaptureLink)]
    if captured:
        raise TapeError(
            f"cameras {captured} are opened by OpenCV and have no byte stream to record: use a snapshot address"
        )


def _run_folder(wish: Wish, seams: Seams) -> Path:
    """A new folder for this run, named by the time of day."""
    stamp = seams.clock.now().strftime("%Y%m%dT%H%M%S.%fZ")
    folder = wish.home / stamp
    try:
        folder.mkdir(parents=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise TapeError(f"{folder}: recordings can't be kept there ({error.strerror})") from error
    if free < LEAST_FREE:
        raise TapeError(f"{folder}: {free >> 20} MB are free, at least {LEAST_FREE >> 20} are needed to record")
    return folder


def _keep_start(folder: Path, config: LineConfig) -> None:
    """Keep what a replay starts from. The meta file is written last: a folder without it holds no recording."""
    if config.store.journal.exists():
        with (
            closing(open_reading(config.store.journal)) as here,
            closing(sqlite3.connect(folder / JOURNAL)) as there,
        ):
            here.backup(there)
    text = config.model_dump_json(indent=1)
    put_file(folder / CONFIG, _SIGNED_IN.sub("", text).encode())
    meta = {"version": VERSION, "sealline": version("sealline"), "line": config.line.id}
    put_file(folder / META, json.dumps(meta).encode())


def _tell_ended(lines: list[Composed], folder: Path, why: str) -> None:
    for composed in lines:
        composed.line.alarms.raise_alarm(AlarmKind.RECORDING_STOPPED, str(folder), cause=why)
