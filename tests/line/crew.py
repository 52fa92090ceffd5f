"""Processes that a test may kill, and the witness that tells it when something happens in the plant."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulators.demo.processes import Child, Crew
from simulators.history import Event


class FloorCrew(Crew):
    """Processes of which a test may kill any one."""

    def child(self, name: str) -> Child:
        return self._children[name]

    async def kill(self, name: str) -> None:
        """As a power cut for this process: SIGKILL, nothing else is told."""
        child = self._children.pop(name)
        child.process.kill()
        await child.process.wait()


class Witness(list[Event]):
    """The world's history, telling a test of each event at the moment at which it happens."""

    def __init__(self, events: Iterable[Event]) -> None:
        super().__init__(events)
        self.tell: Callable[[Event], None] = lambda _: None

    def append(self, event: Event) -> None:
        super().append(event)
        self.tell(event)
