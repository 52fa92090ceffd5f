"""The playback of a PLC: shows the recorded images at their recorded moments, and takes the permits of now.

An image that echoes a permit is not shown before the replayed line has written it. Permits of now may differ from the
recorded ones in their sequence and expiry, so that echo and result name the permit of now in the recorded one's place.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controller.replaying.modbus_tape import (
    NO_SUCH_REGISTER,
    READ,
    WRITE,
    Exchange,
    Frames,
    Noise,
    Request,
    Talk,
    done,
    read_talk,
    registers,
    words_of,
)
from controller.replaying.timeline import Connection
from controller.replaying.wires import PlaybackStream
from devices.plc.contract import (
    COMMAND_ADDRESS,
    COMMAND_STRIDE,
    IDENTITY_ADDRESS,
    STATUS_ADDRESS,
    Block,
    ContractError,
    DeviceKind,
    Echo,
    Identity,
    Permit,
    Result,
    StatusImage,
    status_length,
)
from devices.plc.curve import CURVE_ADDRESS, CURVE_STRIDE, Curve

PATIENCE_S = 1.0
"""So long an image waits for the permit that it echoes; then the replayed line does something else."""
_IN_TIME_S = 0.25
"""So long the line waits for an answer without giving up."""
_EARLY_S = 0.005
_NEVER = float("inf")
_SAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class Issued:
    """A permit as written. :ivar words: the whole command block."""

    at: float
    device: str
    block: int
    permit: Permit
    words: tuple[int, ...]

    @property
    def intent(self) -> tuple[object, ...]:
        """What it allows: everything but its sequence and expiry."""
        permit = self.permit
        return (self.device, self.block, permit.command, permit.token, permit.carrier, permit.target, permit.setpoints)

    def __str__(self) -> str:
        permit, device = self.permit, f"{self.device} block {self.block}"
        points = f" with set-points {list(permit.setpoints)}" if permit.setpoints else ""
        target = f" to {permit.target}" if permit.target else ""
        return f"{device}: {permit.command.name} of item {permit.token}, carrier {permit.carrier}{target}{points}"


@dataclass(slots=True)
class Plc:
    """One PLC over all its connections.

    :ivar then: recorded permits by block; :ivar now: those of the replay.
    :param strayed: told when the replayed line can't be shown what comes next.
    """

    name: str
    kind: DeviceKind
    blocks: int
    frames: Frames
    strayed: Callable[[str], None]
    then: dict[int, list[Issued]] = field(default_factory=dict)
    replies: dict[int, list[bytes | None]] = field(default_factory=dict)
    now: dict[int, list[Issued]] = field(default_factory=dict)
    places: dict[tuple[int, int, int], list[int]] = field(default_factory=dict)
    talks: dict[float, Talk] = field(default_factory=dict)
    held_since: float | None = None

    def read(self, connections: list[Connection]) -> None:
        """Learn what was said, and the recorded permits."""
        for connection in connections:
            talk = self.talks[connection.dialled_at] = read_talk(connection, self.frames)
            for each in talk.exchanges:
                issued = self.issued(each.asked_at, each.request)
                if issued is not None:
                    mine = self.then.setdefault(issued.block, [])
                    key = (issued.block, issued.permit.epoch, issued.permit.sequence)
                    self.places.setdefault(key, []).append(len(mine))
                    mine.append(issued)
                    self.replies.setdefault(issued.block, []).append(each.reply)

    def begin(self, connection: Connection, since: float) -> PlaybackStream:
        """The playback of one connection."""
        return PlcPlayback(self, connection, since).stream

    def taken(self, issued: Issued, good: bytes) -> bytes | None:
        """Take a permit of now; returns what the recorded one in its place was answered, `good` for one too many."""
        mine = self.now.setdefault(issued.block, [])
        mine.append(issued)
        replies = self.replies.get(issued.block, [])
        return replies[len(mine) - 1] if len(mine) <= len(replies) else good

    def issued(self, at: float, request: Request) -> Issued | None:
        """The permit that a request writes; None when it writes none."""
        block, offset = divmod(request.address - COMMAND_ADDRESS, COMMAND_STRIDE)
        if request.function == READ or request.address < COMMAND_ADDRESS or offset:
            return None
        try:
            permit = Permit.decode(list(request.words))
        except ContractError:
            return None
        return Issued(at, self.name, block, permit, request.words)

    def seen_from_now(self, words: list[int]) -> list[int] | None:
        """An image as the PLC would show it to the replayed line; None: it echoes what that has not written yet."""
        try:
            image = StatusImage.decode(words, self.kind, self.blocks)
        except ContractError:
            return words
        blocks = []
        for number, block in enumerate(image.blocks):
            if self._unwritten(number, block):
                return None
            blocks.append(self._translated(number, block))
        return replace(image, blocks=tuple(blocks)).encode(self.kind)

    def curve_from_now(self, words: list[int], block: int) -> list[int]:
        """A sealer's curve, named by the permit of now."""
        try:
            curve = Curve.decode(words)
        except ContractError:
            return words
        place = self._place(block, curve.epoch, curve.sequence)
        if place is None or place >= len(self.now.get(block, ())):
            return words
        permit = self.now[block][place].permit
        return replace(curve, epoch=permit.epoch, sequence=permit.sequence).encode()

    def hold(self, *, held: bool, now: float) -> None:
        """Note whether an image waits for its permit. One that waits too long ends the replay: the ways have parted."""
        if not held:
            self.held_since = None
        elif self.held_since is None:
            self.held_since = now
        elif now - self.held_since > PATIENCE_S:
            self.strayed(f"{self.name} was given a permit then that it is not given now")

    def _place(self, number: int, epoch: int, sequence: int) -> int | None:
        """Which of the recorded permits of a block this is; None for one from before. Sequences wrap: the nearest."""
        places = self.places.get((number, epoch, sequence))
        if not places:
            return None
        written = len(self.now.get(number, ()))
        return min(places, key=lambda place: abs(place - written))

    def _unwritten(self, number: int, block: Block) -> bool:
        place = self._place(number, block.echo.epoch, block.echo.sequence)
        return place is not None and place >= len(self.now.get(number, ()))

    def _translated(self, number: int, block: Block) -> Block:
        return replace(block, echo=self._echo(number, block.echo), result=self._result(number, block.result))

    def _echo(self, number: int, echo: Echo) -> Echo:
        place = self._place(number, echo.epoch, echo.sequence)
        if place is None or self.then[number][place].words[-1] != echo.check:
            return echo
        permit, words = self.now[number][place].permit, self.now[number][place].words
        return replace(echo, epoch=permit.epoch, sequence=permit.sequence, check=words[-1])

    def _result(self, number: int, result: Result) -> Result:
        place = self._place(number, result.epoch, result.sequence)
        if place is None or place >= len(self.now.get(number, ())):
            return result
        permit = self.now[number][place].permit
        return replace(result, epoch=permit.epoch, sequence=permit.sequence)


class PlcPlayback:
    """One connection of a PLC."""

    def __init__(self, plc: Plc, connection: Connection, since: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._plc = plc
        self._talk = plc.talks[connection.dialled_at]
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
        self.stream = PlaybackStream(self._hear)
        for noise in self._talk.noises:
            if noise.at >= since:
                self._loop.call_at(noise.at, self._make_noise, noise)
        if connection.ended is not None:
            self._loop.call_at(connection.over_at, self.stream.end, connection.ended)

    def _hear(self, data: bytes) -> None:
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
        if not self.stream.over and request.transaction == self._transaction:
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
