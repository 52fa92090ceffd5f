"""Whether a PLC does what the contract says, tried from outside: for whoever programs one, before a line trusts it.

Every permit that is tried must be refused, each for another reason, so a PLC that keeps the contract moves nothing; one
that takes such a permit moves once, and nothing more is tried. `motion=True` gives one permit that may be taken, on
what stands there at the time, and tries how its result is kept. The PLC is driven by bare Modbus transactions, not by
the line's driver, which would not write what is wrong. One master at a time: no line may run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from devices.links.modbus import ModbusMaster
from devices.plc.check_word import check_word
from devices.plc.contract import (
    HEARTBEAT_ADDRESS,
    HEARTBEAT_LOST_S,
    HEARTBEAT_PERIOD_S,
    PERMIT_LIFE_MS,
    SETPOINT_BOUNDS,
    SETPOINTS,
    STATUS_ADDRESS,
    Answer,
    Block,
    BlockState,
    Chute,
    Command,
    ContractError,
    DeviceKind,
    Permit,
    Safety,
    StatusImage,
    acknowledge_address,
    command_address,
    next_sequence,
    status_length,
)
from devices.plc.identity import IDENTITY_ADDRESS, IDENTITY_LENGTH, Identity

ANSWER_S = 0.5
"""A command or an acknowledgement must show within this; fifty scans."""
MOTION_S = 30.0
_SLACK_S = 0.1
"""Of one scan, one reading and the beat before it."""
_WATCHED_S = 1.0
_READ_S = 0.02
_LIFE_MS = 400
_FOREIGN_CARRIER = 0xFFFF
COMMANDS = {
    DeviceKind.CONVEYOR: Command.MOVE,
    DeviceKind.SEALER: Command.SEAL,
    DeviceKind.APPLICATOR: Command.APPLY,
    DeviceKind.GATE: Command.DIVERT,
}
"""The one command of each kind."""


class Clause(StrEnum):
    """What of the contract is tried."""

    IDENTITY = "identity"
    IMAGE = "status image"
    CLOCK = "clock"
    HOST_ALIVE = "heartbeat"
    BAD_CRC = "bad check word"
    UNKNOWN_COMMAND = "unknown command"
    NO_SEQUENCE = "sequence 0"
    EXPIRED = "expired permit"
    TOO_EARLY = "permit too far ahead"
    NO_EPOCH = "epoch 0"
    CARRIER = "wrong carrier"
    BOUNDS = "set-points out of bounds"
    HOST_LOST = "permit without heartbeat"
    STILL = "nothing moved"
    RESULT = "retained result"
    TWICE = "same permit twice"
    NEXT = "next permit before the acknowledgement"
    WRONG_ACKNOWLEDGEMENT = "acknowledgement of another result"
    ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True)
class Trial:
    """One clause and how the PLC kept it. :ivar kept: None when it could not be tried; `found` says why."""

    clause: Clause
    kept: bool | None
    found: str
    wanted: str = ""

    @property
    def taken(self) -> bool:
        """Whether a permit that had to be refused was taken: something moves."""
        return self.kept is False and self.found == Answer.ACCEPTED.name


_TAKEN = Trial(Clause.STILL, False, "a permit that had to be refused was taken; nothing more is tried", "no motion")


async def conform(master: ModbusMaster, kind: DeviceKind, *, motion: bool = False) -> AsyncIterator[Trial]:
    """Try one PLC, clause by clause; ends early when it is no PLC of this contract and `kind`.

    :raises DeviceError: it does not answer, or breaks off.
    """
    await master.connect()
    try:
        try:
            identity = Identity.decode(await master.read(IDENTITY_ADDRESS, IDENTITY_LENGTH))
        except ContractError as error:
            yield Trial(Clause.IDENTITY, False, str(error), f"a {kind.name} of this contract")
            return
        yield Trial(
            Clause.IDENTITY, identity.kind is kind, f"{identity.kind.name}, {identity.blocks} blocks", kind.name
        )
        if identity.kind is not kind:
            return
        bench = _Bench(master, kind, identity.blocks)
        try:
            async for trial in _all_trials(bench, motion=motion):
                yield trial
        except ContractError as error:
            yield Trial(Clause.IMAGE, False, str(error), "one scan in one reading, known codes")
    finally:
        master.close()


async def _all_trials(bench: _Bench, *, motion: bool) -> AsyncIterator[Trial]:
    async with bench.beating():
        for trial in await _image_and_clock(bench):
            yield trial
        yield await _host_is_seen(bench)
        before = await bench.image()
        async for trial in _refusals(bench):
            yield trial
            if trial.taken:
                yield _TAKEN
                return
    yield await _host_is_lost(bench)
    last = await _without_host(bench)
    yield last
    if last.taken:
        yield _TAKEN
        return
    after = await bench.image()
    moved = [n for n, (was, now) in enumerate(zip(before.blocks, after.blocks, strict=True)) if _moved(was, now)]
    yield Trial(Clause.STILL, not moved, f"blocks {moved} moved" if moved else "no block moved", "no block moved")
    if motion:
        async with bench.beating():
            async for trial in _motion(bench):
                yield trial
                if trial.taken:
                    yield _TAKEN
                    return


class _Bench:
    """One PLC under trial: its images, a heartbeat that can be let out, commands with any mistake in them."""

    def __init__(self, master: ModbusMaster, kind: DeviceKind, blocks: int) -> None:
        self.kind = kind
        self.command = COMMANDS[kind]
        self._master = master
        self._blocks = blocks
        self._length = status_length(kind, blocks)
        self._beat = 0

    async def image(self) -> StatusImage:
        """One reading.

        :raises ContractError: it is not what the contract says.
        """
        return StatusImage.decode(await self._master.read(STATUS_ADDRESS, self._length), self.kind, self._blocks)

    async def until(self, holds: Callable[[StatusImage], bool], within_s: float = ANSWER_S) -> StatusImage:
        """The first image in which it holds, else the last one before the time is over."""
        clock = asyncio.get_running_loop().time
        end = clock() + within_s
        while not holds(image := await self.image()) and clock() < end:  # noqa: ASYNC110 - a PLC tells nothing
            await asyncio.sleep(_READ_S)
        return image

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat the line's heartbeat meanwhile, and wait until the PLC has seen it."""

        async def beat() -> None:
            while True:
                self._beat = self._beat % 0xFFFF + 1
                await self._master.write_one(HEARTBEAT_ADDRESS, self._beat)
                await asyncio.sleep(HEARTBEAT_PERIOD_S)

        task = asyncio.create_task(beat())
        try:
            await self.until(lambda image: Safety.HOST_ALIVE in image.safety)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def permit(self, block: int = 0) -> Permit:
        """A permit that could be taken: for what stands there, alive, named like no other of this PLC's life."""
        image = await self.image()
        seen = image.blocks[block]
        epoch = max(1, *(each.echo.epoch for each in image.blocks), *(each.result.epoch for each in image.blocks))
        lows = tuple(SETPOINT_BOUNDS[name][0] for name in SETPOINTS[self.command])
        expires = image.clock_ms + _LIFE_MS & 0xFFFFFFFF
        target = int(Chute.REJECT) if self.kind is DeviceKind.GATE else 0
        sequence = next_sequence(seen.echo.sequence)
        return Permit(epoch, sequence, 1, self.command, seen.carrier, target, expires, lows)

    async def ask(self, words: list[int], block: int = 0) -> Block:
        """Write a command block and return the block as soon as it is echoed, or as it stands when it never is."""
        await self._master.write(command_address(block), words)

        def echoed(image: StatusImage) -> bool:
            echo = image.blocks[block].echo
            return [echo.epoch, echo.sequence, echo.check] == [words[0], words[1], words[-1]]

        return (await self.until(echoed)).blocks[block]

    async def acknowledge(self, epoch: int, sequence: int, block: int) -> None:
        """Write an acknowledgement."""
        await self._master.write(acknowledge_address(block), [epoch, sequence])


async def _image_and_clock(bench: _Bench) -> list[Trial]:
    clock = asyncio.get_running_loop().time
    first, began = await bench.image(), clock()
    sequences = {first.sequence}
    while clock() - began < _WATCHED_S:
        await asyncio.sleep(_READ_S)
        sequences.add((await bench.image()).sequence)
    last, took_ms = await bench.image(), (clock() - began) * 1000
    ran_ms = last.clock_ms - first.clock_ms & 0xFFFFFFFF
    slack = 0.02 * took_ms + _SLACK_S * 1000
    return [
        Trial(
            Clause.IMAGE, len(sequences) > 1, f"{len(sequences)} sequences in {took_ms:.0f} ms", "new with each scan"
        ),
        Trial(Clause.CLOCK, abs(ran_ms - took_ms) <= slack, f"{ran_ms} ms", f"{took_ms:.0f} ± {slack:.0f} ms"),
    ]


async def _host_is_seen(bench: _Bench) -> Trial:
    seen = await bench.until(lambda image: Safety.HOST_ALIVE in image.safety)
    alive = Safety.HOST_ALIVE in seen.safety
    return Trial(Clause.HOST_ALIVE, alive, f"HOST_ALIVE {'set' if alive else 'not set'}", "set while the line beats")


async def _host_is_lost(bench: _Bench) -> Trial:
    """By the PLC's own clock, so that a slow reader does it no wrong."""
    began = await bench.image()
    limit_ms = (HEARTBEAT_LOST_S + _SLACK_S) * 1000
    seen = await bench.until(lambda image: Safety.HOST_ALIVE not in image.safety, 4 * HEARTBEAT_LOST_S)
    ran_ms = seen.clock_ms - began.clock_ms & 0xFFFFFFFF
    kept = Safety.HOST_ALIVE not in seen.safety and ran_ms <= limit_ms
    state = "cleared" if Safety.HOST_ALIVE not in seen.safety else "still set"
    return Trial(Clause.HOST_ALIVE, kept, f"{state} after {ran_ms} ms of silence", f"cleared within {limit_ms:.0f} ms")


async def _refusals(bench: _Bench) -> AsyncIterator[Trial]:
    good = await bench.permit()
    spoiled = good.encode()
    yield await _answered(bench, Clause.BAD_CRC, [*spoiled[:-1], spoiled[-1] ^ 1], Answer.BAD_CRC)
    yield await _answered(
        bench, Clause.UNKNOWN_COMMAND, _with_word(await bench.permit(), 4, 99), Answer.UNKNOWN_COMMAND
    )
    no_number = replace(await bench.permit(), sequence=0)
    yield await _answered(bench, Clause.NO_SEQUENCE, no_number.encode(), Answer.UNKNOWN_COMMAND)
    late = await bench.permit()
    late = replace(late, expires_ms=late.expires_ms - _LIFE_MS & 0xFFFFFFFF)
    yield await _answered(bench, Clause.EXPIRED, late.encode(), Answer.EXPIRED)
    early = await bench.permit()
    early = replace(early, expires_ms=early.expires_ms + 2 * PERMIT_LIFE_MS & 0xFFFFFFFF)
    yield await _answered(bench, Clause.TOO_EARLY, early.encode(), Answer.EXPIRED)
    old = replace(await bench.permit(), epoch=0)
    yield await _answered(bench, Clause.NO_EPOCH, old.encode(), Answer.OLD_EPOCH)
    at_work = (await bench.image()).blocks[0].state is not BlockState.IDLE
    if at_work:
        yield Trial(Clause.CARRIER, None, "block 0 is not idle: acknowledge its result by a Reset of the line first")
        return
    strange = replace(await bench.permit(), carrier=_FOREIGN_CARRIER)
    nobody = (await bench.image()).blocks[0].carrier == 0
    yield await _answered(
        bench, Clause.CARRIER, strange.encode(), Answer.NO_CARRIER if nobody else Answer.WRONG_CARRIER
    )
    if SETPOINTS[bench.command]:
        yield await _bounds(bench)


async def _bounds(bench: _Bench) -> Trial:
    """Only on nothing: a PLC that takes it would close on somebody's parcel."""
    permit = await bench.permit()
    if permit.carrier:
        return Trial(Clause.BOUNDS, None, f"carrier {permit.carrier} stands there: take it out first")
    highs = tuple(SETPOINT_BOUNDS[name][1] + 1 for name in SETPOINTS[bench.command])
    return await _answered(bench, Clause.BOUNDS, replace(permit, setpoints=highs).encode(), Answer.OUT_OF_BOUNDS)


async def _without_host(bench: _Bench) -> Trial:
    return await _answered(bench, Clause.HOST_LOST, (await bench.permit()).encode(), Answer.HOST_LOST)


async def _answered(bench: _Bench, clause: Clause, words: list[int], wanted: Answer) -> Trial:
    block = await bench.ask(words)
    echoed = [block.echo.epoch, block.echo.sequence, block.echo.check] == [words[0], words[1], words[-1]]
    found = block.echo.answer.name if echoed else f"not echoed within {ANSWER_S} s"
    return Trial(clause, echoed and block.echo.answer is wanted, found, wanted.name)


async def _motion(bench: _Bench) -> AsyncIterator[Trial]:
    """One permit on what stands there, and how its result is kept."""
    number = await _able(bench)
    if number is None:
        yield Trial(Clause.RESULT, None, "no block can move now: bring a carrier there (a sealer: take it out)")
        return
    permit = await bench.permit(number)
    if bench.kind is DeviceKind.CONVEYOR:
        permit = replace(permit, target=number + 1)
    words = permit.encode()
    taken = await bench.ask(words, number)
    if taken.echo.answer is not Answer.ACCEPTED:
        yield Trial(Clause.RESULT, False, taken.echo.answer.name, Answer.ACCEPTED.name)
        return
    block = (await bench.until(lambda image: image.blocks[number].state is BlockState.DONE, MOTION_S)).blocks[number]
    result = block.result
    kept = block.state is BlockState.DONE and (result.epoch, result.sequence, result.token) == (
        permit.epoch,
        permit.sequence,
        permit.token,
    )
    yield Trial(
        Clause.RESULT, kept, f"{block.state.name}, {result.code.name} {result.measured}", "DONE, of this permit"
    )
    await bench.ask(words, number)
    again = await bench.until(lambda image: image.blocks[number].state is not BlockState.DONE)
    yield Trial(
        Clause.TWICE, again.blocks[number].result == result, again.blocks[number].state.name, "DONE, the same result"
    )
    another = replace(await bench.permit(number), sequence=next_sequence(permit.sequence))
    answer = (await bench.ask(another.encode(), number)).echo.answer
    yield Trial(Clause.NEXT, answer is Answer.RESULT_UNACKNOWLEDGED, answer.name, Answer.RESULT_UNACKNOWLEDGED.name)
    await bench.acknowledge(permit.epoch, next_sequence(permit.sequence), number)
    held = await bench.until(lambda image: image.blocks[number].state is not BlockState.DONE)
    yield Trial(
        Clause.WRONG_ACKNOWLEDGEMENT, held.blocks[number].result == result, held.blocks[number].state.name, "DONE"
    )
    await bench.acknowledge(permit.epoch, permit.sequence, number)
    free = (await bench.until(lambda image: image.blocks[number].state is BlockState.IDLE)).blocks[number]
    cleared = free.state is BlockState.IDLE and free.result.sequence == 0
    yield Trial(Clause.ACKNOWLEDGEMENT, cleared, f"{free.state.name}, result {free.result.sequence}", "IDLE, result 0")


async def _able(bench: _Bench) -> int | None:
    """The block whose machine may be tried on what stands there now: a jaw on nothing, all others on a carrier."""
    blocks = (await bench.image()).blocks
    for number, block in enumerate(blocks):
        if block.state is not BlockState.IDLE or (bench.kind is DeviceKind.SEALER) == bool(block.carrier):
            continue
        if bench.kind is DeviceKind.CONVEYOR and (number + 1 >= len(blocks) or blocks[number + 1].carrier):
            continue
        return number
    return None


def _with_word(permit: Permit, offset: int, value: int) -> list[int]:
    words = permit.encode()[:-1]
    words[offset] = value
    return [*words, check_word(words)]


def _moved(was: Block, now: Block) -> bool:
    return (was.state, was.carrier, was.result) != (now.state, now.carrier, now.result)
