"""The line's own code as a process of the virtual floor: started, asked, killed, and started again.

The line is known only by the entry point group `sealline.seams`: nothing here imports it. When it is killed, its tasks
are dropped where they stand; what it had committed, the PLCs' registers and the world stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from simulators.virtual.commits import Disk
from simulators.virtual.dispatch import VirtualBroker
from simulators.virtual.eyes import TrueVision
from simulators.virtual.inspector import Inspector
from simulators.virtual.loop import Process, VirtualLoop, nap
from simulators.virtual.plant import VirtualPlant

RESTART_S = 0.5


class LineProcess:
    """The line over all its lives.

    :param configuration: its line.toml; :param clock: of the time of day.
    :param findings: takes down what is wrong: a line that ends by itself. :param typed: PLCs are met above framing.
    :ivar line: what it shows of itself in this life, None while it is dead; :ivar kills: lives lost.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        configuration: Path,
        plant: VirtualPlant,
        disk: Disk,
        broker: VirtualBroker,
        vision: TrueVision,
        clock: Any,
        inspector: Inspector,
        findings: list[str],
        *,
        typed: bool,
    ) -> None:
        self.line: Any = None
        self.kills = 0
        self.restarts = 0
        self._loop = loop
        self._config = configuration
        self._plant = plant
        self._disk = disk
        self._broker = broker
        self._vision = vision
        self._clock = clock
        self._inspector = inspector
        self._findings = findings
        self._typed = typed
        self._calls: Mapping[str, Any] = {}
        self._asked: dict[asyncio.Future[dict[str, Any] | None], None] = {}
        self._process: Process | None = None
        self._dead = asyncio.Event()
        loop.on_death = self._buried

    async def call(self, name: str, **arguments: Any) -> dict[str, Any] | None:
        """Ask the line's desk, in the line's own process; None when nobody answers or it refuses."""
        line, process = self.line, self._process
        if line is None or process is None or not process.alive:
            return None
        await nap(0.001)
        if not process.alive:
            return None
        answer: asyncio.Future[dict[str, Any] | None] = self._loop.create_future()
        self._asked[answer] = None
        process.run(_answer(self._calls[name], arguments, answer), f"desk {name}")
        try:
            return await answer
        finally:
            del self._asked[answer]

    def kill(self, after_steps: int) -> None:
        """Kill the line's process, as `kill -9`, before its next step but so many."""
        process = self._process
        if process is None or not process.alive:
            return
        if after_steps:
            process.die_at = process.steps + after_steps
        else:
            self._loop.kill(process)

    def close(self) -> None:
        """End the line at the end of the run."""
        if self._process is not None and self._process.alive:
            self._loop.kill(self._process)

    async def keep_running(self) -> None:
        """Start the line, and again whenever it is dead."""
        while True:
            self._dead = asyncio.Event()
            self._process = Process(f"line {self.restarts}")
            self._inspector.life = self._process.name
            self._disk.alive = lambda process=self._process: process.alive  # type: ignore[misc]
            life = self._process.run(self._live(), "line")
            dead = asyncio.ensure_future(self._dead.wait())
            await asyncio.wait((life, dead), return_when=asyncio.FIRST_COMPLETED)
            dead.cancel()
            if life.done() and not life.cancelled():
                self._findings.append(f"the line ended by itself: {_why(life)}")
                self._loop.kill(self._process)
            await asyncio.sleep(RESTART_S)
            self.restarts += 1

    async def _live(self) -> None:
        """One life of the line."""
        async with _way_in()(
            self._config,
            clock=self._clock,
            opening=self._opening,
            ports=self._plant.port if self._typed else None,
            writer=self._disk.writer,
            journal=self._disk.place,
            connect=self._broker.connect,
            vision=self._vision,
        ) as line:
            self.line, self._calls = line, line.calls
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(line))
                for serve in line.serves:
                    group.create_task(serve())

    def _opening(self, name: str, link: object) -> Any:  # noqa: ARG002 -- every device has its one wire
        return self._plant.wire(name).dial

    def _buried(self, process: Process) -> None:  # noqa: ARG002 -- there is but one that dies
        """The kernel closes what a dead process had open."""
        self.kills += 1
        line, self.line = self.line, None
        if line is not None:
            line.journal.drop()
        self._plant.hang_up()
        self._broker.hang_up()
        for answer in self._asked:
            if not answer.done():
                answer.set_result(None)
        self._disk.before = self._disk.after = lambda: None
        self._dead.set()

    async def _follow(self, line: Any) -> None:
        """Note every turn of the unit at its moment."""
        while True:
            self._inspector.turned(line.state, line.mode)
            await line.turned()


@cache
def _way_in() -> Any:
    """What opens a line, by name: no simulator imports it."""
    (entry,) = entry_points(group="sealline.seams", name="line")
    return entry.load()


def warm_up() -> None:
    """Import the line before any time is measured."""
    _way_in()


async def _answer(ask: Any, arguments: dict[str, Any], answer: asyncio.Future[dict[str, Any] | None]) -> None:
    """Give the desk's answer to who waits for it; None for a refusal."""
    try:
        said = await ask(arguments)
    except Exception as refused:
        if type(refused).__name__ != "ChannelRefused":
            _fail(answer, refused)
            return
        said = None
    if not answer.done():
        answer.set_result(said)


def _fail(answer: asyncio.Future[dict[str, Any] | None], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _why(life: asyncio.Task[None]) -> str:
    error = life.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
