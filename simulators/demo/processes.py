"""The processes of one run: started with logs of their own, watched, and ended without a remainder.

Each child leads a session of its own, so that Ctrl-C in the terminal reaches the demo alone, which then ends them
in order; and each is told by the kernel to end when the demo dies in a way that it can't act on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

END_S = 8.0
"""How long a child may take to end by itself once asked."""
GLANCE_S = 0.05
TAIL_LINES = 15
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ChildDied(Exception):
    """A process of the run ended unasked; the message names it, its exit code and its last words."""


class ChildSilent(Exception):
    """A process of the run did not do in time what the others wait for."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process of the run. :ivar log: where both of its output streams go."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.returncode is not None

    def last_words(self) -> str:
        """Its exit code and the last lines of its log."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            tail = "".join(f"    {line}" for line in deque(log, TAIL_LINES))
        code = self.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        return f"{self.name} {how}; the end of {self.log}:\n{tail or '    (it is empty)'}"


class Crew:
    """All processes of one run. Made by `crew`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: dict[str, Child] = {}

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each child by its name."""
        return {name: child.process.pid for name, child in self._children.items()}

    async def start(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> Child:
        """Start a child in the run's folder.

        :param env: added to this process's own environment.
        :raises OSError: there is no such program.
        """
        log = self._folder / f"{name}.log"
        demo = os.getpid()
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                start_new_session=True,
                preexec_fn=lambda: _end_with(demo),
            )
        self._children[name] = Child(name, process, log)
        return self._children[name]

    async def watch(self) -> NoReturn:
        """Wait until any child ends unasked. :raises ChildDied: always, at last."""
        while True:
            self.check()
            await asyncio.sleep(4 * GLANCE_S)

    def check(self) -> None:
        """:raises ChildDied: a child has ended unasked."""
        for child in self._children.values():
            if child.ended:
                raise ChildDied(child.last_words())

    async def end(self, name: str) -> None:
        """Ask a child to end, then make it; nothing that it started remains either."""
        child = self._children.pop(name, None)
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_S):
                await child.process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
        await child.process.wait()

    async def end_all(self) -> None:
        """End every child, the youngest first."""
        for name in reversed(list(self._children)):
            await self.end(name)


@asynccontextmanager
async def crew(folder: Path) -> AsyncIterator[Crew]:
    """A crew whose members all end with this block, however it ends. A child's death ends the block as `ChildDied`."""
    members = Crew(folder)
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(members.watch(), name="watch over the processes")
            try:
                yield members
            finally:
                watch.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        await asyncio.shield(members.end_all())


async def first_line(child: Child, deadline_s: float, start: str = "") -> str:
    """Return the first whole line of a child's log that begins with `start`.

    :raises ChildDied: it ended before. :raises ChildSilent: no such line in time.
    """
    try:
        async with asyncio.timeout(deadline_s):
            while True:
                *lines, _ = child.log.read_text(encoding="utf-8", errors="replace").split("\n")
                for line in lines:
                    if line.startswith(start):
                        return line
                if child.ended:
                    raise ChildDied(child.last_words())
                await asyncio.sleep(GLANCE_S)
    except TimeoutError as error:
        raise ChildSilent(f"{child.name} said nothing in {deadline_s:g} s that begins with {start!r}") from error


def _end_with(parent: int) -> None:
    """In the child, before its program: end when the parent dies, and at once if it is dead already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
