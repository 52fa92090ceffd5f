"""Runs the line's own code over a recording, in virtual time, and compares what it decides with what was decided."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from controller.composition import Composed, Seams, compose
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.equipment import Opening
from controller.journal import JournalUnavailable
from controller.journal.store import open_reading
from controller.plan.config import LineConfig
from controller.plan.machines import PlcDevice
from controller.recording.seams import begin_call
from controller.recording.tape import JOURNAL, Kind, TapeError
from controller.replaying.decisions import (
    Decision,
    Difference,
    differences,
    of_entries,
    of_events,
    of_label,
    of_permit,
)
from controller.replaying.loop import ReplayLoop, Standstill
from controller.replaying.modbus_tape import Frames
from controller.replaying.plc import Issued, Plc
from controller.replaying.plc_wire import PlcWire
from controller.replaying.seams import Judge, PlaybackClock, PlaybackDispatch, PlaybackVision, PlaybackWriter
from controller.replaying.timeline import Connection, Timeline
from controller.replaying.wires import Conversation, Wire
from devices.links.address import Link, ModbusLink, SerialLink
from devices.links.stream import ByteStream, Dial
from devices.plc.contract import DeviceKind

_TAIL = timedelta(seconds=2)
"""Of a line that died: so much of its last decisions may be missing on the tape."""
_LABEL = b"^XA"
_KINDS = {
    "conveyor": DeviceKind.CONVEYOR,
    "sealer": DeviceKind.SEALER,
    "applicator": DeviceKind.APPLICATOR,
    "gate": DeviceKind.GATE,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a replay came out.

    :ivar differences: the first of each matter, the earliest first; none: the same.
    :ivar left_step: where and how the line first did something at another moment than then; empty: never, so that
        not only its decisions are the same but everything that it did.
    """

    items: int
    permits: int
    entries: int
    recorded_s: float
    wall_s: float
    differences: tuple[Difference, ...]
    left_step: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Now:
    """What the replayed line has done.

    :ivar strayed_at: loop time at which it could not be shown anything further, or began to end of itself.
    """

    permits: list[Issued] = field(default_factory=list)
    labels: list[tuple[float, str, bytes]] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)
    entries: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    strayed_at: float | None = None
    left_step: str = ""
    failure: str = ""


def replay(line: Timeline, judge: Judge | None = None) -> Comparison:
    """Run a recording through the line's code and compare.

    :param judge: judges the recorded pictures anew.
    :raises TapeError: what was recorded can't be replayed.
    """
    began = time.perf_counter()
    stage = _Stage(line, judge)
    with _quiet(), _scratch() as folder:
        config = _moved(line, folder)
        loop = partial(ReplayLoop, line.turns, line.records, line.deliver, line.asides)
        with asyncio.Runner(loop_factory=loop) as runner:
            try:
                runner.run(stage.play(config))
            except JournalUnavailable as error:
                raise TapeError(f"{line.folder / JOURNAL}: {error}") from error
            except (Standstill, BaseExceptionGroup) as error:
                stage.now.failure = _innermost(error)
                stage.now.remarks.append(f"the replayed line ended of itself: {stage.now.failure}")
    then, now = stage.recorded(), stage.decided()
    found = stage.differences(then, now)
    return Comparison(
        items=len({decision.matter for decision in then if decision.matter.startswith("item ")}),
        permits=sum(decision.matter.startswith("permits ") for decision in then),
        entries=len(line.entries),
        recorded_s=line.end - line.began_at,
        wall_s=time.perf_counter() - began,
        differences=tuple(found),
        left_step=stage.now.left_step,
        remarks=tuple(dict.fromkeys(stage.now.remarks)),
    )


class _Stage:
    """The recorded surroundings of the line, and what it does in them."""

    def __init__(self, line: Timeline, judge: Judge | None) -> None:
        self._line = line
        self._clock = PlaybackClock(line)
        self._vision = PlaybackVision(line, judge)
        self._plcs: dict[str, Plc] = {}
        self._over = asyncio.Event()
        self._serving: list[asyncio.Task[None]] = []
        self.now = _Now()
        for record in line.records:
            if record.kind is Kind.WALL:
                line.deliveries[record.place] = partial(self._clock.jump, record)

    async def play(self, config: LineConfig) -> None:
        """Run the line from the recording's beginning to its end."""
        seams = Seams(
            clock=self._clock,
            opening=self._opening(config),
            writer=lambda: PlaybackWriter(self._line, self._clock, self._leave_step),
            connect=PlaybackDispatch(self._line).connect,
            vision=self._vision,
        )
        async with compose(config, seams) as composed:
            try:
                await self._serve(composed, config)
            finally:
                if self._line.stopped_at is not None:
                    self._look_back(config)

    async def _serve(self, composed: Composed, config: LineConfig) -> None:
        base = _last_numbers(config)
        self._base = base
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ReplayLoop)
        assert self._line.began is not None
        loop.left_step = self._leave_step
        loop.turned = self._look_after_line
        self._take_calls(composed.desk.handlers)
        async with asyncio.TaskGroup() as group:
            await self._line.began.wait()
            self._serving = [group.create_task(serve()) for serve in composed.serves]
            loop.over = self._over.set
            if self._line.stopped is not None:
                self._line.stopped.then(self._over.set)
            await self._over.wait()
            self._look_back(config)
            for task in self._serving:
                task.cancel()

    def _take_calls(self, handlers: Mapping[str, Handler]) -> None:
        """Ask what people asked, in the turn in which they asked it."""
        asked: dict[int, asyncio.Task[Any]] = {}

        def ask(facts: dict[str, Any]) -> None:
            if self.now.strayed_at is not None:
                return
            task = asked[facts["n"]] = begin_call(
                handlers[facts["name"]], json.loads(facts["arguments"]), partial(self._refused, facts["name"])
            )
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

        for record in self._line.calls:
            facts = record.said()
            if record.kind is Kind.HUNG_UP:
                self._line.deliveries[record.place] = partial(_hang_up, asked, facts["n"])
                continue
            if facts["name"] not in handlers:
                raise TapeError(f"the call {facts['name']!r} was recorded, this sealline does not know it")
            self._line.deliveries[record.place] = partial(ask, facts)

    def _refused(self, name: str, refusal: ChannelRefused) -> None:
        self.now.refused.append((asyncio.get_running_loop().time(), f"{name}: {refusal.code}"))

    def _opening(self, config: LineConfig) -> Opening:
        def opening(name: str, link: Link) -> Dial:
            connections = self._line.connections.get(name, [])
            return Wire(connections, self._playback(name, link, config, connections)).dial

        return opening

    def _playback(
        self, name: str, link: Link, config: LineConfig, connections: list[Connection]
    ) -> Callable[[Connection, float | None], ByteStream]:
        if not isinstance(link, ModbusLink):
            return lambda connection, since: (
                Conversation(connection, since, lambda data: self._wrote(name, data)).stream
            )
        device = config.devices[name]
        assert isinstance(device, PlcDevice)
        kind = _KINDS[device.type]
        frames = Frames("rtu" if isinstance(link.transport, SerialLink) else "tcp")
        blocks = 9 if kind is DeviceKind.CONVEYOR else 1
        plc = self._plcs[name] = Plc(name, kind, blocks, frames, self._stray, self._leave_step)
        plc.read(connections)
        return lambda connection, since: PlcWire(plc, connection, since).stream

    def _wrote(self, name: str, data: bytes) -> None:
        if data.startswith(_LABEL):
            self.now.labels.append((asyncio.get_running_loop().time(), name, data))

    def _stray(self, why: str) -> None:
        """The recording has nothing to show to a line that does something else: end here."""
        if self.now.strayed_at is None:
            self.now.strayed_at = asyncio.get_running_loop().time()
            self.now.remarks.append(why)
            self._over.set()

    def _leave_step(self, how: str) -> None:
        """Note where the replayed line first did not do the same in the same turn."""
        if not self.now.left_step and not self._over.is_set():
            self.now.left_step = f"{self._wall(asyncio.get_running_loop().time()):%Y-%m-%d %H:%M:%S.%f}: {how}"

    def _look_after_line(self) -> None:
        """Note where it begins to end of itself: what its tasks wait for as they end may come much later."""
        if not self._over.is_set() and any(task.done() or task.cancelling() for task in self._serving):
            self._leave_step("the line ends of itself")
            self.now.strayed_at = asyncio.get_running_loop().time()
            self._over.set()

    def _look_back(self, config: LineConfig) -> None:
        """Take what the replayed line has journalled."""
        with closing(open_reading(config.store.journal)) as connection:
            self.now.entries = _rows(
                connection, "SELECT seq, at, kind, item, acceptance, data FROM history WHERE seq > ?", self._base[0]
            )
            self.now.events = _rows(connection, "SELECT seq, item, body FROM outbox WHERE seq > ?", self._base[1])

    # What is compared.

    def recorded(self) -> list[Decision]:
        """What the recorded line decided."""
        line = self._line
        labels = [
            (record.at, name, record.data)
            for name, connections in line.connections.items()
            for connection in connections
            for record in connection.passed
            if record.kind is Kind.OUT and record.data.startswith(_LABEL)
        ]
        permits = [each for plc in self._plcs.values() for block in plc.then.values() for each in block]
        refused = [(said.at, f"{said.facts['name']}: {said.facts['refused']}") for said in line.refusals]
        return self._all(line.entries, line.events, permits, labels, refused)

    def decided(self) -> list[Decision]:
        """What the replayed line decided."""
        now = self.now
        permits = [each for plc in self._plcs.values() for block in plc.now.values() for each in block]
        asked = [Decision(self._wall(at), "questions to vision", what) for at, what in self._vision.unknown]
        return asked + self._all(now.entries, now.events, permits, now.labels, now.refused)

    def differences(self, then: list[Decision], now: list[Decision]) -> list[Difference]:
        """All of them; that the line ended of itself is one, and so is a replay that broke off without any."""
        line, strayed_at = self._line, self.now.strayed_at
        end = self._wall(line.end)
        then_until = end + timedelta(days=1) if line.stopped_at is not None else end - _TAIL
        now_until = then_until if strayed_at is None else self._wall(strayed_at) - _TAIL / 4
        found = differences(then, now, then_until, now_until)
        ended = self.now.failure and (self.now.left_step or line.stopped_at is not None)
        if ended or (strayed_at is not None and not found):
            at = end if strayed_at is None else self._wall(strayed_at)
            found.append(Difference(at, "the whole line", "went on", self.now.failure or self.now.remarks[0]))
            found.sort(key=lambda difference: difference.at)
        return found

    def _all(
        self,
        entries: list[list[Any]],
        events: list[list[Any]],
        permits: list[Issued],
        labels: list[tuple[float, str, bytes]],
        refused: list[tuple[float, str]],
    ) -> list[Decision]:
        decisions = of_entries(entries) + of_events(events)
        decisions += [of_permit(self._wall(each.at), each) for each in sorted(permits, key=lambda each: each.at)]
        decisions += [of_label(self._wall(at), printer, zpl) for at, printer, zpl in labels]
        decisions += [Decision(self._wall(at), "refusals", what) for at, what in refused]
        return decisions

    def _wall(self, at: float) -> datetime:
        return self._clock.at(at)


def _hang_up(asked: dict[int, asyncio.Task[Any]], number: int) -> None:
    if number in asked:
        asked[number].cancel()


def _moved(line: Timeline, folder: Path) -> LineConfig:
    """The configuration with everything that is written in a folder of the replay's own."""
    config = line.config
    if (line.folder / JOURNAL).exists():
        shutil.copy(line.folder / JOURNAL, folder / "line.db")
    own = {"journal": folder / "line.db", "evidence": folder / "evidence", "signing_key": folder / "line.key"}
    return config.model_copy(
        update={
            "store": config.store.model_copy(update=own),
            "vision": config.vision.model_copy(update={"identity_key_file": None}),
            "challenge": config.challenge.model_copy(update={"campaign": None}),
        }
    )


def _last_numbers(config: LineConfig) -> tuple[int, int]:
    with closing(open_reading(config.store.journal)) as connection:
        return tuple(
            connection.execute(f"SELECT COALESCE(MAX(seq), 0) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("history", "outbox")
        )


def _rows(connection: Any, question: str, after: int) -> list[list[Any]]:
    return [list(row) for row in connection.execute(f"{question} ORDER BY seq", (after,))]


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TapeError):
        raise error
    return f"{type(error).__name__}: {error}"


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for the replay's journal, in memory where there is such."""
    shared = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix="sealline-replay-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the line's own log: what it says is compared, not told."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
