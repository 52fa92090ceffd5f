"""The printer: ready before, printed once, in doubt never again."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import replace

import pytest
from far_end import FarEnd, serving, until_online
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import PrinterFault, UnknownOutcome
from devices.printer import driver
from devices.printer.driver import LabelPrinter
from devices.printer.wire import LabelError, PrinterStatus, StatusError, WaybillLabel, frames, render

LABEL = WaybillLabel("1100000001460", ("GZ-01",))
READY = PrinterStatus()
ASK = b"~HS"


async def test_a_label_is_printed_once_and_waited_for() -> None:
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        printing = asyncio.create_task(printer.print_waybill(LABEL, 1.0))
        await far.hears(ASK)
        far.say(READY.encode())
        await far.hears(render(LABEL) + ASK)
        far.say(replace(READY, queued=1).encode())
        await far.hears(ASK)
        far.say(replace(READY, label_waiting=True, remaining=1).encode())
        await far.hears(ASK)
        far.say(replace(READY, label_waiting=True).encode())
        await printing
        assert far.ends[0].read_now() == b""


async def test_a_printer_is_not_asked_before_its_label_can_be_out() -> None:
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        for first in (True, False):
            printing = asyncio.create_task(printer.print_waybill(LABEL, 5.0))
            await far.hears(ASK)
            far.say(READY.encode())
            await far.hears(render(LABEL))
            sent_at = asyncio.get_running_loop().time()
            if first:
                await asyncio.sleep(0.3)
            await far.hears(ASK)
            waited_s = asyncio.get_running_loop().time() - sent_at
            far.say(replace(READY, label_waiting=True).encode())
            await printing
        assert waited_s >= 0.8 * 0.3, "by what the last label took"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (PrinterStatus(paper_out=True), "paper out"),
        (PrinterStatus(ribbon_out=True, head_open=True), "ribbon out; head open"),
        (PrinterStatus(paused=True), "paused"),
        (PrinterStatus(mode=2), r"print mode 2, must be 4 \(applicator\)"),
        (PrinterStatus(label_waiting=True), "a label waits at the peel edge"),
        (PrinterStatus(queued=2), "2 formats and 0 labels wait in it"),
    ],
)
async def test_trouble_before_printing_sends_nothing(status: PrinterStatus, why: str) -> None:
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        printing = asyncio.create_task(printer.print_waybill(LABEL, 1.0))
        await far.hears(ASK)
        far.say(status.encode())
        with pytest.raises(PrinterFault, match=why):
            await printing
        assert far.ends[0].read_now() == b""


async def test_silence_before_printing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ANSWER_S", 0.02)
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        with pytest.raises(PrinterFault, match="media or ribbon out, head open"):
            await printer.print_waybill(LABEL, 1.0)
        with pytest.raises(PrinterFault, match="link is offline"):
            await printer.ready()


async def test_a_label_at_the_edge_is_seen_by_a_link_that_has_only_just_come_back() -> None:
    """Found on a busy machine: a status that was cut off closes the link, and the second label stayed where it was."""
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        printing = asyncio.create_task(printer.ready())
        await far.hears(ASK)
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)
        asking = asyncio.create_task(printer.edge_taken(5.0))
        await until_online(printer)
        await far.hears(ASK)
        far.say(replace(READY, queued=1).encode())
        await far.hears(ASK)
        far.say(replace(READY, label_waiting=True).encode())
        assert await asking


async def test_an_edge_of_which_nobody_can_tell_is_free_until_the_next_label_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "ANSWER_S", 0.01)
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        assert not await printer.edge_taken(0.05)


async def test_an_answer_that_is_no_status_is_a_fault() -> None:
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        asking = asyncio.create_task(printer.ready())
        await far.hears(ASK)
        far.say(b"\x02hello\x03\r\n" * 3)
        with pytest.raises(PrinterFault, match="a field that is no number"):
            await asking


@pytest.mark.parametrize("ends", ["silent", "fault", "lost", "never"])
async def test_any_trouble_after_sending_is_unknown_and_nothing_is_sent_again(
    ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "ANSWER_S", 0.05)
    far = FarEnd()
    printer = LabelPrinter("printer", far.dial)
    async with serving(printer):
        printing = asyncio.create_task(printer.print_waybill(LABEL, 0.2))
        await far.hears(ASK)
        far.say(READY.encode())
        await far.hears(render(LABEL) + ASK)
        if ends == "fault":
            far.say(replace(READY, paper_out=True, queued=1).encode())
        elif ends == "lost":
            far.ends[0].close()
        elif ends == "never":
            while not printing.done():
                far.say(replace(READY, queued=1).encode())
                await asyncio.sleep(0.01)
        with pytest.raises(UnknownOutcome) as unknown:
            await printing
        expected = {"silent": "media", "fault": "paper out", "lost": "closed", "never": "not at the peel edge"}
        assert expected[ends] in str(unknown.value)
        assert all(b"^XA" not in end._arrived for end in far.ends)


@pytest.mark.parametrize(
    "label",
    [
        WaybillLabel(""),
        WaybillLabel("1" * 41),
        WaybillLabel("1\n2"),
        WaybillLabel("1", ("a\x00",)),
        WaybillLabel("1", ("a" * 41,)),
        WaybillLabel("1", ("a",) * 13),
    ],
)
def test_labels_that_cant_be_printed(label: WaybillLabel) -> None:
    with pytest.raises(LabelError):
        render(label)


@settings(max_examples=60)
@given(st.lists(st.text(st.characters().filter(str.isprintable), min_size=1, max_size=40), max_size=4))
def test_no_value_becomes_a_command(lines: list[str]) -> None:
    zpl = render(WaybillLabel("1100000001460", tuple(lines))).decode("ascii")
    fields = [line for line in lines if line]
    commands = re.findall(r"[\^~][A-Z][A-Z0-9@]", zpl)
    text = ["^FO", "^A0", "^FH", "^FD", "^FS"]
    number = ["^FO", "^BY", "^BC", "^FH", "^FD", "^FS", *text]
    assert commands == ["^XA", "^CI", "^PW", "^LL", "^LH", *(text * len(fields)), *number, "^PQ", "^XZ"]
    printed = [_unescaped(value) for value in re.findall(r"\^FD([^^]*)\^FS", zpl)]
    assert printed == [*fields, "1100000001460", "1100000001460"]


def _unescaped(value: str) -> str:
    return re.sub(rb"_([0-9A-F]{2})", lambda m: bytes.fromhex(m[1].decode()), value.encode()).decode()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_status_or_refused(data: bytes) -> None:
    with contextlib.suppress(StatusError):
        PrinterStatus.decode(frames().feed(data))
