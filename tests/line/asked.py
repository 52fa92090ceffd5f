"""What a test asks of its floor, and what it waits for: the line over its channel, the plant and the books directly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from controller.desk.channel import ChannelClient, ChannelRefused, LineUnreachable
from controller.desk.channel_wire import load_or_make_token
from controller.snapshot import Snapshot
from devices.plc.contract import Chute
from simulators.history import Event
from simulators.oracle import Judgement, judge, read_ledger
from simulators.plant import Plant
from simulators.stock import take_stock
from simulators.truth import truth
from tests.line.books import Books
from tests.line.crew import FloorCrew, Witness
from tests.line.people import Mendable, People

Happening = TypeVar("Happening", bound=Event)
LOOK_S = 0.03
LOOK_FOR_END_S = 0.15
"""A moment is looked for often; what stays, and takes several questions to the books, is not."""
LOOK_WHETHER_STARVED_S = 1.0
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a run came out. :ivar states: of each order; :ivar reasons: of its rejected attempts, by acceptance."""

    judgement: Judgement
    states: dict[str, str]
    reasons: dict[str, list[str]]


class Asked(Books):
    """A floor as it is asked; `tests.line.floor.Floor` sets it up."""

    def __init__(self, folder: Path, plan: Mendable) -> None:
        super().__init__(folder, plan)
        self.crew = FloorCrew(folder)
        self.plant: Plant
        self.people: People
        self.witness: Witness
        self._looked_at = 0.0

    # Asking the line.

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        token = load_or_make_token(self.folder / "var" / "token")
        return await ChannelClient(self.folder / "var" / "line.sock", token).call(name, **arguments)

    async def view(self) -> Snapshot:
        return Snapshot.model_validate(await self.call("snapshot"))

    async def command(self, command: str, state: str, within: float = PATIENCE_S) -> None:
        """Give a command and wait for the state that it leads to."""
        await self.call("command", command=command, by="test")
        await self.state(state, within)

    async def state(self, state: str, within: float = PATIENCE_S) -> Snapshot:
        return await self.line_shows(lambda view: view.state == state, f"state {state}", within)

    async def hand_in(self) -> None:
        """Give the line its mail numbers and the plan's orders."""
        await self.call("import_mail_numbers", numbers=list(self.plan.mail_numbers))
        rows = [{"line": n, "data": each.model_dump(mode="json")} for n, each in enumerate(self.plan.orders, 1)]
        report = await self.call("import_orders", rows=rows)
        assert not report["refused"], report

    async def begin(self) -> None:
        """Reset and start."""
        await self.command("reset", "Idle")
        await self.command("start", "Execute")

    async def pack(self) -> Result:
        """Hand in, start, and wait until everything has ended."""
        await self.hand_in()
        await self.begin()
        return await self.finish()

    # Waiting.

    async def line_shows(self, holds: Callable[[Snapshot], bool], what: str, within: float = PATIENCE_S) -> Snapshot:
        """Wait until the line's snapshot is as wanted, and return it."""
        seen: list[Snapshot] = []

        async def look() -> bool:
            seen[:] = [await self.view()]
            return holds(seen[0])

        await self.wait_for(look, what, within)
        return seen[0]

    async def alarm(self, kind: str, within: float = PATIENCE_S) -> Snapshot:
        """Wait until an alarm of that kind stands."""
        return await self.line_shows(lambda view: kind in standing(view), f"alarm {kind}", within)

    async def entry(self, kind: str, count: int = 1, within: float = PATIENCE_S) -> int:
        """Wait until the journal has `count` entries of a kind, and return the last one's item."""
        found: list[sqlite3.Row] = []

        async def look() -> bool:
            await self._go_on_when_starved()
            found[:] = self.journal("SELECT item FROM history WHERE kind = ? ORDER BY seq", kind)
            return len(found) >= count

        await self.wait_for(look, f"{count} journal entries {kind!r}", within)
        return int(found[count - 1][0] or 0)

    def moment(
        self, kind: type[Happening], do: Callable[[], None] = lambda: None, **facts: object
    ) -> asyncio.Future[Happening]:
        """The next such event in the plant. `do` is done while it happens: before any PLC or the line knows."""
        seen: asyncio.Future[Happening] = asyncio.get_running_loop().create_future()

        def tell(event: Event) -> None:
            fits = isinstance(event, kind) and all(getattr(event, name) == value for name, value in facts.items())
            if fits and not seen.done():
                do()
                seen.set_result(event)

        self.witness.tell = tell
        return seen

    async def comes(self, moment: asyncio.Future[Happening], within: float = PATIENCE_S) -> Happening:
        """Wait for a moment."""
        await self.wait_for(_at_once(moment.done), "the awaited moment in the plant", within)
        return moment.result()

    async def retained(self, device: str, block: int = 0) -> None:
        """Wait until a PLC has kept a result that nobody has acknowledged."""
        plc = self.plant.plcs[device]
        await self.wait_for(_at_once(lambda: plc.status().blocks[block].result.sequence > 0), f"a result in {device}")

    async def wait_for(
        self, holds: Callable[[], Awaitable[bool]], what: str, within: float = PATIENCE_S, look_s: float = LOOK_S
    ) -> None:
        """Wait until something holds; when it does not in time, say how the line stands."""
        try:
            async with asyncio.timeout(within):
                while not await holds():
                    self.crew.check()
                    await asyncio.sleep(look_s)
        except TimeoutError:
            raise AssertionError(f"not in {within:g} s: {what}\n{await self._standing()}") from None

    async def unhold_until_done(self, within: float = PATIENCE_S) -> None:
        """As an operator who looks and presses Unhold each time the line holds, until everything has ended."""

        async def done() -> bool:
            if (await self.view()).state == "Held":
                with contextlib.suppress(ChannelRefused):
                    await self.call("command", command="unhold", by="test")
            return self.all_ended()

        await self.wait_for(done, "every order ended after Unhold", within, LOOK_FOR_END_S)

    async def finish(self, within: float = PATIENCE_S) -> Result:
        """Wait until every order has ended and dispatch has answered for every event; then ask the oracle."""

        async def done() -> bool:
            await self._go_on_when_starved()
            return self.all_ended()

        await self.wait_for(done, "every order ended, every event acknowledged", within, LOOK_FOR_END_S)
        return self.result()

    # The truth.

    def result(self) -> Result:
        """The oracle's judgement and the line's own account, at this moment."""
        stock = take_stock(json.loads(json.dumps(self.truth())))
        assert self.journal_holds()
        return Result(judge(stock, self.plan, read_ledger(self.folder / "ledger.db")), self.states(), self.reasons())

    def truth(self) -> dict[str, Any]:
        return {**truth(self.plant.world, self.plant.faults), "at_hand": self.people.at_hand}

    def sent(self) -> list[str]:
        """Kits of the parcels in the dispatch chute, in the order of their fall."""
        return [fallen.mailer.kit for fallen in self.plant.world.chutes[Chute.DISPATCH]]

    def rejected(self) -> list[str]:
        return [fallen.mailer.kit for fallen in self.plant.world.chutes[Chute.REJECT]]

    def workers(self) -> list[int]:
        """Process ids of the line's children."""
        line = self.crew.child("line").process.pid
        return [int(each) for each in Path(f"/proc/{line}/task/{line}/children").read_text().split()]

    async def gone(self, processes: list[int]) -> None:
        """Wait until none of these processes lives."""
        await self.wait_for(
            _at_once(lambda: not any(Path(f"/proc/{each}").exists() for each in processes)), f"{processes} gone"
        )

    def commands_taken(self) -> list[tuple[str, int, int, int]]:
        """What every PLC has last accepted or refused: device, block, epoch, sequence. Changes with each command."""
        return [
            (name, number, block.echo.epoch, block.echo.sequence)
            for name, plc in self.plant.plcs.items()
            for number, block in enumerate(plc.status().blocks)
        ]

    async def ask_plant(self, **request: object) -> dict[str, Any]:
        """One request to the plant's control port, over its wire."""
        host, _, port = self.plant.wires["control"].address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        assert answer["ok"], answer
        return answer

    # Inside.

    async def _go_on_when_starved(self) -> None:
        """On a busy machine a permit comes too late and the line holds, rightly: press Unhold then, and only then."""
        now = asyncio.get_running_loop().time()
        if now < self._looked_at + LOOK_WHETHER_STARVED_S:
            return
        self._looked_at = now
        with contextlib.suppress(ChannelRefused, LineUnreachable):
            view = await self.view()
            if view.state == "Held" and view.hold_reason == "command_refused" and "(EXPIRED)" in view.hold_text:
                await self.call("command", command="unhold", by="test")

    async def _answers(self) -> None:
        async def look() -> bool:
            try:
                await self.view()
            except (LineUnreachable, OSError):
                return False
            return True

        await self.wait_for(look, "the line answers on its channel")

    async def _standing(self) -> str:
        try:
            view = await self.view()
        except Exception as error:
            return f"the line does not answer: {error}\n{self._log()}"
        return "\n".join(
            [
                f"line {view.state}: {view.hold_text}",
                *(
                    f"  {each.zone}: {each.carrier} {each.item} {each.activity} {each.suspect}"
                    for each in view.stations
                ),
                *(f"  {each.kind} {each.source}: {each.text}" for each in view.alarms if not each.cleared),
                f"orders {self.states()}",
                f"reasons {self.reasons()}",
                *(f"  {acceptance}: {detail}" for acceptance, detail in self.details()),
                f"chutes: dispatch {self.sent()}, reject {self.rejected()}",
                self._log(),
            ]
        )

    def _log(self) -> str:
        return (self.folder / "line.log").read_text(encoding="utf-8", errors="replace")[-3000:]


def standing(view: Snapshot) -> set[str]:
    """Kinds of the alarms that stand."""
    return {alarm.kind for alarm in view.alarms if not alarm.cleared}


def _at_once(holds: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return holds()

    return look
