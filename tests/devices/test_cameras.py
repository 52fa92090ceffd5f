"""Cameras: only a picture that was exposed after its trigger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from far_end import serving

from devices.camera.capture import CaptureCamera
from devices.camera.driver import LARGEST, Frame, HttpCamera
from devices.errors import CameraFault, DeviceTimeout, LinkLost
from devices.links.state import LinkState

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


def picture(trigger: str, body: bytes = JPEG, kind: str = "image/jpeg", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nX-Trigger: {trigger}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class FakeCamera:
    """An HTTP port that answers by `answer(target)`; None: hangs up. :ivar heads: request heads, in order."""

    def __init__(self, answer: Callable[[str], bytes | None]) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.connections = 0
        self.close_after = False
        self.port = 0
        self._conversations: set[asyncio.Task[None]] = set()

    async def end(self) -> None:
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        await asyncio.sleep(0.002)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        conversation = asyncio.current_task()
        assert conversation is not None
        self._conversations.add(conversation)
        writer.transport.set_write_buffer_limits(0)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                reply = self.answer(head.split()[1])
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
                if self.close_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def camera_at(
    answer: Callable[[str], bytes | None], path: str = "/wide/snapshot", who: str = ""
) -> AsyncIterator[tuple[FakeCamera, HttpCamera]]:
    fake = FakeCamera(answer)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    camera = HttpCamera("wide", f"http://{who}127.0.0.1:{fake.port}{path}")
    owner = asyncio.create_task(camera.serve())
    await asyncio.sleep(0)
    try:
        yield fake, camera
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)
        server.close()
        await server.wait_closed()
        await fake.end()


def asked_trigger(target: str) -> str:
    return target.rpartition("trigger=")[2]


async def test_each_picture_is_of_its_own_trigger_on_one_connection() -> None:
    async with camera_at(lambda target: picture(asked_trigger(target)), "/snap?q=90", "line:s%40cret@") as (
        fake,
        camera,
    ):
        before = asyncio.get_running_loop().time()
        frames = [await camera.snapshot(1.0) for _ in range(3)]
        assert [frame.trigger for frame in frames] == [1, 2, 3]
        assert frames[0] == Frame(JPEG, 1, frames[0].exposed_at, "wide")
        assert before <= frames[0].exposed_at <= frames[1].exposed_at
        assert fake.connections == 1
        assert fake.heads[0].startswith("GET /snap?q=90&trigger=1 HTTP/1.1\r\n")
        assert "Authorization: Basic bGluZTpzQGNyZXQ=\r\n" in fake.heads[0]
        assert camera.link_state is LinkState.ONLINE


async def test_chunked_and_closing_cameras() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Trigger: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"4\r\n" + JPEG[:4] + b"\r\n" + f"{len(JPEG) - 4:x}\r\n".encode() + JPEG[4:] + b"\r\n0\r\n\r\n"
    async with camera_at(lambda target: chunked) as (_, camera):
        assert (await camera.snapshot(1.0)).jpeg == JPEG
    async with camera_at(lambda target: picture(asked_trigger(target))) as (fake, camera):
        fake.close_after = True
        for _ in range(3):
            assert (await camera.snapshot(1.0)).jpeg == JPEG
            await asyncio.sleep(0.005)
        assert fake.connections == 3


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (picture("7"), "picture of trigger 7, expected 1"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xff\xd8\xff\xe0",
            "of trigger none",
        ),
        (picture("1", kind="text/html"), "answered text/html"),
        (picture("1", body=b"GIF89a"), "expected image/jpeg"),
        (picture("1", body=b"", status="503 Busy"), "HTTP 503"),
        (b"HELLO\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"\xff" * (LARGEST + 1), "larger than 8388608"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70000 + b"\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\xff\xd8", "no HTTP"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
async def test_what_is_no_evidence(reply: bytes, why: str) -> None:
    async with camera_at(lambda target: reply) as (fake, camera):
        fake.close_after = True
        with pytest.raises(CameraFault, match=why):
            await camera.snapshot(2.0)
        assert camera.link_state is LinkState.OFFLINE


async def test_a_camera_that_knows_no_triggers() -> None:
    async with camera_at(lambda target: picture("none")) as (fake, _):
        camera = HttpCamera("wide", f"http://127.0.0.1:{fake.port}/", freshness="carrier")
        assert (await camera.snapshot(1.0)).trigger == 1
        camera._connection.close()


async def test_a_late_picture_is_never_the_next_ones() -> None:
    def answer(target: str) -> bytes:
        return b"" if asked_trigger(target) == "1" else picture(asked_trigger(target))

    async with camera_at(answer) as (fake, camera):
        with pytest.raises(DeviceTimeout, match=r"no picture within 0.05 s"):
            await camera.snapshot(0.05)
        assert (await camera.snapshot(1.0)).trigger == 2
        assert fake.connections == 2


async def test_links_that_fail() -> None:
    async with camera_at(lambda target: None) as (_, camera):
        with pytest.raises((LinkLost, CameraFault)):
            await camera.snapshot(1.0)
    with pytest.raises(LinkLost, match="Connection refused"):
        await camera.snapshot(1.0)
    with pytest.raises(ValueError, match="allowed: http://"):
        HttpCamera("wide", "https://127.0.0.1/x")


@pytest.fixture
def film(tmp_path: Path) -> str:
    """Forty frames, each brighter than the one before."""
    path = str(tmp_path / "film.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for step in range(40):
        writer.write(np.full((48, 64, 3), 6 * step, np.uint8))
    writer.release()
    return path


async def test_capture_keeps_grabbing_and_gives_no_old_frame(film: str) -> None:
    camera = CaptureCamera("wide", film, lag_s=0.02)
    async with serving(camera):
        await asyncio.sleep(0.05)
        frames = [await camera.snapshot(2.0) for _ in range(2)]
        shades = [int(_decoded(frame.jpeg).mean()) for frame in frames]
        assert [frame.trigger for frame in frames] == [1, 2]
        assert shades[0] > 12, "frames that had been there before the trigger were dropped"
        assert shades[1] > shades[0]


async def test_capture_without_a_source() -> None:
    camera = CaptureCamera("wide", "/nowhere.avi")
    owner = asyncio.create_task(camera.serve())
    with pytest.raises(DeviceTimeout, match=r"stream /nowhere.avi can't be opened"):
        await camera.snapshot(0.1)
    owner.cancel()
    await asyncio.gather(owner, return_exceptions=True)
    with pytest.raises(ValueError, match=r"allowed: 0\.\.5"):
        CaptureCamera("wide", 0, lag_s=9)


def _decoded(jpeg: bytes) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded
