"""Infeed and collate: hands lay parts into the open mailer, each passing under the station's scanner."""

from __future__ import annotations

import asyncio

from controller.exits import Nonconformance, Reason, StationFault
from controller.flow.items import Activity, Item, Stage
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.tracking import Tracking, record_stage
from controller.orders.work_orders import OrderedPart
from controller.plan.recipes import PartKind
from controller.plan.sections import TimingSection
from controller.together import unless
from devices.errors import DeviceError, NoRead
from devices.scanner.driver import Scanner


class PartScan:
    """One scanner that takes the codes of one kind of part."""

    def __init__(
        self,
        zone: str,
        scanner: Scanner,
        permits: Permits,
        tracking: Tracking,
        memory: Memory,
        timing: TimingSection,
    ) -> None:
        self._zone = zone
        self._scanner = scanner
        self._permits = permits
        self._tracking = tracking
        self._memory = memory
        self._timing = timing

    async def take(self, item: Item, kind: PartKind, stage: Stage, unread: Reason) -> None:
        """Bring the carrier here and read every part of `kind` that bears a code: what the order says, each once, in
        any order.

        :param unread: the reason when a part has no readable code or does not come.
        :raises Nonconformance: a part is wrong, unreadable or missing, or nobody can vouch for the item any more:
            its parts are not on the pick list then, and waiting for them would only block the station.
        """
        await self._tracking.advance(item, self._zone)
        if item.suspect:
            raise Nonconformance(Reason.SUSPECT, cause=item.suspect)
        roles = {part.role: part for part in item.recipe.parts if part.kind is kind and part.bears_code}
        missing = {part.code: part for part in item.order.parts if part.role in roles}
        while missing:
            reading = await self._read(item, missing, unread)
            part = missing.pop(reading, None)
            if part is None:
                raise Nonconformance(
                    Reason.WRONG_PART,
                    strange=(reading,),
                    expected=", ".join(sorted(missing)),
                    found=reading,
                    codes=("expected", "found"),
                )
            expected = roles[part.role].symbology
            if self._symbology != expected:
                raise Nonconformance(Reason.WRONG_PART, role=part.role, expected=expected, found=self._symbology)
        await self._memory.remember(lambda ledger: record_stage(ledger, item, stage))

    async def _read(self, item: Item, missing: dict[str, OrderedPart], unread: Reason) -> str:
        """Read the next code. Nobody need lay anything in while the line holds: that time is not the part's."""
        self._tracking.note(item, Activity.WAITING_FOR_PARTS)
        while True:
            await self._permits.motion(item)
            try:
                return await self._read_once(item, missing, unread)
            except Nonconformance:
                if self._permits.given:
                    raise

    async def _read_once(self, item: Item, missing: dict[str, OrderedPart], unread: Reason) -> str:
        try:
            reading = await unless(
                self._tracking.changed.when(lambda: bool(item.suspect)), self._scanner.read(self._timing.scan_s)
            )
        except NoRead as error:
            roles = ", ".join(sorted(part.role for part in missing.values()))
            raise Nonconformance(unread, expected=roles, found="no code", cause=str(error)) from error
        except DeviceError as error:
            raise StationFault(self._scanner.name, str(error)) from error
        if reading is None:
            raise Nonconformance(Reason.SUSPECT, cause=item.suspect)
        item.input_at = max(item.input_at, min(reading.read_at, asyncio.get_running_loop().time()))
        self._symbology = reading.symbology
        return reading.text


class Infeed:
    """Matches the plates to the order that was called to this carrier."""

    def __init__(self, scan: PartScan) -> None:
        self._scan = scan

    async def match(self, item: Item) -> None:
        """Take the plates in.

        :raises Nonconformance: a plate that is not the called order's, or a code that can't be read.
        """
        await self._scan.take(item, PartKind.PLATE, Stage.MATCHED, Reason.CODE_UNREADABLE)


class Collate:
    """Completes the item with its certificates."""

    def __init__(self, scan: PartScan) -> None:
        self._scan = scan

    async def complete(self, item: Item) -> None:
        """Take the certificates in.

        :raises Nonconformance: a certificate that is another order's, or one that does not come.
        """
        await self._scan.take(item, PartKind.DOCUMENT, Stage.COLLATED, Reason.MISSING_PART)
