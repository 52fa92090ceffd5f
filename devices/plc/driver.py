"""One PLC station, the line's end of the contract: permits, their results and the acknowledgement of these.

A permit is written once. Whether it was taken is read from the PLC's echo, how it ended from the retained result;
neither is ever assumed. Owns no link (`StationLink` does) and no decision about items.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from devices.errors import (
    BadReply,
    CommandRefused,
    DeviceError,
    DeviceTimeout,
    ExceptionReply,
    LinkLost,
    NotTaken,
    UnknownOutcome,
)
from devices.links.linked import LinkedDevice
from devices.links.modbus import ModbusMaster
from devices.links.state import LinkState
from devices.plc.contract import (
    PERMIT_LIFE_MS,
    SETPOINTS,
    Answer,
    Block,
    BlockState,
    Command,
    ContractError,
    DeviceKind,
    Permit,
    Result,
    StatusImage,
    acknowledge_address,
    command_address,
    has_expired,
    next_sequence,
)
from devices.plc.curve import CURVE_LENGTH, Curve, curve_address
from devices.plc.link import StationLink
from devices.plc.port import PlcPort

__all__ = ["ACKNOWLEDGE_DEADLINE_S", "CURVE_DEADLINE_S", "Completion", "LinkState", "PlcStation"]

ACKNOWLEDGE_DEADLINE_S = 2.0
_Found = TypeVar("_Found")
CURVE_DEADLINE_S = 0.5
"""Longer than one transaction may take, so that a sealer that falls silent is found by its link."""
_RELEASE_S = 0.1
"""An acknowledgement that has not released its block after this is written again: some scans and polls."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A command that was carried out to its retained result, good or not.

    :ivar written_at: loop time at which the permit's bytes had been handed to the operating system.
    :ivar echoed_at: loop time at which the PLC's echo had been read.
    """

    result: Result
    written_at: float
    echoed_at: float


@dataclass(frozen=True, slots=True)
class _Issued:
    """A numbered permit. :ivar words: its command block; :ivar boot_id: of the PLC's life in which it is valid."""

    block: int
    permit: Permit
    words: list[int]
    boot_id: int

    def __str__(self) -> str:
        permit = self.permit
        return f"{permit.command.name} of item {permit.token} at block {self.block}, sequence {permit.sequence}"


class PlcStation(LinkedDevice[PlcPort]):
    """One PLC with `blocks` blocks of one kind.

    :param epoch: the line's start counter, 1..65535; may be set anew.
    :param poll_s: time between two reads of the status image.
    :param stale_s: age from which on an image is no longer believed.
    :param port: in the place of a link over `master`.
    """

    def __init__(
        self,
        name: str,
        kind: DeviceKind,
        blocks: int,
        master: ModbusMaster,
        *,
        epoch: int,
        poll_s: float = 0.02,
        stale_s: float = 0.25,
        port: PlcPort | None = None,
    ) -> None:
        self.epoch = epoch
        link = port or StationLink(name, kind, blocks, master, poll_s=poll_s, stale_s=stale_s)
        super().__init__(name, link)
        self._used: dict[int, int] = {}
        self._claimed: set[int] = set()
        self._releases = [asyncio.Lock() for _ in range(blocks)]

    @property
    def kind(self) -> DeviceKind:
        """What kind of PLC must answer."""
        return self._link.kind

    @property
    def blocks(self) -> int:
        """How many blocks it must have."""
        return self._link.blocks

    @property
    def image(self) -> StatusImage | None:
        """The last status image; None when offline, older than `stale_s`, or the PLC's clock stands still as long."""
        return self._link.image

    async def changed(self) -> None:
        """Return at the next new image or change of the link."""
        await self._link.changed()

    async def watch(self, look: Callable[[StatusImage], _Found | None]) -> _Found:
        """Return what `look` finds in this image or a later one. Each is looked at without waking anyone in vain."""
        return await self._link.watch(look)

    async def until(self, look: Callable[[StatusImage | None], bool]) -> None:
        """Return once `look` says yes to the image, or to None while there is none. Nobody is woken before."""
        await self._link.until(look)

    def retained(self, block: int) -> Result | None:
        """Return the result that stands in `block` and that nobody has acknowledged; None when there is none.

        :raises LinkLost: no fresh image, so nobody can say.
        """
        return _retained(self._link.fresh().blocks[self._checked(block)])

    async def execute(
        self,
        block: int,
        command: Command,
        *,
        token: int,
        carrier: int,
        target: int = 0,
        setpoints: tuple[int, ...] = (),
        deadline_s: float,
    ) -> Completion:
        """Issue one permit, once, and wait for its retained result. The caller journals it, then acknowledges.

        :param deadline_s: seconds from now, for all of it.
        :raises CommandRefused: the PLC refused, or the block is busy or holds a result.
        :raises NotTaken: provably not executed; may be issued again.
        :raises UnknownOutcome: may have been executed; must not be issued again.
        """
        if len(setpoints) != len(SETPOINTS[command]):
            raise ValueError(f"{self.name}: {command.name} takes set-points {SETPOINTS[command]}, found {setpoints}")
        issued: _Issued | None = None
        self._claim(block)
        try:
            async with asyncio.timeout(deadline_s):
                await self._released(block)
                issued = self._issue(block, Permit(self.epoch, 0, token, command, carrier, target, 0, setpoints))
                return await self._carried_out(issued)
        except TimeoutError as error:
            if issued is None:
                raise NotTaken(self.name, f"block {block} was not free within {deadline_s} s") from error
            raise self._unknown(issued, f"no result within {deadline_s} s") from error
        finally:
            self._claimed.discard(block)

    async def curve(self, block: int, result: Result) -> Curve:
        """Read the curve of the cycle that ended with `result`, once. Only before that is acknowledged.

        :raises DeviceError: there is none within `CURVE_DEADLINE_S`, or not this cycle's.
        """
        address = curve_address(self._checked(block))
        try:
            async with asyncio.timeout(CURVE_DEADLINE_S):
                curve = Curve.decode(await self._link.read(address, CURVE_LENGTH))
        except TimeoutError as error:
            message = f"no curve of block {block} within {CURVE_DEADLINE_S} s"
            raise DeviceTimeout(self.name, message, expected=CURVE_DEADLINE_S, unit="s") from error
        except ContractError as error:
            raise BadReply(self.name, str(error)) from error
        if not curve.belongs_to(result):
            expected, actual = (result.epoch, result.sequence, result.token), (curve.epoch, curve.sequence, curve.token)
            message = f"curve of epoch, sequence, token {actual}, must be {expected}"
            raise BadReply(self.name, message, expected=expected, actual=actual)
        return curve

    async def acknowledge(self, block: int, result: Result) -> None:
        """Tell the PLC that `result` is journalled, and wait until its block is free. May be called again.

        :raises DeviceTimeout: the block was not seen free within `ACKNOWLEDGE_DEADLINE_S`.
        """
        self._checked(block)
        try:
            async with asyncio.timeout(ACKNOWLEDGE_DEADLINE_S), self._releases[block]:
                # Writing this again is safe: it names the one result that it releases.
                while self._may_hold(block, result):
                    await self._release(block, result)
        except TimeoutError as error:
            message = f"block {block} still holds result {result.sequence} after {ACKNOWLEDGE_DEADLINE_S} s"
            raise DeviceTimeout(self.name, message, expected=ACKNOWLEDGE_DEADLINE_S, unit="s") from error

    def _may_hold(self, block: int, result: Result) -> bool:
        image = self._link.image
        return image is None or _holds(image.blocks[block], result)

    async def _release(self, block: int, result: Result) -> None:
        """Write the acknowledgement once, and give the PLC time to let go. Only a waiting command hurries for it."""
        try:
            await self._link.write(acknowledge_address(block), [result.epoch, result.sequence])
        except DeviceError:
            await self._link.changed()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE_S):
                await self._link.watch(lambda image: None if _holds(image.blocks[block], result) else True)

    async def _released(self, block: int) -> None:
        """Wait for an acknowledgement of this block that is under way: it is about to become free."""
        if self._releases[block].locked():
            with self._link.hurry():
                async with self._releases[block]:
                    pass

    async def _carried_out(self, issued: _Issued) -> Completion:
        """Write the permit once, see it accepted, wait for its result."""
        written_at = await self._write_permit(issued)
        await self._accepted(issued)
        echoed_at = asyncio.get_running_loop().time()
        result = await self._link.watch(lambda image: self._result_in(issued, image))
        return Completion(result, written_at, echoed_at)

    def _issue(self, block: int, draft: Permit) -> _Issued:
        """Number a permit and give it its end by the PLC's clock, or say why it can't be issued now.

        Its life counts from the last image's clock, which the PLC's can only have passed: never more than allowed.
        """
        try:
            image = self._link.fresh()
        except LinkLost as error:
            raise NotTaken(self.name, f"{draft.command.name} was not issued: {error.message}") from error
        here = image.blocks[block]
        if _retained(here) is not None:
            message = f"block {block} holds result {here.result.sequence} of item {here.result.token} unacknowledged"
            raise CommandRefused(self.name, message, answer=Answer.RESULT_UNACKNOWLEDGED)
        if here.state is not BlockState.IDLE:
            message = f"block {block} must be IDLE for {draft.command.name}, found {here.state.name}"
            raise CommandRefused(self.name, message, answer=Answer.BUSY)
        sequence = next_sequence(_later(here.echo.sequence, self._used.get(block, 0)))
        self._used[block] = sequence
        expires_ms = (image.clock_ms + PERMIT_LIFE_MS) & 0xFFFFFFFF
        permit = Permit(
            draft.epoch,
            sequence,
            draft.token,
            draft.command,
            draft.carrier,
            draft.target,
            expires_ms,
            draft.setpoints,
        )
        return _Issued(block, permit, permit.encode(), image.boot_id)

    async def _write_permit(self, issued: _Issued) -> float:
        """Send the command block once; return when its bytes went out, also when the PLC's reply was lost."""
        try:
            return (await self._link.write(command_address(issued.block), issued.words)).written_at
        except ExceptionReply as error:
            raise NotTaken(self.name, f"the PLC refused the write: {error.message}") from error
        except DeviceError as error:
            if error.written_at is None:
                raise NotTaken(self.name, error.message) from error
            return error.written_at

    async def _accepted(self, issued: _Issued) -> None:
        """Wait until the PLC has echoed the permit.

        :raises CommandRefused: with any answer but ACCEPTED.
        """
        with self._link.hurry():
            answer = await self._link.watch(lambda image: self._answer_to(issued, image))
        if answer is not Answer.ACCEPTED:
            raise CommandRefused(self.name, f"{issued}: refused with {answer.name}", answer=answer)

    def _answer_to(self, issued: _Issued, image: StatusImage) -> Answer | None:
        permit, echo = issued.permit, image.blocks[issued.block].echo
        echoed = (echo.epoch, echo.sequence, echo.token, echo.check)
        if echoed == (permit.epoch, permit.sequence, permit.token, issued.words[-1]):
            return echo.answer if echo.answer is not Answer.NONE else None
        if image.boot_id != issued.boot_id:
            raise self._unknown(issued, "the PLC started anew before its echo was read")
        if has_expired(permit.expires_ms, image.clock_ms):
            raise NotTaken(self.name, f"{issued}: expired without being taken")
        return None

    def _result_in(self, issued: _Issued, image: StatusImage) -> Result | None:
        permit, result = issued.permit, image.blocks[issued.block].result
        if (result.epoch, result.sequence, result.token) == (permit.epoch, permit.sequence, permit.token):
            return result
        if image.boot_id != issued.boot_id:
            raise self._unknown(issued, "the PLC started anew before its result was read")
        return None

    def _unknown(self, issued: _Issued, why: str) -> UnknownOutcome:
        return UnknownOutcome(self.name, f"{issued}: {why}; link is {self.link_state}, last error: {self.last_error}")

    def _claim(self, block: int) -> None:
        """One command at a time for each block."""
        if self._checked(block) in self._claimed:
            message = f"block {block} already waits for the result of a command"
            raise CommandRefused(self.name, message, answer=Answer.BUSY)
        self._claimed.add(block)

    def _checked(self, block: int) -> int:
        if not 0 <= block < self.blocks:
            raise ValueError(f"{self.name}: block {block}, allowed: 0..{self.blocks - 1}")
        return block


def _retained(block: Block) -> Result | None:
    return block.result if block.result.sequence else None


def _holds(block: Block, result: Result) -> bool:
    """Whether `block` still holds `result`, or has dropped it and is not yet free."""
    found = block.result
    if not found.sequence:
        return block.state is BlockState.DONE
    return (found.epoch, found.sequence, found.token) == (result.epoch, result.sequence, result.token)


def _later(one: int, other: int) -> int:
    """The later of two sequence numbers, across their wrap."""
    return one if (one - other) & 0xFFFF < 1 << 15 else other
