"""What a PLC station needs of whoever owns its link. `StationLink` is the one with a wire."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from devices.links.linked import Link
from devices.links.modbus import Sent
from devices.plc.contract import DeviceKind, StatusImage

_Found = TypeVar("_Found")


class PlcPort(Link, Protocol):
    """The PLC's status image as it was last seen, and a way to write its registers."""

    @property
    def kind(self) -> DeviceKind:
        """What kind of PLC must answer."""
        ...

    @property
    def blocks(self) -> int:
        """How many blocks it must have."""
        ...

    @property
    def image(self) -> StatusImage | None:
        """The last image; None when offline or when it is too old to be believed."""
        ...

    def fresh(self) -> StatusImage:
        """Return `image`. :raises LinkLost: there is none."""
        ...

    async def changed(self) -> None:
        """Return at the next change of the image beside its clock, or of the link; now and then without one."""
        ...

    async def watch(self, look: Callable[[StatusImage], _Found | None]) -> _Found:
        """Return what `look` finds in this image or a later one."""
        ...

    async def until(self, look: Callable[[StatusImage | None], bool]) -> None:
        """Return once `look` says yes to the image, or to None while there is none. Nobody is woken before."""
        ...

    def hurry(self) -> AbstractContextManager[None]:
        """Look at the PLC as often as it makes sense meanwhile."""
        ...

    async def read(self, address: int, count: int) -> list[int]:
        """Read registers beside the status image.

        :raises DeviceError: they could not be read.
        """
        ...

    async def write(self, address: int, values: list[int]) -> Sent:
        """Write registers and wait until that is confirmed.

        :raises DeviceError: its `written_at` is None when nothing was sent.
        """
        ...
