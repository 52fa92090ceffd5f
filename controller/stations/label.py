"""Waybill: a mail number reserved, printed, applied to this parcel, and read back from it before the jaw."""

from __future__ import annotations

import asyncio

from controller.alarms import Alarms
from controller.exits import Nonconformance, Reason, StationFault
from controller.flow.acknowledging import Acknowledgements
from controller.flow.challenges import printed_number, reserve_test_number
from controller.flow.holding import Holding
from controller.flow.items import Activity, Item, Stage
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.tracking import Tracking, record_stage
from controller.journal import Ledger
from controller.orders.mail_numbers import MailNumberState, PoolEmpty, advance, reserve
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from controller.pulse import Pulse
from controller.stations.proving import Look, Prover, demand_accept
from controller.stations.verify import carrier_code
from controller.words.alarm_texts import AlarmKind
from devices.errors import DeviceError, PrinterFault
from devices.plc.contract import Command, Result, ResultCode
from devices.plc.driver import PlcStation
from devices.printer.driver import LabelPrinter, label_waits
from devices.printer.wire import WaybillLabel
from vision.verdict import Box, Outcome, WaybillTask

_ZONE = "label"
_MOST_COPIES = 5
"""Of one label that a printer gone wild can leave before hands must help."""


class Label:
    """Printer, applicator and the camera that reads back."""

    def __init__(
        self,
        config: LineConfig,
        printer: LabelPrinter,
        applicator: PlcStation,
        camera: str,
        prover: Prover,
        permits: Permits,
        acknowledgements: Acknowledgements,
        tracking: Tracking,
        memory: Memory,
        holding: Holding,
        alarms: Alarms,
        pool_filled: Pulse,
    ) -> None:
        self._config = config
        self._printer = printer
        self._applicator = applicator
        self._camera = camera
        self._prover = prover
        self._permits = permits
        self._acknowledgements = acknowledgements
        self._tracking = tracking
        self._memory = memory
        self._holding = holding
        self._alarms = alarms
        self._pool_filled = pool_filled

    async def apply(self, item: Item) -> None:
        """Give the parcel its waybill and prove that it bears this one and no other.

        :raises Nonconformance: it does not bear exactly its own waybill; the number is voided with the item.
        :raises StationFault: nobody knows whether the label was printed or applied.
        """
        await self._tracking.advance(item, _ZONE)
        await self._number(item)
        await self._print(item)
        await self._press(item)
        await self._read_back(item)

    async def _number(self, item: Item) -> None:
        """Reserve a mail number; an empty pool holds this item, never the line."""
        while item.mail_number is None:
            filled = self._pool_filled.next()
            try:
                item.mail_number = await self._memory.remember(lambda ledger: _reserve(ledger, item))
            except PoolEmpty:
                self._alarms.raise_alarm(AlarmKind.POOL_EMPTY)
                await filled.wait()
        self._alarms.clear(AlarmKind.POOL_EMPTY)

    async def _print(self, item: Item) -> None:
        """Print once. A printer that took nothing is asked again after the operator's Unhold; a doubt never is."""
        assert item.mail_number is not None
        self._tracking.note(item, Activity.PRINTING)
        number = item.mail_number if item.challenge is None else printed_number(item)
        label = WaybillLabel(number, (item.order.route, item.recipe.title, item.acceptance))
        while True:
            await self._permits.motion(item)
            if item.suspect:
                # It goes to reject: no label may come out for it any more, least of all one that was voided.
                raise Nonconformance(Reason.SUSPECT, cause=item.suspect)
            try:
                await self._printer.print_waybill(label, self._config.timing.print_s)
                item.input_at = asyncio.get_running_loop().time()
                break
            except PrinterFault as fault:
                kind = AlarmKind.LABEL_LEFT if label_waits(fault) else AlarmKind.PRINTER
                self._holding.hold(kind, self._printer.name, cause=fault.message)
            except DeviceError as error:
                raise StationFault(self._printer.name, str(error)) from error
        await self._memory.remember(lambda ledger: _note(ledger, item, MailNumberState.PRINTED))

    async def _press(self, item: Item) -> None:
        """Press the label on, even on a suspect parcel: the label must leave the peel edge on what goes to reject."""
        self._tracking.note(item, Activity.APPLYING)
        result = await self._move_pad(item)
        if result.code is ResultCode.NO_LABEL:
            raise Nonconformance(Reason.APPLY_FAILED, expected=ResultCode.OK.name, found=result.code.name)
        if result.code is not ResultCode.OK:
            raise StationFault(self._applicator.name, f"label of carrier {item.carrier}: {result.code.name}")

    async def _move_pad(self, item: Item) -> Result:
        completion = await self._permits.perform(
            item, self._applicator, 0, Command.APPLY, deadline_s=self._config.timing.apply_s
        )
        result = completion.result
        await self._memory.remember(
            lambda ledger: ledger.enter(
                "label_pressed", item=item.token, acceptance=item.acceptance, result=result.code.name
            )
        )
        self._acknowledgements.release(self._applicator, 0, result)
        return result

    async def shed(self, item: Item) -> None:
        """Press a label that was left at the peel edge onto the parcel for which it was printed, which goes to reject.

        So it leaves the line with its own parcel and can't reach another. A failure holds the line; the label is then
        for hands to take off.
        """
        for _ in range(_MOST_COPIES):
            if item.zone != _ZONE or item.mail_number is None or not await self.edge_taken():
                return
            if not await self._memory.remember(lambda ledger: _label_is_out(ledger, item)):
                return
            try:
                await self._permits.motion(item)
                await self._move_pad(item)
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
                return

    async def edge_taken(self) -> bool:
        """Whether a label waits at the printer's peel edge."""
        return await self._printer.edge_taken(self._config.timing.print_s)

    async def _read_back(self, item: Item) -> None:
        """Read the applied label from the parcel itself: printed is not applied."""
        look = await self._prover.look(item, _ZONE, self._camera, waybill_task(self._config, item, self._camera))
        demand_waybill(look, self._camera)
        item.accepted = Stage.LABELLED
        await self._memory.remember(lambda ledger: _proven(ledger, item, look))
        await look.record.made()


def owns_label(ledger: Ledger, item: Item) -> bool:
    """Whether a label at the peel edge can only be this item's: it stands there, its number not yet seen applied."""
    return item.zone == _ZONE and _number_state(ledger, item) in (MailNumberState.RESERVED, MailNumberState.PRINTED)


def waybill_task(config: LineConfig, item: Item, camera: str, *, sealed: bool = False) -> WaybillTask:
    """What a camera is asked about a parcel's waybill."""
    device = config.devices[camera]
    assert isinstance(device, Camera)
    assert item.mail_number is not None
    return WaybillTask(
        carrier_code(item.carrier),
        device.view,
        item.mail_number,
        Box(*config.pocket.waybill),
        sealed=sealed,
        least_grade=config.vision.least_print_grade,
    )


def demand_waybill(look: Look, camera: str) -> None:
    """Go on only when the parcel bears its own waybill, once.

    :raises Nonconformance: `waybill_not_applied` when no code was found, else what the failed check says.
    """
    missing = [check for check in look.verdict.failed if check.name == "waybill_code" and not check.found]
    if look.verdict.outcome is not Outcome.ACCEPT and missing:
        raise Nonconformance(Reason.WAYBILL_NOT_APPLIED, camera=camera)
    demand_accept(look, camera)


def _reserve(ledger: Ledger, item: Item) -> str:
    if item.challenge is not None:
        number = reserve_test_number(ledger, item)
    else:
        number = reserve(ledger, item.token, item.acceptance)
    ledger.connection.execute(
        "UPDATE items SET mail_number = ?, stage = ? WHERE item = ?", (number, Stage.NUMBERED, item.token)
    )
    return number


def _note(ledger: Ledger, item: Item, state: MailNumberState) -> None:
    assert item.mail_number is not None
    advance(ledger, item.mail_number, state)


def _label_is_out(ledger: Ledger, item: Item) -> bool:
    """Note that the item's label exists, so that dispatch is told when its number is voided; False: it has none."""
    if not owns_label(ledger, item):
        return False
    if _number_state(ledger, item) == MailNumberState.RESERVED:
        _note(ledger, item, MailNumberState.PRINTED)
    return True


def _number_state(ledger: Ledger, item: Item) -> str:
    row = ledger.connection.execute("SELECT state FROM mail_numbers WHERE number = ?", (item.mail_number,)).fetchone()
    return str(row[0]) if row is not None else ""


def _proven(ledger: Ledger, item: Item, look: Look) -> None:
    _note(ledger, item, MailNumberState.APPLIED)
    record_stage(ledger, item, Stage.LABELLED, picture=look.digest)
