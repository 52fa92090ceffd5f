"""Trials by hand in which nothing of the line moves: a test label, a code, a weight, a zero."""

from __future__ import annotations

import asyncio

from controller.equipment import Equipment
from controller.flow.challenges import test_number
from controller.flow.motions import Motion, MotionKind
from controller.masking import mask
from controller.plan.sections import TimingSection
from controller.words.text import Text
from devices.errors import NoRead, PrinterFault
from devices.printer.wire import WaybillLabel

SCAN_S = 5.0
_ASKED_EACH_S = 3.0
_NUMBERS_FROM = 7 * 10**7
"""Numbers of test labels are no test kit's: those are counted from 1, and from half of all."""
_LINES = ("TEST", "MANUAL", "NOT FOR DISPATCH")


class Trials:
    """Trials at one line's instruments. :ivar said: by printer what it said last of why it can't print."""

    def __init__(self, equipment: Equipment, timing: TimingSection) -> None:
        self._equipment = equipment
        self._timing = timing
        self._asked_at = -_ASKED_EACH_S
        self.said: dict[str, str] = {}

    async def ask_printers(self) -> None:
        """Let every printer say whether it can print; now and then only: one without media does not answer at all."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at < _ASKED_EACH_S:
            return
        self._asked_at = now
        for name, printer in self._equipment.printers.items():
            try:
                await printer.ready()
                self.said[name] = ""
            except PrinterFault as fault:
                self.said[name] = fault.message

    async def make(self, motion: Motion, number: int) -> Text:
        """Make one and say what came of it.

        :param number: that no other trial has, for a label. :raises DeviceError: the device did not do it.
        """
        match motion.kind:
            case MotionKind.PRINT:
                return await self._print(motion.device, test_number(_NUMBERS_FROM + number))
            case MotionKind.SCAN:
                return await self._scan(motion.device)
            case MotionKind.WEIGH:
                weight = await self._equipment.scales[motion.device].weigh(self._timing.weigh_s)
                return Text(f"{weight.grams:g} g，稳定", f"{weight.grams:g} g, stable")
            case _:
                await self._equipment.scales[motion.device].zero(self._timing.weigh_s)
                return Text("已置零", "zeroed")

    async def _print(self, printer: str, number: str) -> Text:
        await self._equipment.printers[printer].print_waybill(WaybillLabel(number, _LINES), self._timing.print_s)
        return Text(f"测试面单 {number} 在剥离口：取下销毁", f"test label {number} is at the peel edge: destroy it")

    async def _scan(self, scanner: str) -> Text:
        """One that reads nothing has done what it was asked; a code is told masked: it may be a citizen's."""
        try:
            reading = await self._equipment.scanners[scanner].read(SCAN_S)
        except NoRead as error:
            return Text(f"没有读到条码：{error.message}", f"no code was read: {error.message}")
        code = f"{mask(reading.text)} ({reading.symbology})"
        return Text(f"读到 {code}", f"read {code}")
