"""Whether tracking is unbroken since a moment: compares what every PLC has counted since then.

A PLC counts each opened guard, emergency stop, hand motion and lost tracking (`disturbances`), and changes its boot
id when it starts anew. Anything that can't be read is broken: nobody vouches for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from devices.plc.contract import ALL_SAFE, Safety
from devices.plc.driver import PlcStation

_FRESH_S = 2.0
_VOUCHED = ALL_SAFE & ~Safety.HOST_ALIVE
"""Our own late heartbeat breaks no tracking: the PLC refuses motion while it lasts."""

Mark = tuple[tuple[str, int, int], ...]
"""For each PLC its name, boot id and disturbance count."""


class Integrity:
    """Looks at all PLCs of the line."""

    def __init__(self, plcs: Mapping[str, PlcStation]) -> None:
        self._plcs = plcs

    def mark(self) -> Mark:
        """What stands counted now; a PLC without a fresh image is left out, so that no later mark equals this one."""
        images = ((name, plc.image) for name, plc in sorted(self._plcs.items()))
        return tuple((name, image.boot_id, image.disturbances) for name, image in images if image is not None)

    def broken_since(self, mark: Mark) -> str:
        """Why nobody can vouch for what was proven at `mark`; empty while everything is unbroken and safe."""
        before = {name: (boot, count) for name, boot, count in mark}
        for name, plc in self._plcs.items():
            image = plc.image
            if image is None or name not in before:
                return f"{name} offline"
            if image.boot_id != before[name][0]:
                return f"{name} restarted"
            if image.disturbances != before[name][1]:
                return f"{name} disturbed"
            if ~int(image.safety) & int(_VOUCHED):
                return f"{name} not safe: {image.safety!r}"
        return ""

    async def fresh(self) -> None:
        """Wait a moment for every PLC's image to be fresh; what is missing after it counts as broken."""
        for plc in self._plcs.values():
            if plc.image is not None:
                continue
            try:
                async with asyncio.timeout(_FRESH_S):
                    while plc.image is None:
                        await plc.changed()
            except TimeoutError:
                return
