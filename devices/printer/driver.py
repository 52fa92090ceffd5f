"""The label printer at the applicator's peel edge, over TCP. One waybill, printed once.

Before a label is sent every trouble is a `PrinterFault`: nothing was printed. Once its bytes have gone out anything
but the label at the peel edge is an `UnknownOutcome`: a printer that ran out of paper prints what it holds when it
is loaded again, so the label is never sent a second time.
"""

from __future__ import annotations

import asyncio

from devices.errors import BadReply, DeviceError, DeviceTimeout, LinkLost, PrinterFault, UnknownOutcome
from devices.links.framed import FramedLink
from devices.links.linked import LinkedDevice
from devices.links.stream import Dial
from devices.printer.wire import (
    LONGEST,
    STATUS_LINES,
    STATUS_QUERY,
    PrinterStatus,
    StatusError,
    WaybillLabel,
    render,
)

ANSWER_S = 1.0
"""Within this a printer that can print answers `~HS`."""
POLL_S = 0.05
"""How often a printer is asked whether the label is out: a label takes the better part of a second."""
_PATIENT, _LONGEST_PATIENCE_S = 0.8, 1.0
"""For so much of the time that the last label took a printer is not asked, and for so long at most."""
SILENT = f"no answer to ~HS in {ANSWER_S} s: media or ribbon out, head open, or switched off"


class LabelPrinter(LinkedDevice[FramedLink]):
    """One printer."""

    def __init__(self, name: str, dial: Dial) -> None:
        super().__init__(name, FramedLink(name, dial, LONGEST))
        self._one_label = asyncio.Lock()
        self._took_s = 0.0

    async def ready(self) -> PrinterStatus:
        """Return the status of a printer that can print now, its peel edge free.

        :raises PrinterFault: why it can't; also no answer, which is how a printer without media shows itself.
        """
        try:
            status = await self._status()
        except DeviceTimeout as error:
            raise PrinterFault(self.name, SILENT) from error
        except DeviceError as error:
            raise PrinterFault(self.name, error.message) from error
        faults = status.faults
        if status.label_waiting:
            faults += ("a label waits at the peel edge: take it away and destroy it",)
        if status.queued or status.remaining:
            faults += (f"{status.queued} formats and {status.remaining} labels wait in it: cancel them at the printer",)
        if faults:
            raise PrinterFault(self.name, "; ".join(faults), actual=status)
        return status

    async def print_waybill(self, label: WaybillLabel, deadline_s: float) -> None:
        """Print one label and wait until it stands at the peel edge.

        :param deadline_s: seconds from now, for all of it.
        :raises PrinterFault: nothing was sent. :raises UnknownOutcome: it may be printed, now or later.
        :raises LabelError: the label can't be printed as it stands.
        """
        zpl = render(label)
        async with self._one_label:
            until = asyncio.get_running_loop().time() + deadline_s
            await self.ready()
            await self._send(zpl)
            try:
                async with asyncio.timeout_at(until):
                    await self._await_label()
            except TimeoutError as error:
                raise UnknownOutcome(self.name, f"label not at the peel edge within {deadline_s} s") from error
            except DeviceError as error:
                message = SILENT if isinstance(error, DeviceTimeout) else error.message
                raise UnknownOutcome(self.name, f"label sent, then: {message}") from error

    async def edge_taken(self, within_s: float) -> bool:
        """Return whether a label waits at the peel edge.

        A printer that still prints, or whose link is only just coming back, is asked again until it says.

        :param within_s: seconds after which one that has not said is taken to have none; the next label asks anew.
        """
        until = asyncio.get_running_loop().time() + within_s
        while True:
            try:
                await self.ready()
                return False
            except PrinterFault as fault:
                if label_waits(fault) or not _unsettled(fault) or asyncio.get_running_loop().time() > until:
                    return label_waits(fault)
            await asyncio.sleep(POLL_S)

    async def _send(self, zpl: bytes) -> None:
        try:
            async with self._link.exchange() as exchange:
                exchange.send(zpl)
        except LinkLost as error:
            raise PrinterFault(self.name, error.message) from error

    async def _await_label(self) -> None:
        """Ask until the one label waits at the peel edge and nothing is left to print.

        Nor before it can be out, by what the last one took: one that has become quicker is known after a few.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(min(_PATIENT * self._took_s, _LONGEST_PATIENCE_S))
        while True:
            status = await self._status()
            if status.faults:
                raise PrinterFault(self.name, "; ".join(status.faults), actual=status)
            if status.label_waiting and not status.queued and not status.remaining:
                self._took_s = loop.time() - began
                return
            await asyncio.sleep(POLL_S)

    async def _status(self) -> PrinterStatus:
        async with self._link.exchange() as exchange:
            until = exchange.send(STATUS_QUERY) + ANSWER_S
            lines = [await exchange.frame(until) for _ in range(STATUS_LINES)]
            try:
                return PrinterStatus.decode(lines)
            except StatusError as error:
                raise BadReply(self.name, str(error)) from error


def label_waits(fault: PrinterFault) -> bool:
    """Whether a printer can't print because a label waits at its peel edge."""
    return isinstance(fault.actual, PrinterStatus) and fault.actual.label_waiting


def _unsettled(fault: PrinterFault) -> bool:
    status = fault.actual
    if not isinstance(status, PrinterStatus):
        return True
    return not status.faults and bool(status.queued or status.remaining)
