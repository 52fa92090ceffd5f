"""A typed port shows the line what a wire would: images, doubt after a lost answer, silence, a host that is gone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

import pytest

from devices.errors import BadReply, DeviceTimeout, ExceptionReply, LinkLost
from devices.links.state import LinkState
from devices.plc.contract import Answer, Chute, Command, DeviceKind, Permit, Result, ResultCode, command_address
from devices.plc.curve import CURVE_ADDRESS, CURVE_LENGTH
from simulators.faults import Faults
from simulators.machines import GateMachine, SealerMachine
from simulators.virtual.event_plc import EventPlc
from simulators.virtual.loop import VirtualLoop, virtual_run
from simulators.virtual.ports import PortWire, TypedPort
from simulators.virtual.trace import Trace
from simulators.virtual.wires import Twist
from simulators.world import World

SETPOINTS = (1500, 1000, 300, 0)


class Bench:
    """A gate with a mailer on carrier 1 before it, and the line's port to it."""

    def __init__(self) -> None:
        self.world = World(carriers=1)
        carrier = self.world.feed_load()
        assert carrier is not None
        self.world.move_by_hand("load", "divert")
        self.plc = EventPlc("gate", GateMachine(self.world, Faults()))
        self.accepted: list[Permit] = []
        self.plc.watch(lambda _, __: None, lambda _, permit: self.accepted.append(permit), Counter())
        self.wire = PortWire("gate", self.plc, Random(1), Trace())
        self.port: TypedPort = self.wire.make_port("gate", DeviceKind.GATE, 1)

    async def online(self) -> None:
        while self.port.image is None or not self.port.image.safety & 4:
            await asyncio.wait_for(self.port.changed(), 5)

    async def push(self, sequence: int = 1) -> None:
        image = self.port.fresh()
        permit = Permit(7, sequence, 1, Command.DIVERT, 1, Chute.REJECT, image.clock_ms + 500)
        await self.port.write(command_address(0), permit.encode())

    async def answer(self) -> Answer:
        return await self.port.watch(
            lambda image: image.blocks[0].echo.answer if image.blocks[0].echo.sequence else None
        )


def run(work: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a test's work on a bench whose PLC and port are served."""

    async def served() -> None:
        bench = Bench()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in (bench.plc.run(), bench.port.serve())]
            await bench.online()
            await work(bench)
            for task in tasks:
                task.cancel()

    loop = VirtualLoop("1")
    virtual_run(served(), loop)
    assert not loop.failures


def test_a_permit_is_taken_and_its_result_seen() -> None:
    async def work(bench: Bench) -> None:
        with bench.port.hurry():
            await bench.push()
            assert await bench.answer() is Answer.ACCEPTED
        result = await bench.port.watch(
            lambda image: image.blocks[0].result if image.blocks[0].result.sequence else None
        )
        assert (result.code, result.measured["chute"]) == (ResultCode.OK, Chute.REJECT)

    run(work)


@pytest.mark.parametrize(
    ("twist", "error"), [(Twist.SWALLOWED, DeviceTimeout), (Twist.LATE, DeviceTimeout), (Twist.NOISE, BadReply)]
)
def test_a_lost_answer_leaves_doubt_and_the_permit_was_taken_once(twist: Twist, error: type[Exception]) -> None:
    async def work(bench: Bench) -> None:
        bench.wire._twists.append(twist)
        with pytest.raises(error) as caught:
            await bench.push()
        assert caught.value.written_at is not None  # type: ignore[attr-defined]
        await bench.online()
        assert await bench.answer() is Answer.ACCEPTED
        assert len(bench.accepted) == 1

    run(work)


def test_registers_beside_the_image_are_read_as_on_a_wire() -> None:
    async def work(bench: Bench) -> None:
        bench.plc.keeps_curve = True
        assert await bench.port.read(CURVE_ADDRESS, CURVE_LENGTH) == [0] * CURVE_LENGTH
        bench.plc.keeps_curve = False
        with pytest.raises(ExceptionReply):
            await bench.port.read(CURVE_ADDRESS, CURVE_LENGTH)
        assert bench.port.state is LinkState.ONLINE
        bench.wire._twists.append(Twist.SWALLOWED)
        with pytest.raises(DeviceTimeout):
            await bench.port.read(CURVE_ADDRESS, CURVE_LENGTH)
        with pytest.raises(LinkLost):
            await bench.port.read(CURVE_ADDRESS, CURVE_LENGTH)

    run(work)


def test_a_link_that_is_cut_sends_nothing() -> None:
    async def work(bench: Bench) -> None:
        image = bench.port.fresh()
        bench.wire.drop()
        assert bench.port.image is None
        with pytest.raises(LinkLost) as caught:
            await bench.port.write(command_address(0), [0])
        assert caught.value.written_at is None
        assert image.blocks[0].carrier == 1
        await bench.online()
        assert bench.port.counters.reconnects == 1

    run(work)


def test_half_open_the_image_grows_too_old_and_the_plc_loses_its_host() -> None:
    async def work(bench: Bench) -> None:
        bench.wire.pause()
        await asyncio.sleep(0.2)
        assert bench.port.image is not None
        await asyncio.sleep(0.1)
        assert bench.port.image is None
        await asyncio.sleep(0.5)
        assert not bench.plc.status().safety & 4
        assert bench.port.state is not LinkState.ONLINE
        bench.wire.resume()
        await bench.online()

    run(work)


def test_a_dead_process_beats_no_more() -> None:
    async def work(bench: Bench) -> None:
        bench.wire.hang_up()
        await asyncio.sleep(0.3)
        assert bench.plc.status().safety & 4
        await asyncio.sleep(0.2)
        assert not bench.plc.status().safety & 4

    run(work)


def test_nothing_is_looked_at_while_nothing_changes() -> None:
    async def work(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        before = loop.steps
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                await bench.port.watch(lambda image: True if image.blocks[0].result.sequence else None)
        assert loop.steps - before < 60 * 10

    run(work)


def test_who_waits_until_something_is_seen_is_told_of_a_lost_link_too() -> None:
    async def work(bench: Bench) -> None:
        seen: list[int | None] = []
        for lost in (True, False):
            waiting = asyncio.create_task(bench.port.until(lambda image, lost=lost: (image is None) is lost))  # type: ignore[misc]
            await asyncio.sleep(0)
            if lost:
                bench.wire.drop()
            await asyncio.wait_for(waiting, 10)
            seen.append(None if bench.port.image is None else bench.port.image.boot_id)
        assert seen == [None, 1]

    run(work)


def test_a_heater_that_burns_out_under_the_jaw_shows_in_the_readings_from_then_on() -> None:
    """Though no scan falls between the jaw's touch and its opening."""

    async def work() -> None:
        world = World(carriers=1)
        jaw = SealerMachine(world, Faults(), "seal_1")
        plc = EventPlc("sealer_1", jaw)
        plc.watch(lambda _, __: None, lambda _, __: None, Counter())
        serving = asyncio.create_task(plc.run())
        plc.attach()
        await asyncio.sleep(0.1)
        permit = Permit(
            7, 1, 0, Command.SEAL, 0, 0, plc.clock_ms_at(asyncio.get_running_loop().time()) + 500, SETPOINTS
        )
        plc.write(command_address(0), permit.encode())
        await asyncio.sleep(0.5)
        scans = plc.shown
        plc.settle()
        jaw.heater.powered = False
        await asyncio.sleep(2)
        assert plc.shown is not scans
        result = plc.shown.blocks[0].result if plc.shown is not None else Result()
        assert result.code is ResultCode.OK
        assert abs(result.measured["temperature_max_dc"] - 1500) < 10
        assert result.measured["temperature_min_dc"] < 900, "0.65 of a second without power"
        serving.cancel()

    virtual_run(work(), VirtualLoop("1"))
