"""The twin of a code reader on a serial line, after the Keyence SR series' text commands in single-trigger mode.

The wire is `devices.scanner.wire`'s. A code that passes while nothing is triggered is not seen; a good read ends the
trigger; `LOFF` before that answers `ERROR` (no-read) and `OK,LOFF`, after it `ER,LOFF,22` (not executable now). An
escape clears what stands before it in the command buffer.
"""

from __future__ import annotations

import asyncio

from devices.scanner.wire import LOFF, LON, SYMBOLOGIES, Accepted, Code, NoCode, Refused, Said, encode, frames
from simulators.wires import Send

READ_S = 0.03
"""Plant seconds from a code in the field to its text on the wire."""
CODE_128 = "]C0"
ESCAPE = "\x1b"
UNDEFINED, NOT_EXECUTABLE = "00", "22"


class ScannerTwin:
    """One reader.

    :ivar triggered: set while it waits for a code; the hands wait for it before they pass a part.
    :ivar blind: its window is dirty: it sees no code.
    """

    def __init__(self, name: str, *, speed: float = 1.0) -> None:
        self.name = name
        self.triggered = asyncio.Event()
        self.blind = False
        self._speed = speed
        self._send: Send | None = None
        self._frames = frames()

    def face(self, send: Send) -> ScannerTwin:
        """Take the wire's sender; a reader has one serial line."""
        self._send = send
        return self

    def received(self, data: bytes) -> None:
        """Take bytes of commands."""
        for frame in self._frames.feed(data):
            self._obey(frame.decode("ascii", "replace").rpartition(ESCAPE)[2])

    async def present(self, code: str | None, aim: str = CODE_128) -> bool:
        """Pass a part under the reader; return whether it was read.

        :param code: what its code says, None for an unreadable one; :param aim: AIM identifier of its symbology.
        """
        await asyncio.sleep(READ_S / self._speed)
        if code is None or self.blind or not self.triggered.is_set():
            return False
        self.triggered.clear()
        self._say(Code(code, aim, SYMBOLOGIES[aim[:2]]))
        return True

    def release(self) -> None:
        """Press the button on the reader that ends a trigger without a code: the line hears of a no-read at once."""
        if self.triggered.is_set():
            self.triggered.clear()
            self._say(NoCode())

    def _obey(self, command: str) -> None:
        if command == LON:
            self.triggered.set()
            self._say(Accepted(LON))
        elif command == LOFF and self.triggered.is_set():
            self.release()
            self._say(Accepted(LOFF))
        else:
            self._say(Refused(command, NOT_EXECUTABLE if command == LOFF else UNDEFINED))

    def _say(self, said: Said) -> None:
        assert self._send is not None, f"scanner {self.name} is on no wire"
        self._send(encode(said))
