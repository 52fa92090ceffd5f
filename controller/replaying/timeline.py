"""A recording as a replay needs it: each device's connections with their bytes, and what came over the other seams."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from controller.plan.config import LineConfig
from controller.recording.tape import BEHEADED, CONFIG, META, VERSION, Kind, Record, TapeError, read_records
from controller.recording.upkeep import runs
from controller.replaying.loop import Pause

_PAUSE_S = 0.05
"""A line that runs reads its PLCs more often: with nothing at all on the tape for so long, it stood still."""
_WIRES = frozenset({Kind.OPENED, Kind.REFUSED, Kind.IN, Kind.OUT, Kind.PICTURE, Kind.ENDED, Kind.CLOSED})


@dataclass(slots=True)
class Connection:
    """One attempt to open a device's link, and what went over it.

    :ivar opened_at: None when it never opened; :ivar refused: why, then.
    :ivar over_at: loop time at which it ended; infinity when it outlasts the recording.
    :ivar ended: the device's end of it, None when the line closed it or it outlasts the recording.
    :ivar passed: IN, OUT and PICTURE records in their order.
    """

    device: str
    dialled_at: float
    opened_at: float | None = None
    refused: str | None = None
    over_at: float = float("inf")
    ended: str | None = None
    passed: list[Record] = field(default_factory=list)

    def take(self, record: Record) -> None:
        """Take the next record of this connection."""
        match record.kind:
            case Kind.OPENED:
                self.opened_at = record.at
            case Kind.REFUSED:
                self.refused, self.over_at = record.data.decode(), record.at
            case Kind.ENDED:
                self.ended, self.over_at = record.data.decode(), record.at
            case Kind.CLOSED:
                self.over_at = record.at
            case _:
                self.passed.append(record)


@dataclass(slots=True)
class Said:
    """A record of facts with its time."""

    at: float
    facts: dict[str, Any]


@dataclass(slots=True)
class Timeline:
    """All of a recording. Times are the recorded line's loop times.

    :ivar stopped_at: when the line was told to end; None when it died or still ran.
    """

    folder: Path
    config: LineConfig
    began_at: float = 0.0
    last_at: float = 0.0
    stopped_at: float | None = None
    connections: dict[str, list[Connection]] = field(default_factory=dict)
    verdicts: list[Said] = field(default_factory=list)
    readies: list[Said] = field(default_factory=list)
    commits: list[Said] = field(default_factory=list)
    asides: list[Said] = field(default_factory=list)
    calls: list[Said] = field(default_factory=list)
    broker: list[tuple[int, Said]] = field(default_factory=list)
    walls: list[tuple[float, datetime]] = field(default_factory=list)
    entries: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    @property
    def end(self) -> float:
        """Loop time at which the recording ends."""
        return self.last_at if self.stopped_at is None else self.stopped_at


def find_run(folder: Path) -> Path:
    """The recording that a folder is, or the newest that it holds.

    :raises TapeError: there is none.
    """
    if (folder / META).is_file():
        return folder
    if found := runs(folder):
        return found[-1]
    raise TapeError(f"{folder}: no recording of `sealline run --record` there")


def read_timeline(folder: Path) -> Timeline:
    """Read one run's recording.

    :raises TapeError: it is damaged, of another version, or its beginning had to make room.
    """
    try:
        version = json.loads((folder / META).read_text(encoding="utf-8"))["version"]
        config = LineConfig.model_validate_json((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise TapeError(f"{folder}: what the line started from can't be read ({error})") from error
    if version != VERSION:
        raise TapeError(f"{folder}: recorded in form {version}, this sealline replays form {VERSION}")
    if (folder / BEHEADED).exists():
        raise TapeError(
            f"{folder}: its beginning was removed to stay within the limit, and a replay begins there; "
            "record with a higher --record-limit-mb, or start the line process anew more often"
        )
    return _filled(Timeline(folder, config))


def _filled(line: Timeline) -> Timeline:
    records = sorted(read_records(line.folder), key=lambda record: record.at)
    open_ones: dict[int, Connection] = {}
    for record in records:
        if record.kind is Kind.DIALLED:
            connection = open_ones[record.stream] = Connection(record.data.decode(), record.at)
            line.connections.setdefault(connection.device, []).append(connection)
        elif record.kind in _WIRES:
            open_ones[record.stream].take(record)
        else:
            _take(line, record)
    if not any(record.kind is Kind.BEGAN for record in records):
        raise TapeError(f"{line.folder}: holds no beginning: the line ended before it had begun")
    line.last_at = records[-1].at
    line.pauses = [(one.at, other.at) for one, other in pairwise(records) if other.at - one.at > _PAUSE_S]
    return line


def _take(line: Timeline, record: Record) -> None:
    lists = {
        Kind.VERDICT: line.verdicts,
        Kind.READY: line.readies,
        Kind.COMMIT: line.commits,
        Kind.ASIDE: line.asides,
        Kind.CALL: line.calls,
    }
    match record.kind:
        case Kind.BEGAN:
            line.began_at = record.at
        case Kind.STOPPED:
            line.stopped_at = record.at
        case Kind.BROKER:
            line.broker.append((record.stream, Said(record.at, record.said())))
        case Kind.WALL:
            line.walls.append((record.at, datetime.fromisoformat(record.said()["wall"])))
        case Kind.ENTRIES:
            said = record.said()
            line.entries += said["entries"]
            line.events += said["events"]
        case kind:
            lists[kind].append(Said(record.at, record.said()))
