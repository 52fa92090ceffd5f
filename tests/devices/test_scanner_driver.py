"""The scanner: only what was read for this trigger, and only if it is one allowed code."""

from __future__ import annotations

import asyncio

import pytest
from far_end import FarEnd, serving, until_online

from devices.errors import BadCode, BadReply, DeviceTimeout, LinkLost, NoRead
from devices.links.state import LinkState
from devices.scanner.driver import Reading, Scanner


async def triggered(scanner: Scanner, far: FarEnd, deadline_s: float = 1.0) -> asyncio.Task[Reading]:
    reading = asyncio.create_task(scanner.read(deadline_s))
    await far.hears(b"LON\r")
    return reading


async def test_a_good_read_needs_no_loff() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r]C04470012345678\r")
        got = await reading
        assert (got.text, got.symbology, got.aim) == ("4470012345678", "Code128", "]C0")
        assert far.ends[0].read_now() == b""


async def test_split_bytes_and_stx_etx() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        for byte in b"\x02OK,LON\x03\x02]Q1AB-12\x03":
            far.say(bytes((byte,)))
            await asyncio.sleep(0)
        assert (await reading).text == "AB-12"


async def test_late_reads_of_an_earlier_trigger_are_dropped() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        far.say(b"]C0EARLIER-1\r")
        await asyncio.sleep(0)
        far.say(b"]C0EARLIER-2\r]C0EARLI")
        reading = await triggered(scanner, far)
        far.say(b"ER-3\r]C0EARLIER-4\rOK,LON\r]C0NOW\r")
        assert (await reading).text == "NOW"
        assert scanner.dropped == 3, "the fourth was refused as standing before OK,LON"


async def test_a_no_read_switches_off_and_takes_its_answers() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        for answers in (b"OK,LOFF\rERROR\r", b"ERROR\rOK,LOFF\r", b"]C0LATE\rER,LOFF,22\r"):
            reading = await triggered(scanner, far, 0.02)
            far.say(b"OK,LON\r")
            await far.hears(b"LOFF\r")
            far.say(answers)
            with pytest.raises(NoRead, match="no code in the time allowed"):
                await reading
        assert len(far.ends) == 1, "a no-read is no fault of the link"
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r]C0NEXT\r")
        assert (await reading).text == "NEXT"


@pytest.mark.parametrize(
    ("frames", "error", "why"),
    [
        (b"ERROR\r", NoRead, "found no code"),
        (b"]C0AB\x1dCD\r", BadCode, r"\\x1d"),
        (b"]C0AB\x00\r", BadCode, r"\\x00"),
        (b"]C0AB,]C0CD\r", BadCode, "','"),
        (b"]C0AB\r]C0CD\r", BadCode, "two codes in one reading"),
        (b"]C0AB\r]C0C", BadCode, "two codes in one reading"),
        (b"PLAIN\r", BadCode, "AIM identifier"),
        (b"OK,LOFF\r", BadCode, "expected a code"),
    ],
)
async def test_what_is_no_code(frames: bytes, error: type[NoRead], why: str) -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r" + frames)
        with pytest.raises(error, match=why):
            await reading


async def test_a_megabyte_without_an_end_does_no_harm() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r")
        for _ in range(256):
            far.say(b"7" * 4096)
            await asyncio.sleep(0)
        far.say(b"\r]C0AFTER\r")
        assert (await reading).text == "AFTER"
        assert scanner.dropped == 1


async def test_a_silent_scanner_is_dialled_anew() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        with pytest.raises(DeviceTimeout):
            await scanner.read(0.01)
        assert scanner.link_state is LinkState.OFFLINE
        with pytest.raises(LinkLost, match="last error: no answer"):
            await scanner.read(0.01)
        await until_online(scanner)
        assert len(far.ends) == 2


async def test_a_refused_trigger_is_named() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"ER,LON,05\r")
        with pytest.raises(BadReply, match="refused LON with ER code 05"):
            await reading


async def test_cancelling_switches_off() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r")
        await asyncio.sleep(0.005)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await far.hears(b"LOFF\r")


async def test_a_reading_that_is_cancelled_on_a_closed_link_is_cancelled() -> None:
    """Both end with the line: an error in the cancellation's place would let the item go on."""
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    owner = asyncio.create_task(scanner.serve())
    await until_online(scanner)
    reading = await triggered(scanner, far)
    owner.cancel()
    reading.cancel()
    await asyncio.gather(owner, return_exceptions=True)
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_a_link_that_breaks_while_reading() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial)
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.ends[0].close()
        with pytest.raises(LinkLost, match="closed the link"):
            await reading
        await until_online(scanner)
        assert scanner.counters.reconnects == 1


async def test_a_configured_prefix_is_proven_and_taken_off() -> None:
    far = FarEnd()
    scanner = Scanner("infeed", far.dial, prefix="A/")
    async with serving(scanner):
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r]C0A/123\r")
        assert (await reading).text == "123"
        reading = await triggered(scanner, far)
        far.say(b"OK,LON\r]C0123\r")
        with pytest.raises(BadCode, match="with prefix 'A/'"):
            await reading
