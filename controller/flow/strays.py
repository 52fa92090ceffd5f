"""Strays: parcels in the mail bag that no push of the gate has let fall there.

A hand can carry a parcel past everything into the dispatch chute, and lay another onto its carrier: then each carrier
bears a parcel again, and nothing is missed anywhere. The chute's own sensor sees it; the gate's PLC counts what it did
not push (`Block.strays`). The bag that hangs there is frozen, and people look through it.
"""

from __future__ import annotations

from controller.dispatch.bags import freeze_bag, open_bag
from controller.flow.holding import Holding
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.journal import Ledger
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import BlockState, StatusImage
from devices.plc.driver import PlcStation

STRAY = "stray"
"""Why a bag is frozen, as `bags.reason` has it."""
_COUNTED = "strays"


class Strays:
    """Compares what the gate has counted with what the journal has answered for."""

    def __init__(self, gate: PlcStation, permits: Permits, memory: Memory, holding: Holding) -> None:
        self._gate = gate
        self._permits = permits
        self._memory = memory
        self._holding = holding
        self._known: int | None = None

    async def follow(self) -> None:
        """Freeze the bag whenever the gate has counted one more, also while no line ran; until cancelled."""
        self._known = await self._memory.remember(_answered_for)
        while True:
            count = await self._gate.watch(self._differing)
            # A first journal begins with what is counted; a PLC that lost its memory begins at 0.
            if self._known is None or count == 0:
                await self._memory.remember(lambda ledger, count=count: _answer_for(ledger, count))  # type: ignore[misc]
            else:
                await self._freeze(count)
            self._known = count

    def _differing(self, image: StatusImage) -> int | None:
        count = image.blocks[0].strays
        return None if count == self._known else count

    async def _freeze(self, count: int) -> None:
        """Hold at once. Freeze the bag once every push permitted before is journalled: its parcel lies in it too."""
        bag = await self._memory.remember(open_bag)
        self._holding.hold(AlarmKind.STRAY_PARCEL, str(bag))
        await self._at_rest()

        def freeze(ledger: Ledger) -> None:
            freeze_bag(ledger, STRAY, bag)
            _answer_for(ledger, count)

        await self._memory.remember(freeze)

    async def _at_rest(self) -> None:
        """Wait until the gate moves nothing and keeps no result."""
        await self._permits.standstill()
        while (image := self._gate.image) is None or image.blocks[0].state in (BlockState.BUSY, BlockState.DONE):
            await self._gate.changed()


def _answered_for(ledger: Ledger) -> int | None:
    row = ledger.connection.execute("SELECT value FROM line WHERE key = ?", (_COUNTED,)).fetchone()
    return int(row[0]) if row is not None else None


def _answer_for(ledger: Ledger, count: int) -> None:
    ledger.connection.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (_COUNTED, str(count)))
