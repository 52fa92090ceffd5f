"""A triggered code scanner. A code counts only when it was read for the trigger that asks for it.

The scanner answers on one wire in order, so whatever stands before the `OK,LON` of a trigger belongs to an earlier
one and is dropped. No-read, refusal and emptiness are errors, never data.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from devices.errors import BadCode, BadReply, DeviceTimeout, LinkLost, NoRead
from devices.links.framed import Exchange, FramedLink
from devices.links.linked import LinkedDevice
from devices.links.stream import Dial
from devices.scanner.wire import (
    LOFF,
    LON,
    LONGEST,
    Accepted,
    Code,
    NoCode,
    Refused,
    Said,
    ScannerFrameError,
    decode,
    encode_command,
)

ANSWER_S = 0.5
"""Within this a scanner says that it has taken a command, and after `LOFF` that it read nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One code. :ivar symbology: as `Code128`; :ivar aim: as `]C0`; :ivar read_at: loop time of its arrival."""

    text: str
    symbology: str
    aim: str
    read_at: float


class Scanner(LinkedDevice[FramedLink]):
    """One scanner in single mode with AIM identifiers on.

    :param prefix: a fixed text that the scanner is set up to put between AIM identifier and code; taken off, and
        refused when missing.
    :param extra: characters that codes may hold beside A-Z, 0-9 and `-`.
    """

    def __init__(self, name: str, dial: Dial, *, prefix: str = "", extra: str = "") -> None:
        self._prefix = prefix
        self._extra = extra + prefix
        super().__init__(name, FramedLink(name, dial, LONGEST))

    @property
    def dropped(self) -> int:
        """Frames that nobody had asked for, and frames too long to be meant."""
        return self._link.unasked + self._link.oversize

    async def read(self, deadline_s: float) -> Reading:
        """Trigger once and return the code read for this trigger.

        :param deadline_s: seconds from now.
        :raises NoRead: no code by then, or (`BadCode`) something that can't be one allowed code.
        :raises DeviceTimeout: the scanner does not answer its commands. :raises BadReply: it refuses them.
        :raises LinkLost: no link.
        """
        async with self._link.exchange() as exchange:
            until = exchange.send(encode_command(LON)) + deadline_s
            try:
                await self._triggered(exchange)
                return await self._first_code(exchange, until)
            except asyncio.CancelledError:
                # The link may be closed by the same end of the line: that must not take the cancellation's place.
                with contextlib.suppress(LinkLost):
                    exchange.send(encode_command(LOFF))
                raise

    async def _triggered(self, exchange: Exchange) -> None:
        """Wait for `OK,LON`; what stands before it belongs to an earlier trigger."""
        until = asyncio.get_running_loop().time() + ANSWER_S
        while True:
            with contextlib.suppress(ScannerFrameError):
                said = decode(await exchange.frame(until), self._extra)
                if said == Accepted(LON):
                    return
                if isinstance(said, Refused) and said.command == LON:
                    raise BadReply(self.name, f"refused {LON} with ER code {said.code}", actual=said.code)

    async def _first_code(self, exchange: Exchange, until: float) -> Reading:
        try:
            frame = await exchange.frame(until)
        except DeviceTimeout as error:
            await self._switch_off(exchange)
            raise NoRead(self.name, "no code in the time allowed") from error
        read_at = asyncio.get_running_loop().time()
        code = self._code_in(frame)
        if exchange.more():
            raise BadCode(self.name, "two codes in one reading: only one may lie under the scanner")
        return Reading(code.text.removeprefix(self._prefix), code.symbology, code.aim, read_at)

    def _code_in(self, frame: bytes) -> Code:
        try:
            said = decode(frame, self._extra)
        except ScannerFrameError as error:
            raise BadCode(self.name, str(error)) from error
        if isinstance(said, NoCode):
            raise NoRead(self.name, "the scanner found no code")
        if not isinstance(said, Code) or not said.text.startswith(self._prefix) or said.text == self._prefix:
            raise BadCode(self.name, f"expected a code{self._with_prefix()}, found {said}", actual=said)
        return said

    async def _switch_off(self, exchange: Exchange) -> None:
        """End the trigger and take what belongs to it, in either order: `OK,LOFF` and the error string.

        `ER,LOFF` says that a code was read too late; it has been dropped on the way.
        """
        until = exchange.send(encode_command(LOFF)) + ANSWER_S
        awaited: set[type[Said]] = {Accepted, NoCode}
        while awaited:
            with contextlib.suppress(ScannerFrameError):
                said = decode(await exchange.frame(until), self._extra)
                if isinstance(said, Refused):
                    return
                awaited.discard(type(said))

    def _with_prefix(self) -> str:
        return f" with prefix {self._prefix!r}" if self._prefix else ""
