"""One whole virtual run: plant, people, broker and dispatch, and the line's own code as a process among them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

from simulators.history import (
    CarrierLoaded,
    CarrierMoved,
    EmergencyStop,
    Event,
    GuardsSwung,
    LabelPrinted,
)
from simulators.oracle import Told
from simulators.plant_process import ReaderAtHand
from simulators.scenario import Scenario, make_scenario
from simulators.stock import Stock, take_stock
from simulators.truth import truth
from simulators.virtual.chronicle import BEGAN
from simulators.virtual.commits import Disk
from simulators.virtual.conductor import Conductor
from simulators.virtual.cut import WHOLE, Cut
from simulators.virtual.dispatch import VirtualBroker
from simulators.virtual.eyes import Rates, TrueVision
from simulators.virtual.finding import Finders
from simulators.virtual.inspector import Inspector
from simulators.virtual.line_process import LineProcess
from simulators.virtual.loop import VirtualLoop
from simulators.virtual.people import Operator, VirtualHands
from simulators.virtual.pixels import PixelVision, Truths
from simulators.virtual.plant import VirtualPlant
from simulators.virtual.trace import Trace
from simulators.virtual.troubles import DISTURBING, MOVED_BY_HAND, Kind, plan_motion_faults, plan_troubles

CARRIERS = 12
POLL_S = 0.06
SPEED = 2.0
STANDSTILL_S = 150.0
"""A run in which no matter moves and dispatch hears nothing for so long does not go on any more."""
LONGEST_S_AN_ORDER = 120.0
LOOK_S = 2.0
"""How often it is looked whether everything has ended."""
_OFTEN_WRONG = Rates(unsure=0.05, rejects=0.01, silent=0.003)
RATES = {
    "none": Rates(unsure=0.0, rejects=0.0, silent=0.0),
    "light": Rates(),
    "few": _OFTEN_WRONG,
    "heavy": _OFTEN_WRONG,
}


class Depth(StrEnum):
    """How deep the line's own code goes."""

    WIRE = "wire"
    """Every byte is framed, every image polled."""
    PORT = "port"
    """PLCs are met above their framing, by images and registers; all other devices still by bytes."""


class VirtualClock:
    """The time of day, from virtual time, until somebody sets it."""

    def __init__(self) -> None:
        self._off_s = 0.0

    def now(self) -> datetime:
        """The present moment."""
        return BEGAN + timedelta(seconds=asyncio.get_running_loop().time() + self._off_s)

    def jump(self, seconds: float) -> None:
        """Be set forth, or back."""
        self._off_s += seconds


class Witness(list[Event]):
    """The world's history, told on as it happens."""

    def __init__(self, events: Iterable[Event], see: Any) -> None:
        super().__init__(events)
        self._see = see

    def append(self, event: Event) -> None:
        """Note an event and tell of it."""
        super().append(event)
        self._see(event)


@dataclass(slots=True)
class Ended:
    """What is left at the end of a run, for the oracle.

    :ivar open_orders: orders of which the line itself says that it does not know where their parcel fell.
    :ivar open_numbers: their mail numbers; :ivar escaped: orders whose reject, it says, fell into dispatch.
    :ivar findings: what was wrong while it ran; :ivar printed: mail numbers of all labels that came out.
    :ivar rare: how often each rare branch was taken.
    :ivar astray: labels on others' parcels and events before their time, a sentence each; none where hands had moved
        parcels.
    :ivar calm_gate: nothing ever disturbed the gate, so it can tell of each parcel where it fell.
    """

    stock: Stock
    scenario: Scenario
    ledger: list[Told]
    open_orders: frozenset[str]
    open_numbers: frozenset[str]
    escaped: frozenset[str]
    states: dict[str, str]
    findings: list[str]
    printed: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()
    calm_gate: bool = False
    rare: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)


class VirtualFloor:
    """One run.

    :param level: of `ORDERS_A_TROUBLE`; :param kinds: the only kinds of trouble, all unless given.
    :param folder: where the line keeps its pictures; :param challenges: a test kit after so many items, 0: none.
    :param pixels: pictures are drawn, and judged by the line's own vision.
    """

    def __init__(
        self,
        seed: int,
        orders: int,
        level: str,
        kinds: tuple[Kind, ...],
        depth: Depth,
        loop: VirtualLoop,
        folder: Path,
        challenges: int = 0,
        cut: Cut = WHOLE,
        *,
        pixels: bool = False,
    ) -> None:
        chance = Random(f"floor {seed}")
        self.trace = Trace()
        plan = make_scenario(seed, orders, troubled=level != "none")
        self.scenario = cut.of_orders(plan)
        faults = (*self.scenario.faults, *cut.of_faults(plan_motion_faults(seed, plan, level)))
        truths = Truths() if pixels else None
        self.plant = VirtualPlant(seed, SPEED, CARRIERS, faults, self.trace, typed=depth is Depth.PORT, truths=truths)
        self.inspector = Inspector(self.plant.world, self.plant.faults, loop.time)
        self.findings = self.inspector.findings
        self._clock = VirtualClock()
        self._loop = loop
        self._disk = Disk(Random(f"disk {seed}"), self.trace)
        self._broker = VirtualBroker(Random(f"broker {seed}"), self.trace)
        self.pixels: Counter[str] = Counter()
        self._vision = self._make_vision(Random(f"vision {seed}"), RATES[level], truths)
        self._process = LineProcess(
            loop,
            _write_configuration(folder, challenges),
            self.plant,
            self._disk,
            self._broker,
            self._vision,
            self._clock,
            self.inspector,
            self.findings,
            typed=depth is Depth.PORT,
        )
        self.call, self.kill_line = self._process.call, self._process.kill
        readers = {
            "infeed": ReaderAtHand(self.plant.infeed_scanner),
            "collate": ReaderAtHand(self.plant.certificate_scanner),
        }
        self.hands = VirtualHands(
            self.plant.world,
            readers,
            self.scenario,
            self.plant.faults,
            self.call,
            SPEED,
        )
        self.operator = Operator(
            self.plant, self.hands, self.call, lambda: self._process.line, chance, self._vision.mend
        )
        self.finders = Finders(self.plant.world, self.call, seed)
        self.conductor = Conductor(
            cut.of_troubles(plan_troubles(seed, plan, level, kinds)),
            self.plant,
            self.hands,
            self._broker,
            self._disk,
            self.kill_line,
            self.call,
            self._clock.jump,
            self.operator.go_away,
            self.inspector.broke,
            self._vision.blind,
        )

    def _make_vision(self, chance: Random, rates: Rates, truths: Truths | None) -> TrueVision:
        if truths is None:
            return TrueVision(chance, rates)
        vision = PixelVision(
            chance, rates, truths, lambda what: self.findings.append(f"{self._loop.time():.3f} {what}")
        )
        self.pixels = vision.counts
        return vision

    @property
    def journal(self) -> sqlite3.Connection:
        """The line's journal, until the run is closed."""
        return self._disk.journal

    def close(self) -> None:
        """End the line and let go of what it wrote."""
        self._process.close()
        self._disk.close()

    @property
    def kills(self) -> int:
        """Lives that the line has lost."""
        return self._process.kills

    async def run(self) -> Ended:
        """Hand in the orders, keep the floor going until everything has ended, and take stock."""
        async with self.plant:
            self.plant.world.history = Witness(self.plant.world.history, self._see)
            self.inspector.plcs = self.plant.watched
            self._broker.dispatch.on_told = self.inspector.told
            for plc in self.plant.watched:
                plc.watch(self.inspector.written, self.inspector.accepted, self.inspector.rare)
            for camera in self.plant.cameras.values():
                camera.on_exposed = self.inspector.exposed
            self.plant.employ(self._process.keep_running(), "the line's supervisor")
            self.plant.employ(self.conductor.work(), "conductor")
            await self._hand_in()
            self.plant.employ(self.hands.work(), "hands")
            self.plant.employ(self.operator.work(), "operator")
            self.plant.employ(self.finders.work(), "finders")
            await self._until_done()
            return await self._take_stock()

    # Watching.

    def _see(self, event: Event) -> None:
        now = self._loop.time()
        self.trace.add(now, "world", repr(event).encode())
        self.conductor.see(event)
        self.inspector.see(event)
        match event:
            case CarrierMoved():
                self.plant.stir(event.source, event.target)
            case CarrierLoaded():
                self.plant.stir("load")
            case GuardsSwung() | EmergencyStop():
                self.plant.stir()

    async def _until_done(self) -> None:
        """Wait until every order has ended and dispatch has answered for everything; or nothing moves any more."""
        began = changed = self._loop.time()
        seen: tuple[int, ...] | None = None
        looked: tuple[int, ...] | None = None
        while True:
            await asyncio.sleep(LOOK_S)
            now = self._loop.time()
            moved = (len(self.plant.world.history), len(self._broker.dispatch.ledger))
            busy = moved != seen and self._is_busy()
            if moved != seen:
                seen, changed = moved, now
            shown = (*moved, self._disk.commits, self.kills, self.finders.ended, self.hands.unopened)
            if not busy and shown != looked and (found := await self.call("orders")) is not None:
                looked = shown
                if self._is_done(found):
                    return
            if now - changed > STANDSTILL_S or now - began > LONGEST_S_AN_ORDER * (5 + len(self.scenario.orders)):
                self.findings.append(f"{now:.3f} the run does not end: {self._standing(await self.call('orders'))}")
                return

    def _is_busy(self) -> bool:
        """Whether it can be seen from outside that not all has ended: parcels on the belts, or rejects unopened."""
        world = self.plant.world
        carriers = (*world.zones.values(), *(way.carrier for way in world.travelling.values()))
        mailers = (each.mailer for each in carriers if each.mailer is not None)
        return bool(self.hands.unopened) or any(each.kit or each.contents for each in mailers)

    def _is_done(self, found: dict[str, Any]) -> bool:
        unknown = set(found["unknown"]) - {each.acceptance for each in self.finders.still_to_find(found)}
        for each in found["orders"]:
            final = each["state"] == "rejected" and not self.hands.may_try_again(each["acceptance"], each["attempt"])
            if each["state"] != "packed" and not final and each["acceptance"] not in unknown:
                return False
        busy = found["pending"] or found["under_way"] or found["led"] or self.hands.unopened
        busy = busy or self.finders.bags_to_look_through(found)
        return not busy and len(found["orders"]) == len(self.scenario.orders)

    def _standing(self, found: dict[str, Any] | None) -> str:
        line = self._process.line
        state = "dead" if line is None else f"{line.state}, alarms {line.standing()}"
        zones = {zone: each.number for zone, each in self.plant.world.zones.items()}
        waits = [each for each in (found or {"orders": []})["orders"] if each["state"] != "packed"]
        rest = {key: value for key, value in (found or {}).items() if key != "orders"}
        short = [(each["acceptance"], each["state"], each["attempt"]) for each in waits]
        return f"line {state}; carriers {zones}; waits for {short}; {rest}"

    async def _hand_in(self) -> None:
        """Wait for the line, give it its numbers and its orders."""
        numbers = list(self.scenario.mail_numbers)
        while await self.call("import_mail_numbers", numbers=numbers) is None:  # noqa: ASYNC110 -- it is not up yet
            await asyncio.sleep(0.1)
        rows = [{"line": n, "data": each.model_dump(mode="json")} for n, each in enumerate(self.scenario.orders, 1)]
        report = await self.call("import_orders", rows=rows)
        assert report is not None
        assert not report["refused"], report

    async def _take_stock(self) -> Ended:
        await self.call("snapshot")  # somebody looks at the page: what it is made of must not fail
        found = await self.call("orders") or {"orders": [], "unknown": [], "unknown_numbers": [], "escaped": []}
        line = self._process.line
        if line is not None and (broken := line.broken_chain()) is not None:
            self.findings.append(f"the journal's chain is broken at entry {broken}")
        rare = Counter(await self.call("seen") or {})
        rare.update(self.inspector.rare)
        rare["operator began anew"] += self.operator.began_anew
        for context in self._loop.failures:
            self.findings.append(f"an error that nobody took: {context.get('message')}: {context.get('exception')!r}")
        raw = {**truth(self.plant.world, self.plant.faults), "at_hand": self.hands.at_hand}
        # What is on its way between two zones stands on the line as well.
        travelling = {f"to {to}": way.carrier for to, way in self.plant.world.travelling.items()}
        zones = truth_of_travelling(travelling)
        return Ended(
            stock=take_stock(json.loads(json.dumps({**raw, "zones": {**raw["zones"], **zones}}))),  # type: ignore[dict-item]
            scenario=self.scenario,
            ledger=sorted(self._broker.dispatch.ledger.values(), key=lambda told: told.sequence),
            open_orders=frozenset(found["unknown"]),
            open_numbers=frozenset(found["unknown_numbers"]),
            escaped=frozenset(found["escaped"]),
            states={each["acceptance"]: each["state"] for each in found["orders"]},
            findings=self.findings,
            printed=tuple(event.mail_number for event in self.plant.world.history if isinstance(event, LabelPrinted)),
            rare=rare,
            astray=() if MOVED_BY_HAND & set(self.conductor.counts) else tuple(self.inspector.astray),
            calm_gate=not (DISTURBING | {Kind.DETECTOR_BLIND}) & set(self.conductor.counts),
            story=self.conductor.told,
        )


def truth_of_travelling(carriers: dict[str, Any]) -> dict[str, Any]:
    """Mailers of carriers that stand in no zone, as `simulators.truth` writes zones."""
    return {
        way: {
            "carrier": carrier.number,
            "mailer": None
            if carrier.mailer is None
            else {"part_ids": [placed.part.part_id for placed in carrier.mailer.contents]},
        }
        for way, carrier in carriers.items()
    }


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run's pictures, in memory where there is such."""
    shared = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix="sealline-virtual-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def _write_configuration(folder: Path, challenges: int) -> Path:
    """The example's own line, with its pictures in this run's folder, its PLCs read a third as often."""
    text = files("controller").joinpath("line.example.toml").read_text(encoding="utf-8")
    path = folder / "line.toml"
    text = text.replace("poll_s = 0.02", f"poll_s = {POLL_S}").replace("every_items = 0", f"every_items = {challenges}")
    path.write_text(text, encoding="utf-8")
    return path
