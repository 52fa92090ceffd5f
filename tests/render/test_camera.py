"""The camera twins on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import cv2
import httpx
import numpy as np
import pytest
import zxingcpp

from simulators.camera import CAMERAS, CameraSetup, CameraTwin, serve_cameras
from simulators.world import Carrier, Mailer
from vision.verdict import View

SMALL = CameraSetup("small", "verify", View(2.6, 205.0, 320.0), (180, 180))
"""Sees one of the carrier's codes and little else, so that pictures are quick."""


@dataclass
class _Floor:
    zones: dict[str, Carrier] = field(default_factory=dict)


@asynccontextmanager
async def _camera(**options: float) -> AsyncIterator[tuple[_Floor, CameraTwin, str]]:
    floor = _Floor({"verify": Carrier(1, Mailer())})
    twin = CameraTwin(floor, SMALL, **options)  # type: ignore[arg-type]
    async with serve_cameras({"small": twin}) as address:
        yield floor, twin, address


def _codes(picture: bytes) -> set[str]:
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return {code.text for code in zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)}


async def test_snapshots_on_one_kept_connection() -> None:
    async with _camera() as (floor, _, address), httpx.AsyncClient() as client:
        first = await client.get(f"{address}/small/snapshot?trigger=7")
        floor.zones["verify"] = Carrier(2, Mailer())
        second = await client.get(f"{address}/small/snapshot?trigger=8")
        assert (first.headers["X-Trigger"], first.headers["X-Frame"]) == ("7", "1")
        assert (second.headers["X-Trigger"], second.headers["X-Frame"]) == ("8", "2")
        assert (_codes(first.content), _codes(second.content)) == ({"C001"}, {"C002"})
        assert first.headers["Content-Type"] == "image/jpeg"


async def test_picture_shows_what_stands_there_after_the_trigger() -> None:
    async with _camera(speed=0.1) as (floor, _, address), httpx.AsyncClient() as client:
        asked = asyncio.create_task(client.get(f"{address}/small/snapshot?trigger=1"))
        await asyncio.sleep(0.05)
        floor.zones["verify"] = Carrier(2, Mailer())
        assert _codes((await asked).content) == {"C002"}


async def test_empty_zone_is_a_picture_of_the_floor() -> None:
    async with _camera() as (floor, _, address), httpx.AsyncClient() as client:
        del floor.zones["verify"]
        assert _codes((await client.get(f"{address}/small/snapshot?trigger=1")).content) == set()


async def test_faults() -> None:
    async with _camera() as (floor, twin, address), httpx.AsyncClient() as client:
        url = f"{address}/small/snapshot?trigger="
        await client.get(url + "1")
        floor.zones["verify"] = Carrier(2, Mailer())
        twin.faults.stuck = True
        stuck = await client.get(url + "2")
        assert (_codes(stuck.content), stuck.headers["X-Trigger"]) == ({"C001"}, "2")
        twin.faults.stuck, twin.faults.black = False, True
        black = cv2.imdecode(np.frombuffer((await client.get(url + "3")).content, np.uint8), cv2.IMREAD_COLOR)
        assert black is not None
        assert black.max() == 0
        twin.faults.black, twin.faults.late_s = False, 0.4
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url + "4", timeout=0.2)


async def test_same_seed_same_pictures() -> None:
    pictures = []
    for _ in range(2):
        async with _camera(seed=5) as (_, _, address), httpx.AsyncClient() as client:
            pictures.append([(await client.get(f"{address}/small/snapshot?trigger={n}")).content for n in (1, 2)])
    assert pictures[0] == pictures[1]
    assert pictures[0][0] != pictures[0][1]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /nowhere/snapshot HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /small HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /small/snapshot HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /small/snapshot?trigger=-1 HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /small/snapshot?trigger=1%0d%0aX-Evil:1 HTTP/1.1\r\n\r\n", b"400"),
        (b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n", b"400"),
        (b"GET http://[bad/snapshot HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 200_000, b"431"),
    ],
)
async def test_bad_requests_are_answered_and_the_camera_lives(request_bytes: bytes, status: bytes) -> None:
    async with _camera() as (_, _, address):
        reader, writer = await asyncio.open_connection(*_host_port(address))
        writer.write(request_bytes)
        assert (await reader.readline()).split()[1] == status
        writer.close()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{address}/small/snapshot?trigger=1")).status_code == 200


async def test_client_that_leaves_in_the_middle_hurts_nobody() -> None:
    async with _camera() as (_, _, address):
        for request in (b"GET /small/sn", b"GET /small/snapshot?trigger=1 HTTP/1.1\r\n\r\n"):
            _, writer = await asyncio.open_connection(*_host_port(address))
            writer.write(request)
            await writer.drain()
            writer.transport.abort()
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{address}/small/snapshot?trigger=1")).status_code == 200


async def test_stream_gives_frame_after_frame() -> None:
    async with _camera() as (_, _, address):
        reader, writer = await asyncio.open_connection(*_host_port(address))
        writer.write(b"GET /small/stream HTTP/1.1\r\n\r\n")
        assert b"multipart/x-mixed-replace" in await reader.readuntil(b"\r\n\r\n")
        for number in (1, 2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert f"X-Frame: {number}".encode() in head
            length = int(head.rpartition(b"Content-Length: ")[2])
            assert _codes(await reader.readexactly(length)) == {"C001"}
            await reader.readexactly(2)
        writer.close()


async def test_drawing_does_not_hold_up_the_plant() -> None:
    """While the largest picture is drawn, a 10 ms scan goes on."""
    waybill = CAMERAS[2]
    twin = CameraTwin(_Floor({"label": Carrier(1, Mailer())}), waybill)
    async with serve_cameras({"waybill": twin}) as address, httpx.AsyncClient() as client:
        asked = asyncio.create_task(client.get(f"{address}/waybill/snapshot?trigger=1"))
        loop, gaps = asyncio.get_running_loop(), []
        while not asked.done():
            before = loop.time()
            await asyncio.sleep(0.01)
            gaps.append(loop.time() - before)
        assert sorted(gaps)[len(gaps) // 2] < 0.03


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("http://").rpartition(":")
    return host, int(port)
