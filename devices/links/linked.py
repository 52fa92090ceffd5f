"""What every device with a link of its own has in common: how that link stands, and the one task that owns it."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from devices.links.state import LinkCounters, LinkState


class Link(Protocol):
    """A link that keeps itself open."""

    @property
    def state(self) -> LinkState: ...
    @property
    def last_error(self) -> str: ...
    @property
    def counters(self) -> LinkCounters: ...

    async def serve(self) -> None: ...


LinkKind = TypeVar("LinkKind", bound=Link)


class LinkedDevice(Generic[LinkKind]):
    """A device behind one link. :ivar name: as the configuration calls it."""

    def __init__(self, name: str, link: LinkKind) -> None:
        self.name = name
        self._link = link

    @property
    def link_state(self) -> LinkState:
        """How the link stands."""
        return self._link.state

    @property
    def last_error(self) -> str:
        """What last went wrong on the link; empty when nothing has."""
        return self._link.last_error

    @property
    def counters(self) -> LinkCounters:
        """What happened on the link since the start."""
        return self._link.counters

    async def serve(self) -> None:
        """Own the link until cancelled: open it, keep it, open it again with backoff."""
        await self._link.serve()
