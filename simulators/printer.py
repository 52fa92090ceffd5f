"""The twin of a label printer on a TCP port: ZPL in, labels at the peel edge, `~HS` answered.

In applicator mode it prints the next label only when the peel edge is free; what came meanwhile stays in its buffer.
As Zebra documents, `~HS` gets no reply while media is out or the head is open: a silent printer is a fault.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace

from devices.plc.contract import SCAN_S
from devices.printer.wire import PrinterStatus
from simulators.faults import FaultKind, Faults
from simulators.matter import Label
from simulators.wires import Send
from simulators.world import World
from simulators.zpl import Item, LabelFormat, ZplStream

PRINT_S = 0.4
"""Plant seconds for one label."""
BUFFER_FORMATS = 50


class PrinterTwin:
    """One printer.

    :ivar media_out: the roll is empty; :ivar head_open: the print head is up; :ivar pause: its key was pressed.
    :ivar late_s: how much longer than it should a label takes.
    :ivar wear: of its head, 0 (new) to 1; :ivar wears_by: how much each label adds to it.
    """

    def __init__(self, world: World, faults: Faults, *, speed: float = 1.0) -> None:
        self.media_out = self.head_open = self.pause = False
        self.late_s = 0.0
        self.wear = self.wears_by = 0.0
        self._world, self._faults, self._speed = world, faults, speed
        self._buffer: deque[Label] = deque()
        self._filled = asyncio.Event()

    def face(self, send: Send) -> _PrinterFace:
        """Return one connection's conversation."""
        return _PrinterFace(self, send)

    async def run(self) -> None:
        """Print what is in the buffer, one label after the other, until cancelled."""
        while True:
            await self._filled.wait()
            if self._can_print():
                await asyncio.sleep((PRINT_S + self.late_s) / self._speed)
                self._print_next()
            else:
                await asyncio.sleep(SCAN_S)

    def take(self, item: Item, send: Send) -> None:
        """Obey an immediate command or put a label into the buffer."""
        match item:
            case LabelFormat():
                self._put(item)
            case "HS" if not (self.media_out or self.head_open):
                send(self._host_status())
            case "JA":
                self._buffer.clear()
                self._filled.clear()
            case "PP":
                self.pause = True
            case "PS":
                self.pause = False

    def _put(self, wanted: LabelFormat) -> None:
        """Put as many copies as there is room for into the buffer; a format without bars prints no waybill."""
        if not wanted.bars:
            return
        room = BUFFER_FORMATS - len(self._buffer)
        for _ in range(min(wanted.copies, room)):
            self._buffer.append(Label(wanted.bars, wanted.text_under_bars))
        self._filled.set()

    def _can_print(self) -> bool:
        ready = not (self.media_out or self.head_open or self.pause)
        return ready and self._world.peel is None

    def _print_next(self) -> None:
        """Let the label out, unless it was cancelled or the printer stopped while it ran."""
        if not self._buffer or not self._can_print():
            return
        self.wear = min(1.0, self.wear + self.wears_by)
        label = replace(self._buffer.popleft(), wear=self.wear)
        carrier = self._world.zones.get("label")
        mailer = None if carrier is None else carrier.mailer
        if mailer is not None and self._faults.strikes_mailer(FaultKind.DOUBLE_PRINT, mailer):
            self._buffer.appendleft(Label(label.mail_number, label.text))
        self._world.print_label(label)
        if not self._buffer:
            self._filled.clear()

    def _host_status(self) -> bytes:
        queued = len(self._buffer)
        status = PrinterStatus(
            paused=self.pause,
            queued=queued,
            buffer_full=queued >= BUFFER_FORMATS,
            label_waiting=self._world.peel is not None,
            remaining=queued,
        )
        return status.encode()


class _PrinterFace:
    """One connection to the printer."""

    def __init__(self, printer: PrinterTwin, send: Send) -> None:
        self._printer = printer
        self._send = send
        self._stream = ZplStream()

    def received(self, data: bytes) -> None:
        """Take bytes of ZPL."""
        for item in self._stream.feed(data):
            self._printer.take(item, self._send)
