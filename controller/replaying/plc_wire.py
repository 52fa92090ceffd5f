"""A PLC's connection played back: as it answered, as long as it is asked the same in the same turns.

From the first request that is another one on, it shows the recorded images at their moments and takes the permits of
now.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque

from controller.recording.tape import Kind
from controller.replaying.loop import ReplayLoop
from controller.replaying.modbus_tape import (
    NO_SUCH_REGISTER,
    READ,
    WRITE,
    Exchange,
    Noise,
    Request,
    done,
    registers,
    words_of,
)
from controller.replaying.plc import Plc
from controller.replaying.timeline import Connection
from controller.replaying.wires import PlaybackStream, failure_of
from devices.plc.contract import STATUS_ADDRESS, status_length
from devices.plc.curve import CURVE_ADDRESS, CURVE_STRIDE
from devices.plc.identity import IDENTITY_ADDRESS, Identity

_IN_TIME_S = 0.25
"""So long the line waits for an answer without giving up."""
_EARLY_S = 0.005
_NEVER = float("inf")
_SAME_S = 1e-6


class PlcWire:
    """One connection of a PLC: word for word as then, until the line asks something else or at another moment."""

    def __init__(self, plc: Plc, connection: Connection, since: float | None) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ReplayLoop)
        self._loop = loop
        self._plc = plc
        self._connection = connection
        self._asked = deque(record for record in connection.passed if record.kind is Kind.OUT)
        self._said = deque(record for record in connection.passed if record.kind in (Kind.IN, Kind.ENDED))
        self._otherwise: PlcPlayback | None = None
        self.stream = PlaybackStream(connection, self._hear)
        if since is not None:
            self._leave()
        else:
            connection.arrive = self._arrive
            if self._said and self._said[0].place <= connection.delivered:
                loop.call_soon(self._arrive)

    def _hear(self, data: bytes) -> None:
        then = self._asked.popleft() if self._asked and self._otherwise is None else None
        if then is None or (then.turn, then.data) != (self._loop.turn, data):
            self._leave().hear(data)
            return
        request = self._plc.frames.request(data)
        issued = self._plc.issued(self._loop.time(), request)
        if issued is not None:
            self._plc.taken(issued, done(request))

    def _arrive(self) -> None:
        while self._otherwise is None and self._said and self._said[0].place <= self._connection.delivered:
            record = self._said.popleft()
            if record.kind is Kind.IN:
                self.stream.arrive(record.data)
            else:
                self.stream.end(failure_of(record))

    def _leave(self) -> PlcPlayback:
        """Play back in another way from now on."""
        if self._otherwise is None:
            self._plc.left_step(f"{self._plc.name} is asked otherwise")
            self._otherwise = PlcPlayback(self._plc, self._connection, self._loop.time(), self.stream)
        return self._otherwise


class PlcPlayback:
    """One connection of a PLC to a line that does not do the same as then."""

    def __init__(self, plc: Plc, connection: Connection, since: float, stream: PlaybackStream) -> None:
        self._loop = asyncio.get_running_loop()
        self._plc = plc
        self._talk = plc.talks[connection.dialled.place]
        self._images = [
            each
            for each in self._talk.exchanges
            if each.request.address == STATUS_ADDRESS and each.reply is not None and each.replied_at >= since
        ]
        self._curves = deque(each for each in self._talk.exchanges if _is_curve(each.request))
        self._moments = [each.asked_at for each in self._talk.exchanges if _is_moment(each)] + [_NEVER]
        self._place = 0
        # A torn image, first and last sequence not the same: the line believes nothing of it and asks again.
        self._nothing = registers([0] * (status_length(plc.kind, plc.blocks) - 1) + [1])
        self._transaction = 0
        self.stream = stream
        for noise in self._talk.noises:
            if noise.at >= since:
                self._loop.call_at(noise.at, self._make_noise, noise)
        for record in connection.passed:
            if record.kind is Kind.ENDED:
                self._loop.call_at(record.at, stream.end, failure_of(record))

    def hear(self, data: bytes) -> None:
        """Take a request."""
        request = self._plc.frames.request(data)
        self._transaction = request.transaction
        if request.function == READ and request.address == STATUS_ADDRESS:
            self._show_next(request)
        elif _is_curve(request):
            self._show_curve(request)
        elif request.function == READ:
            self._identify(request)
        else:
            self._take(request)

    def _identify(self, request: Request) -> None:
        found = next((each for each in self._talk.exchanges if each.request.address == IDENTITY_ADDRESS), None)
        identity = registers(Identity(self._plc.kind, self._plc.blocks).encode())
        if found is None:
            self._answer(identity, request)
        elif found.reply is not None:
            self._loop.call_at(self._in_time(found), self._answer, found.reply, request)

    def _show_curve(self, request: Request) -> None:
        """Show the curve that was read then; a sealer of which none was read keeps none."""
        found = self._curves.popleft() if self._curves else None
        if found is None:
            self._answer(NO_SUCH_REGISTER, request)
        elif found.reply is not None:
            reply, block = found.reply, (request.address - CURVE_ADDRESS) // CURVE_STRIDE
            if reply[0] == READ:
                reply = registers(self._plc.curve_from_now(words_of(reply), block))
            self._loop.call_at(self._in_time(found), self._answer, reply, request)

    def _take(self, request: Request) -> None:
        """Take a write, and answer as it was answered then."""
        issued = self._plc.issued(self._loop.time(), request)
        if issued is not None:
            reply = self._plc.taken(issued, done(request))
            if reply is not None:
                self._answer(reply, request)
            return
        if self._loop.time() <= self._talk.silent_from:
            self._answer(done(request), request)

    def _show_next(self, request: Request) -> None:
        """Show the next image at its moment.

        The link carries nothing else meanwhile. Where the recorded line wrote or asked in vain before that moment,
        nothing is shown first, so that the line can do so now.
        """
        now = self._loop.time()
        self._pass_over(now)
        image = self._images[self._place] if self._place < len(self._images) else None
        at = max(now, image.replied_at) if image is not None else _NEVER
        again = self._when_again(now, image)
        if again < at:
            self._loop.call_at(again, self._answer_poll, self._nothing, request)
        elif image is not None:
            self._loop.call_at(at, self._show, image, request)

    def _pass_over(self, now: float) -> None:
        """Leave out images whose moment has passed, but none that shows something new."""
        images = self._images
        while (
            self._place + 1 < len(images)
            and images[self._place + 1].replied_at <= now + _SAME_S
            and _content(images[self._place]) == _content(images[self._place + 1])
        ):
            self._place += 1

    def _when_again(self, now: float, image: Exchange | None) -> float:
        """When the line is to ask once more."""
        moments = [self._moments[bisect_right(self._moments, now + _SAME_S)]]
        if image is not None:
            # Asked as late as then, so that the image is as old as it was; and never so late that the line gives up.
            moments += [image.asked_at] if image.asked_at > now + _EARLY_S else []
            moments += [now + _IN_TIME_S] if image.replied_at > now + _IN_TIME_S else []
        return min(moments)

    def _show(self, image: Exchange, request: Request) -> None:
        """Show an image; nothing where it echoes what is not written yet."""
        assert image.reply is not None
        words = words_of(image.reply) if image.reply[0] == READ else None
        seen = None if words is None else self._plc.seen_from_now(words)
        held = words is not None and seen is None
        self._plc.hold(held=held, now=self._loop.time())
        if held:
            self._answer_poll(self._nothing, request)
            return
        self._place += 1
        self._answer_poll(image.reply if seen is None else registers(seen), request)

    def _answer_poll(self, pdu: bytes, request: Request) -> None:
        if not self.stream.ended and request.transaction == self._transaction:
            self._answer(pdu, request)

    def _in_time(self, exchange: Exchange) -> float:
        """When an answer comes: at its recorded moment, as long as that is no later than it may be."""
        now = self._loop.time()
        return max(now, min(exchange.replied_at, now + _IN_TIME_S))

    def _answer(self, pdu: bytes, request: Request) -> None:
        self.stream.deliver(self._plc.frames.framed(pdu, request))

    def _make_noise(self, noise: Noise) -> None:
        """Let bytes come that are no sound answer, with a transaction id as far off as it was then."""
        data = noise.data
        if noise.behind is not None:
            data = ((self._transaction - noise.behind) & 0xFFFF).to_bytes(2, "big") + data[2:]
        self.stream.deliver(data)


def _content(image: Exchange) -> bytes:
    """What an image shows beside the PLC's clock and scan counter, which stand around its boot id at the front."""
    assert image.reply is not None
    return image.reply[4:6] + image.reply[10:-2]


def _is_moment(exchange: Exchange) -> bool:
    """Whether the line wrote a block or read a curve, or read and was not answered."""
    request = exchange.request
    return (
        request.function == WRITE
        or _is_curve(request)
        or (request.address == STATUS_ADDRESS and exchange.reply is None)
    )


def _is_curve(request: Request) -> bool:
    return request.function == READ and CURVE_ADDRESS <= request.address < IDENTITY_ADDRESS
