"""The parcel scale by MT-SICS. Only a stable weight is a weight."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from devices.errors import BadReply, ScaleFault
from devices.links.framed import Exchange, FramedLink
from devices.links.linked import LinkedDevice
from devices.links.stream import Dial
from devices.scale.wire import (
    ERROR_LINES,
    LONGEST,
    MEANINGS,
    Answered,
    Failed,
    Request,
    Said,
    ScaleLineError,
    Status,
    WasReset,
    Weighed,
    decode,
    encode_request,
)

RESET_S = 1.0
"""A scale answers `@` within this."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A stable weight. :ivar at: loop time of its arrival."""

    grams: float
    at: float


class Scale(LinkedDevice[FramedLink]):
    """One scale."""

    def __init__(self, name: str, dial: Dial) -> None:
        super().__init__(name, FramedLink(name, dial, LONGEST))
        self._reset_on = 0

    async def weigh(self, deadline_s: float) -> Weight:
        """Ask for a stable weight; the scale waits for stability itself.

        :param deadline_s: seconds from now.
        :raises ScaleFault: any answer but a stable weight, with its meaning.
        :raises DeviceTimeout: no answer by then. :raises BadReply: no MT-SICS answer. :raises LinkLost: no link.
        """
        said = await self._ask(Request.WEIGH, deadline_s)
        if isinstance(said, Weighed) and said.stable:
            return Weight(said.grams, asyncio.get_running_loop().time())
        raise self._fault(Request.WEIGH, said)

    async def zero(self, deadline_s: float) -> None:
        """Zero the scale with nothing on it.

        :raises DeviceError: as `weigh`.
        """
        said = await self._ask(Request.ZERO, deadline_s)
        if said != Answered(Request.ZERO, Status.DONE):
            raise self._fault(Request.ZERO, said)

    async def _ask(self, request: Request, deadline_s: float) -> Said:
        until = asyncio.get_running_loop().time() + deadline_s
        async with self._link.exchange() as exchange:
            await self._reset_once(exchange, until)
            exchange.send(encode_request(request))
            return self._decoded(await exchange.frame(until))

    async def _reset_once(self, exchange: Exchange, until: float) -> None:
        """On a newly opened link: what stands before the answer to `@` was asked on the old one and is dropped."""
        if self._reset_on == self._link.opened:
            return
        link = self._link.opened
        until = min(until, exchange.send(encode_request(Request.RESET)) + RESET_S)
        while not isinstance(self._decoded(await exchange.frame(until)), WasReset):
            pass
        self._reset_on = link

    def _decoded(self, line: bytes) -> Said:
        try:
            return decode(line)
        except ScaleLineError as error:
            raise BadReply(self.name, str(error)) from error

    def _fault(self, request: Request, said: Said) -> ScaleFault | BadReply:
        match said:
            case Failed(letters=letters):
                return ScaleFault(self.name, f"{letters}: {ERROR_LINES[letters]}", actual=letters)
            case Answered(request=answered, status=status) if answered is request and status in MEANINGS:
                return ScaleFault(self.name, f"{answered} {status}: {MEANINGS[status]}", actual=status)
            case Weighed(stable=False):
                return ScaleFault(self.name, f"S D: {MEANINGS[Status.DYNAMIC]}", actual=said)
            case _:
                return BadReply(self.name, f"answered {request.name} with {said}", expected=request, actual=said)
