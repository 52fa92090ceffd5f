"""Reads a recording from its folder."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path

from controller.plan.config import LineConfig
from controller.recording.tape import (
    BEHEADED,
    CONFIG,
    META,
    VERSION,
    Kind,
    Record,
    TapeError,
    read_noted,
    read_records,
)
from controller.recording.upkeep import runs
from controller.replaying.timeline import Answer, BrokerLink, Connection, Said, Timeline

_OF_A_STREAM = frozenset(
    {
        Kind.OPENED,
        Kind.REFUSED,
        Kind.IN,
        Kind.OUT,
        Kind.PICTURE,
        Kind.PIECE,
        Kind.ENDED,
        Kind.CLOSED,
        Kind.AT_ONCE,
        Kind.DRAINED,
    }
)


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
    line = Timeline(folder, config)
    line.records = list(read_records(read_noted(folder), line.turns))
    _fill(line)
    if line.began is None:
        raise TapeError(f"{folder}: holds no beginning: the line ended before it had begun")
    return line


def asked_of_dispatch(payload: str) -> str:
    """What a message to the broker says, whatever the event's id and time are: its sequence, else itself."""
    try:
        return str(json.loads(payload)["sequence"])
    except (ValueError, TypeError, KeyError):
        return payload


def _fill(line: Timeline) -> None:
    open_ones: dict[int, Connection] = {}
    links: dict[int, BrokerLink] = {}
    for record in line.records:
        if record.kind is Kind.DIALLED:
            connection = open_ones[record.stream] = Connection(record.data.decode(), record)
            line.connections.setdefault(connection.device, []).append(connection)
        elif record.kind in _OF_A_STREAM:
            connection = open_ones[record.stream]
            connection.take(record)
            line.deliveries[record.place] = partial(connection.deliver, record)
        elif record.kind is Kind.BROKER:
            _take_broker(line, links, record)
        else:
            _take(line, record)


def _take(line: Timeline, record: Record) -> None:
    match record.kind:
        case Kind.BEGAN:
            line.began = _answer(line, record)
        case Kind.STOPPED:
            line.stopped = _answer(line, record)
        case Kind.COMMIT:
            line.commits.append(record)
        case Kind.CALL | Kind.HUNG_UP:
            line.calls.append(record)
        case Kind.REFUSAL:
            line.refusals.append(Said(record.at, record.said()))
        case Kind.VERDICT:
            facts = record.said()
            line.verdicts.add(f"{facts['picture']} {facts['asked']}", facts["n"], _answer(line, record))
        case Kind.READY:
            line.readies.add("", record.said()["n"], _answer(line, record))
        case Kind.ASIDE:
            facts = record.said()
            line.asides.add(facts["name"], facts["n"], _answer(line, record))
        case Kind.WALL:
            line.walls.append((record.at, datetime.fromisoformat(record.said()["wall"])))
        case Kind.ENTRIES:
            said = record.said()
            line.entries += said["entries"]
            line.events += said["events"]


def _take_broker(line: Timeline, links: dict[int, BrokerLink], record: Record) -> None:
    facts = record.said()
    what = facts["what"]
    if what in ("dialled", "unmade"):
        link = links[record.stream] = BrokerLink(facts.get("error", ""))
        line.links.append(link)
    elif what in ("arrived", "lost"):
        line.deliveries[record.place] = partial(links[record.stream].deliver, facts)
    elif what == "tell":
        line.published.append(Said(record.at, facts))
        line.publishing.add(asked_of_dispatch(facts["payload"]), facts["n"], _answer(line, record))
    else:
        links[record.stream].answers.add(what, facts["n"], _answer(line, record))


def _answer(line: Timeline, record: Record) -> Answer:
    answer = Answer(record)
    line.deliveries[record.place] = answer.come
    return answer
