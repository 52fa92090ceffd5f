"""Runs the line's own code over a recording, in virtual time, and compares what it decides with what was decided."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from controller.composition import Composed, Seams, compose
from controller.desk.channel import Handler
from controller.desk.channel_wire import ChannelRefused
from controller.equipment import Opening
from controller.journal import JournalUnavailable
from controller.journal.store import open_reading
from controller.plan.config import LineConfig, PlcDevice
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
from controller.replaying.seams import Judge, PlaybackClock, PlaybackDispatch, PlaybackVision, PlaybackWriter
from controller.replaying.timeline import Connection, Timeline
from controller.replaying.wires import Conversation, Wire
from devices.links.address import Link, ModbusLink, SerialLink
from devices.links.stream import ByteStream, Dial
from devices.plc.contract import DeviceKind

_TAIL = timedelta(seconds=2)
"""Of a line that died: so much of its last decisions may be missing on the tape."""
_LABEL = b"^XA"
_POLL_S = 0.005
"""The least allowed: a playback holds each poll until there is something new to show."""
_KINDS = {
    "conveyor": DeviceKind.CONVEYOR,
    "sealer": DeviceKind.SEALER,
    "applicator": DeviceKind.APPLICATOR,
    "gate": DeviceKind.GATE,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a replay came out. :ivar differences: the first of each matter, the earliest first; none: the same."""

    items: int
    permits: int
    entries: int
    recorded_s: float
    wall_s: float
    differences: tuple[Difference, ...]
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Now:
    """What the replayed line has done. :ivar strayed_at: loop time at which it could not be shown anything further."""

    permits: list[Issued] = field(default_factory=list)
    labels: list[tuple[float, str, bytes]] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)
    entries: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    strayed_at: float | None = None
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
        asides = [(said.facts["name"], said.facts["began"], said.at) for said in line.asides]
        with asyncio.Runner(loop_factory=lambda: ReplayLoop(line.began_at, line.pauses, asides)) as runner:
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
        self.now = _Now()

    async def play(self, config: LineConfig) -> None:
        """Run the line from the recording's beginning to its end."""
        seams = Seams(
            clock=self._clock,
            opening=self._opening(config),
            writer=lambda: PlaybackWriter(self._line.commits),
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
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(serve()) for serve in composed.serves]
            tasks.append(group.create_task(self._call(composed.desk.handlers)))
            loop.call_at(self._line.end, self._over.set)
            await self._over.wait()
            self._look_back(config)
            for task in tasks:
                task.cancel()

    async def _call(self, handlers: Any) -> None:
        """Ask what people asked, when they asked it."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for said in self._line.calls:
                if "arguments" not in said.facts:
                    continue
                await asyncio.sleep(max(0.0, said.at - loop.time()))
                handler = handlers.get(said.facts["name"])
                if handler is None:
                    raise TapeError(f"the call {said.facts['name']!r} was recorded, this sealline does not know it")
                group.create_task(self._ask(handler, said.facts))

    async def _ask(self, handler: Handler, facts: dict[str, Any]) -> None:
        try:
            await handler(json.loads(facts["arguments"]))
        except ChannelRefused as refused:
            self.now.refused.append((asyncio.get_running_loop().time(), f"{facts['name']}: {refused.code}"))

    def _opening(self, config: LineConfig) -> Opening:
        def opening(name: str, link: Link) -> Dial:
            connections = self._line.connections.get(name, [])
            return Wire(connections, self._playback(name, link, config, connections)).dial

        return opening

    def _playback(
        self, name: str, link: Link, config: LineConfig, connections: list[Connection]
    ) -> Callable[[Connection, float], ByteStream]:
        if not isinstance(link, ModbusLink):
            return lambda connection, since: (
                Conversation(connection, since, lambda data: self._wrote(name, data)).stream
            )
        device = config.devices[name]
        assert isinstance(device, PlcDevice)
        kind = _KINDS[device.type]
        frames = Frames("rtu" if isinstance(link.transport, SerialLink) else "tcp")
        plc = self._plcs[name] = Plc(name, kind, 9 if kind is DeviceKind.CONVEYOR else 1, frames, self._stray)
        plc.read(connections)
        return plc.begin

    def _wrote(self, name: str, data: bytes) -> None:
        if data.startswith(_LABEL):
            self.now.labels.append((asyncio.get_running_loop().time(), name, data))

    def _stray(self, why: str) -> None:
        """The recording has nothing to show to a line that does something else: end here."""
        if self.now.strayed_at is None:
            self.now.strayed_at = asyncio.get_running_loop().time()
            self.now.remarks.append(why)
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
        refused = [
            (said.at, f"{said.facts['name']}: {said.facts['refused']}")
            for said in line.calls
            if "refused" in said.facts
        ]
        return self._all(line.entries, line.events, permits, labels, refused)

    def decided(self) -> list[Decision]:
        """What the replayed line decided."""
        now = self.now
        permits = [each for plc in self._plcs.values() for block in plc.now.values() for each in block]
        asked = [Decision(self._wall(at), "questions to vision", what) for at, what in self._vision.unknown]
        return asked + self._all(now.entries, now.events, permits, now.labels, now.refused)

    def differences(self, then: list[Decision], now: list[Decision]) -> list[Difference]:
        """All of them; a replay that broke off without any is one itself."""
        line, strayed_at = self._line, self.now.strayed_at
        end = self._wall(line.end)
        then_until = end + timedelta(days=1) if line.stopped_at is not None else end - _TAIL
        now_until = then_until if strayed_at is None else self._wall(strayed_at) - _TAIL / 4
        found = differences(_without_alarms(then), _without_alarms(now), then_until, now_until)
        if not found and (strayed_at is not None or self.now.failure):
            why = self.now.failure or self.now.remarks[0]
            at = end if strayed_at is None else self._wall(strayed_at)
            return [Difference(at, "the whole line", "went on", why)]
        if not found:
            self.now.remarks += [
                f"an alarm came otherwise, as those may that come of looking twice a second: {alarm}"
                for alarm in differences(then, now, then_until, now_until)[:1]
            ]
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


def _without_alarms(decisions: list[Decision]) -> list[Decision]:
    """Alarms that are raised by a look now and then come otherwise for a moment's difference; what holds is a state."""
    return [decision for decision in decisions if not decision.matter.startswith("alarm ")]


def _moved(line: Timeline, folder: Path) -> LineConfig:
    """The configuration with everything that is written in a folder of the replay's own."""
    config = line.config
    shutil.copy(line.folder / JOURNAL, folder / "line.db")
    own = {"journal": folder / "line.db", "evidence": folder / "evidence", "signing_key": folder / "line.key"}
    return config.model_copy(
        update={
            "store": config.store.model_copy(update=own),
            "timing": config.timing.model_copy(update={"poll_s": _POLL_S}),
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
