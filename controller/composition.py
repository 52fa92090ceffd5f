"""A line put together, for the floor and for a simulation alike: the one place where its seams are chosen.

Only four things of a line are ever exchanged: the byte stream under a driver, the commit, the publish, and picture →
verdict. `Seams` holds them; as it stands it is a real line's. A virtual floor gives its own and knows the line by
`open_line`, which the entry point group `sealline.seams` names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from controller.clock import SystemClock, WallClock
from controller.desk.channel import Handler
from controller.desk.desk import Desk
from controller.dispatch.bags import BagState
from controller.dispatch.broker import Broker
from controller.dispatch.outbox import OutboxState, outbox_counts
from controller.equipment import Opening, Ports, build_equipment, by_address
from controller.eyes.vision_workers import VisionTimeout, VisionWorkers
from controller.flow.strays import STRAY
from controller.journal import Journal
from controller.journal.reading import Pick, PickPart, kinds_seen, pick_list, verify_chain
from controller.journal.store import Reading
from controller.journal.writer import Writer, WritingThread
from controller.line import Line
from controller.orders.mail_numbers import MailNumberState
from controller.orders.work_orders import OrderState
from controller.plan.config import LineConfig, load_config

_ASKED = ("item", "acceptance", "attempt", "carrier", "mail_number", "outcome")
_OPEN = (
    f"SELECT {', '.join(_ASKED)}, chute FROM items WHERE outcome IN ('unknown', 'recalled', 'lost')"  # noqa: S608
    f" UNION ALL SELECT {', '.join(_ASKED)}, '' FROM items WHERE ended_at IS NULL ORDER BY item"
)
"""What has not ended and what has ended unknown, recalled or lost; by two small indices, in two halves for that."""
_STRAY_BAGS = "SELECT bag FROM bags WHERE state = ? AND reason = ? ORDER BY bag"
_SENT = "SELECT number FROM mail_numbers WHERE state = ?"
_ORDERS = "SELECT acceptance, state, attempt FROM orders WHERE state {} ? ORDER BY priority, due, acceptance LIMIT ?"
_EVERY, _OF_STATE = _ORDERS.format("!="), _ORDERS.format("=")


@dataclass(frozen=True, slots=True)
class Seams:
    """What a simulation may exchange.

    :ivar opening: opens each device's byte stream; :ivar ports: exchanges the PLCs' links above their framing.
    :ivar writer: makes the journal's writer; :ivar journal: SQLite's URI of another place than the configured file.
    :ivar connect: makes a connection to the broker; None: to the configured one.
    :ivar vision: judges pictures; None: workers by the configuration.
    """

    clock: WallClock = field(default_factory=SystemClock)
    opening: Opening = by_address
    ports: Ports | None = None
    writer: Callable[[], Writer] = WritingThread
    journal: str = ""
    connect: Callable[[], Broker] | None = None
    vision: VisionWorkers | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A line over its open journal, and what must be served beside it."""

    line: Line
    vision: VisionWorkers
    journal: Journal
    desk: Desk
    reading: Reading

    @property
    def serves(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        """What keeps going until it is cancelled."""
        return (self.line.serve, self.vision.serve)

    @property
    def state(self) -> str:
        """The unit's state, as `EXECUTE`."""
        return self.line.unit.state.name

    @property
    def mode(self) -> str:
        """The unit's mode, as `MANUAL`."""
        return self.line.unit.mode.name

    @property
    def executing(self) -> bool:
        """Whether motion may be permitted."""
        return self.line.unit.executing

    async def turned(self) -> None:
        """Return at the unit's next turn."""
        await self.line.unit.changed.wait()

    @property
    def calls(self) -> Mapping[str, Handler]:
        """What an operator's page and the screens of the floor ask of the line."""
        return {**self.desk.handlers, "pick_list": self._pick_list, "orders": self._orders, "seen": self._seen}

    def standing(self) -> list[tuple[str, str]]:
        """Kind and text of each alarm that stands."""
        return [(alarm.kind, alarm.text) for alarm in self.line.alarms.views() if not alarm.cleared]

    def broken_chain(self) -> int | None:
        """The first history entry that does not follow from the one before; None when all do."""
        return self.reading.ask(verify_chain)

    async def _pick_list(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        return {"picks": [_told(pick) for pick in self.reading.ask(pick_list)]}

    async def _seen(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """How often each kind of entry, alarm and reject reason stands in the journal; 0 for one that never came."""
        return self.reading.ask(kinds_seen)

    async def _orders(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Every order with its state, what has not ended yet, and what the line asks people about.

        `asked`: items of which it does not know where their parcel is; `unknown`: the orders of those that have ended;
        `led`: items and emptied carriers that it still leads; `stray_bags`: those to be looked through, with the
        numbers that lie in bags rightly (`sent`) and those of parcels that have not ended (`open_numbers`). Who asks
        for a `state` hears of no other order, and of `most` at most.
        """
        tracking, most, state = self.line.tracking, int(arguments.get("most", 10_000)), str(arguments.get("state", ""))
        read = self.reading.ask(lambda connection: _all_orders(connection, most, state, tracking.missing))
        return {"led": len(tracking.items), **read}


_PICK, _PART = (tuple(each.name for each in fields(kind)) for kind in (Pick, PickPart))


def _told(pick: Pick) -> dict[str, Any]:
    parts = [{name: getattr(part, name) for name in _PART} for part in pick.parts]
    return {name: getattr(pick, name) for name in _PICK} | {"parts": parts}


def _all_orders(connection: sqlite3.Connection, most: int, state: str, missing: Collection[int]) -> dict[str, Any]:
    """:param state: of the only orders wanted, '' for all; :param missing: carriers in no zone at the start."""
    wanted = (_OF_STATE, state) if state else (_EVERY, OrderState.TEST)
    rows = [row for row in connection.execute(_OPEN) if row["outcome"] != "lost"]
    items = [{name: row[name] for name in _ASKED} for row in rows]
    ended = [each for each in items if each["outcome"]]
    strays = [row[0] for row in connection.execute(_STRAY_BAGS, (BagState.FROZEN, STRAY))]
    sent = connection.execute(_SENT, (MailNumberState.DISPATCHED,)) if strays else ()
    return {
        "under_way": len(items) - len(ended),
        "asked": ended + [each for each in items if not each["outcome"] and each["carrier"] in missing],
        "pending": outbox_counts(connection)[OutboxState.PENDING],
        "orders": [
            {"acceptance": row[0], "state": row[1], "attempt": row[2]}
            for row in (connection.execute(wanted[0], (wanted[1], most)) if most else ())
        ],
        "unknown": sorted({each["acceptance"] for each in ended}),
        "escaped": sorted(
            {row["acceptance"] for row in rows if row["outcome"] == "recalled" and row["chute"] == "dispatch"}
        ),
        "stray_bags": strays,
        "sent": [row[0] for row in sent],
        "open_numbers": [each["mail_number"] for each in items if each["mail_number"] and not each["outcome"]],
        "unknown_numbers": sorted({each["mail_number"] for each in ended if each["mail_number"]}),
    }


@asynccontextmanager
async def compose(config: LineConfig, seams: Seams | None = None) -> AsyncIterator[Composed]:
    """Open a line's journal and put the line together over it; nothing of it runs yet.

    :raises JournalUnavailable: the journal can't be opened.
    """
    seams = seams or Seams()
    vision = seams.vision or VisionWorkers(config.vision.workers, config.vision.memory_mb)
    async with Journal(config.store.journal, seams.clock, seams.writer(), seams.journal) as journal:
        line = Line(config, seams.clock, journal, build_equipment(config, seams.opening, seams.ports), vision)
        if seams.connect is not None:
            line.dispatch.connect = seams.connect
        with closing(journal.reading()) as reading:
            yield Composed(line, vision, journal, Desk(line), reading)


@asynccontextmanager
async def open_line(path: Path, **seams: Any) -> AsyncIterator[Composed]:
    """As `compose`, from a `line.toml` and the seams by name. Vision that is not ours fails by our own error."""
    if "vision" in seams:
        seams["vision"].failure = VisionTimeout
    async with compose(load_config(path), Seams(**seams)) as composed:
        yield composed
