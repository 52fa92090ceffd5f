"""A recorded PLC over all its connections: which permits it was given then, and which it is given now.

An image that echoes a permit is not shown before the replayed line has written it. Permits of now may differ from the
recorded ones in their sequence and expiry, so that echo and result name the permit of now in the recorded one's place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controller.replaying.modbus_tape import READ, Frames, Request, Talk, read_talk
from controller.replaying.timeline import Connection
from devices.plc.contract import (
    COMMAND_ADDRESS,
    COMMAND_STRIDE,
    Block,
    ContractError,
    DeviceKind,
    Echo,
    Permit,
    Result,
    StatusImage,
)
from devices.plc.curve import Curve

PATIENCE_S = 1.0
"""So long an image waits for the permit that it echoes; then the replayed line does something else."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A permit as written. :ivar words: the whole command block."""

    at: float
    device: str
    block: int
    permit: Permit
    words: tuple[int, ...]

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
    :param left_step: told when the replayed line asks something else than then, or in another turn.
    """

    name: str
    kind: DeviceKind
    blocks: int
    frames: Frames
    strayed: Callable[[str], None]
    left_step: Callable[[str], None]
    then: dict[int, list[Issued]] = field(default_factory=dict)
    replies: dict[int, list[bytes | None]] = field(default_factory=dict)
    now: dict[int, list[Issued]] = field(default_factory=dict)
    places: dict[tuple[int, int, int], list[int]] = field(default_factory=dict)
    talks: dict[int, Talk] = field(default_factory=dict)
    held_since: float | None = None

    def read(self, connections: list[Connection]) -> None:
        """Learn what was said, and the recorded permits."""
        for connection in connections:
            talk = self.talks[connection.dialled.place] = read_talk(connection, self.frames)
            for each in talk.exchanges:
                issued = self.issued(each.asked_at, each.request)
                if issued is not None:
                    mine = self.then.setdefault(issued.block, [])
                    key = (issued.block, issued.permit.epoch, issued.permit.sequence)
                    self.places.setdefault(key, []).append(len(mine))
                    mine.append(issued)
                    self.replies.setdefault(issued.block, []).append(each.reply)

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
