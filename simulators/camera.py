"""Twins of the cameras: HTTP snapshot servers whose pictures show what the world shows after the trigger came.

The wire: `GET /<camera>/snapshot?trigger=N` answers one JPEG with the headers `X-Trigger: N` and `X-Frame: <count>`;
`GET /<camera>/stream` answers frames as MJPEG until the client leaves. Connections are kept alive. Drawing is done in
a thread, so that the plant's 10 ms scan goes on; what stands in the zone is copied when the shutter opens.
"""

from __future__ import annotations

import asyncio
import copy
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from simulators.camera_http import REQUEST_BYTES, CameraFace, Connections
from simulators.render import jpeg, render
from simulators.world import Carrier
from vision.verdict import View

EXPOSURE_S = 0.015
"""Plant seconds from the trigger to the shutter."""
MOVED_MM = 8.0
HAZE = 0.45
"""Share of each point's light that haze on the lens makes grey."""
DIM = 0.7
"""Share of its light that an old lamp still gives."""


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """One camera as it is mounted. :ivar size_px: width and height of its pictures."""

    name: str
    zone: str
    view: View
    size_px: tuple[int, int]


CAMERAS = (
    CameraSetup("wide", "verify", View(2.5, 4.0, 0.0), (1280, 960)),
    CameraSetup("close_up", "verify", View(6.1, 4.0, 324.0), (1632, 684)),
    CameraSetup("waybill", "label", View(6.0, 510.0, 0.0), (1260, 1560)),
    CameraSetup("parcel", "inspect", View(6.0, 512.0, 0.0), (1200, 2610)),
)


class Zones(Protocol):
    """Where the carriers stand; `simulators.world.World` is one."""

    @property
    def zones(self) -> Mapping[str, Carrier | None]:
        """The carrier in each zone; a zone without one is absent or None."""


@dataclass(slots=True)
class CameraFaults:
    """What is wrong with a camera now.

    :ivar stuck: it sends its last picture again, under the new trigger. :ivar black: it sends black pictures.
    :ivar moved: somebody knocked against it; :ivar dirty: haze lies on its lens; :ivar dim: its lamp grows old.
    :ivar late_s: so much later than asked the picture is sent, in real seconds.
    """

    stuck: bool = False
    black: bool = False
    moved: bool = False
    dirty: bool = False
    dim: bool = False
    late_s: float = 0.0


class CameraTwin:
    """One camera.

    :ivar frames: pictures sent since start; :ivar faults: may be set at any time.
    """

    def __init__(self, world: Zones, setup: CameraSetup, *, speed: float = 1.0, seed: int = 0) -> None:
        """:param speed: plant seconds a real second; scales the exposure. :param seed: of the pictures' chance."""
        self.setup = setup
        self.faults = CameraFaults()
        self.frames = 0
        self._world = world
        self._speed = speed
        self._seed = seed
        self._taken: Counter[str] = Counter()
        self._last = b""

    async def take(self) -> tuple[int, bytes]:
        """Expose after this call and return the frame's number and its JPEG."""
        await asyncio.sleep(EXPOSURE_S / self._speed)
        if not (self.faults.stuck and self._last):
            standing = copy.deepcopy(self._world.zones.get(self.setup.zone))
            faults, seed = copy.copy(self.faults), self._picture_seed(standing)
            self._last = await asyncio.to_thread(self._picture, standing, faults, seed)
        await asyncio.sleep(self.faults.late_s)
        self.frames += 1
        return self.frames, self._last

    def draw(self) -> bytes:
        """Draw what stands there now, at once; of `faults` only what is wrong with lens, lamp and place shows in it."""
        standing = self._world.zones.get(self.setup.zone)
        return self._picture(standing, self.faults, self._picture_seed(standing))

    def _picture(self, standing: Carrier | None, faults: CameraFaults, seed: int) -> bytes:
        width, height = self.setup.size_px
        if faults.black:
            return jpeg(np.zeros((height, width, 3), np.uint8))
        view = self.setup.view
        if faults.moved:
            view = replace(view, left_mm=view.left_mm + MOVED_MM)
        picture = render(standing, view, self.setup.size_px, seed=seed)
        if faults.dirty:
            picture = np.asarray(cv2.addWeighted(picture, 1 - HAZE, np.full_like(picture, 128), HAZE, 0), np.uint8)
        if faults.dim:
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=DIM), np.uint8)
        return jpeg(picture)

    def _picture_seed(self, standing: Carrier | None) -> int:
        """Bound to the mailer and to how often it was taken, not to time: a run's seed repeats its pictures."""
        mailer = standing.mailer if standing is not None else None
        subject = f"{self._seed} {self.setup.name} {mailer.kit} {mailer.attempt}" if mailer is not None else ""
        self._taken[subject] += 1
        return zlib.crc32(f"{subject} {self._taken[subject]}".encode())


@asynccontextmanager
async def serve_cameras(
    cameras: Mapping[str, CameraTwin], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve cameras, each under its name, until the block ends; gives `http://host:port`.

    :param cameras: by the name in the address. :param port: 0 for any free one.
    :raises OSError: the port is taken.
    """
    # The plant draws for several cameras on two cores beside the line: one core a picture.
    cv2.setNumThreads(1)
    connections = Connections(CameraFace(cameras))
    server = await asyncio.start_server(connections.serve, host, port, limit=REQUEST_BYTES)
    try:
        address = server.sockets[0].getsockname()
        yield f"http://{address[0]}:{address[1]}"
    finally:
        server.close()
        await connections.end()
