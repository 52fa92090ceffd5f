"""The station's driver against a register bank that does just what each test says, over real TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from far_end import until
from plc_fake import FakePlc, running

from devices.errors import BadReply, CommandRefused, DeviceTimeout, ExceptionReply, LinkLost, NotTaken, UnknownOutcome
from devices.links.modbus import ModbusMaster
from devices.links.tcp import dial_tcp
from devices.plc import driver
from devices.plc.check_word import check_word
from devices.plc.contract import Answer, BlockState, Command, DeviceKind, Permit, Result
from devices.plc.curve import CURVE_LENGTH, Curve
from devices.plc.driver import Completion, LinkState, PlcStation

SETPOINTS = (1450, 800, 300, 500)


async def seal(station: PlcStation, deadline_s: float) -> Completion:
    return await station.execute(0, Command.SEAL, token=100_001, carrier=17, setpoints=SETPOINTS, deadline_s=deadline_s)


@asynccontextmanager
async def station_at(plc: FakePlc, *, kind: DeviceKind | None = None) -> AsyncIterator[PlcStation]:
    master = ModbusMaster("plc", dial_tcp("127.0.0.1", plc.port), "tcp", 1, timeout_s=0.5)
    station = PlcStation("plc", kind or plc.kind, plc.count, master, epoch=7)
    serving = asyncio.create_task(station.serve())
    try:
        yield station
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert station.link_state in (LinkState.OFFLINE, LinkState.WRONG_DEVICE)
        assert station.image is None


@asynccontextmanager
async def online(plc: FakePlc) -> AsyncIterator[PlcStation]:
    async with running(plc), station_at(plc) as station:
        await until_image(station)
        yield station


async def until_image(station: PlcStation) -> None:
    async with asyncio.timeout(2):
        while station.image is None:
            await station.changed()


async def test_a_command_from_permit_to_acknowledgement() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        assert (done.result.epoch, done.result.sequence, done.result.token) == (7, 1, 100_001)
        assert done.written_at < done.echoed_at
        assert station.retained(0) == done.result

        permit = Permit.decode(plc.commands[0])
        assert (permit.command, permit.carrier, permit.setpoints) == (Command.SEAL, 17, (1450, 800, 300, 500))
        assert check_word(plc.commands[0][:-1]) == plc.commands[0][-1]

        await station.acknowledge(0, done.result)
        await station.acknowledge(0, done.result)
        assert station.retained(0) is None
        assert station.image is not None
        assert station.image.blocks[0].state is BlockState.IDLE
        again = await seal(station, 2)
        assert again.result.sequence == 2
        assert len(plc.commands) == 2


async def test_a_cycles_curve_is_read_before_it_is_acknowledged() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        kept = Curve(7, 1, 100_001, 50, (1450, 1448), (0, 300))
        plc.curve = kept.encode()
        assert await station.curve(0, done.result) == kept
        await station.acknowledge(0, done.result)


@pytest.mark.parametrize("found", [Curve(7, 1, 100_002, 50).encode(), [1, *[0] * (CURVE_LENGTH - 1)], None])
async def test_a_foreign_torn_or_missing_curve_is_none_and_harms_nothing(found: list[int] | None) -> None:
    plc = FakePlc(curve=found)
    async with online(plc) as station:
        done = await seal(station, 2)
        with pytest.raises((BadReply, ExceptionReply)):
            await station.curve(0, done.result)
        assert station.link_state is LinkState.ONLINE
        await station.acknowledge(0, done.result)
        assert plc.connections == 1


async def test_nobody_waits_longer_for_a_curve_than_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "CURVE_DEADLINE_S", 0.01)
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        plc.mute = True
        with pytest.raises(DeviceTimeout, match=r"within 0\.01 s"):
            await station.curve(0, done.result)


async def test_the_permit_lives_at_most_half_a_second_of_the_plcs_clock() -> None:
    plc = FakePlc(clock_ms=0xFFFFFFF0)
    async with online(plc) as station:
        before = plc.clock_ms
        await seal(station, 2)
        life = (Permit.decode(plc.commands[0]).expires_ms - before) & 0xFFFFFFFF
        assert 400 < life <= 500


async def test_the_heartbeat_changes_each_100_ms() -> None:
    plc = FakePlc()
    async with online(plc):
        await asyncio.sleep(0.55)
    assert 5 <= len(plc.beats) <= 8
    assert len(set(plc.beats)) == len(plc.beats)


async def test_a_refusal_carries_the_answer() -> None:
    plc = FakePlc(answer=Answer.WRONG_CARRIER)
    async with online(plc) as station:
        with pytest.raises(
            CommandRefused, match="SEAL of item 100001 at block 0, sequence 1: refused with WRONG"
        ) as no:
            await seal(station, 2)
        assert no.value.answer is Answer.WRONG_CARRIER


async def test_nothing_is_written_over_a_retained_result_or_a_busy_block() -> None:
    plc = FakePlc(acts=False)
    async with online(plc) as station:
        waiting = asyncio.create_task(seal(station, 2))
        while not plc.commands:
            await station.changed()
        with pytest.raises(CommandRefused, match="already waits") as busy:
            await seal(station, 2)
        assert busy.value.answer is Answer.BUSY
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        with pytest.raises(CommandRefused, match="must be IDLE for SEAL, found BUSY"):
            await seal(station, 2)
        plc.finish(0)
        while station.retained(0) is None:
            await station.changed()
        with pytest.raises(CommandRefused, match="holds result 1 of item 100001") as held:
            await seal(station, 2)
        assert held.value.answer is Answer.RESULT_UNACKNOWLEDGED
        assert len(plc.commands) == 1


async def test_an_execute_waits_for_the_acknowledgement_under_way() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        async with asyncio.TaskGroup() as group:
            group.create_task(station.acknowledge(0, done.result))
            await asyncio.sleep(0)
            again = group.create_task(seal(station, 2))
        assert again.result().result.sequence == 2


async def test_a_lost_reply_is_settled_by_the_echo() -> None:
    plc = FakePlc(lose_reply=True)
    async with online(plc) as station:
        done = await seal(station, 3)
        assert done.result.sequence == 1
        assert len(plc.commands) == 1, "never written twice"
        assert station.counters.reconnects == 1


async def test_a_command_that_was_not_taken_is_proven_so_by_its_expiry() -> None:
    plc = FakePlc(lose_reply=True, takes=False)
    async with online(plc) as station:
        with pytest.raises(NotTaken, match="expired without being taken"):
            await seal(station, 3)
        plc.takes = True
        await until_image(station)
        done = await seal(station, 3)
        assert done.result.sequence == 2


async def test_a_plc_that_started_anew_leaves_the_outcome_unknown() -> None:
    plc = FakePlc(lose_reply=True, takes=False)
    async with online(plc) as station:
        waiting = asyncio.create_task(seal(station, 3))
        await until(lambda: not plc.lose_reply)
        plc.boot_id += 1
        with pytest.raises(UnknownOutcome, match="started anew before its echo"):
            await waiting


async def test_no_result_in_time_leaves_the_outcome_unknown() -> None:
    plc = FakePlc(acts=False)
    async with online(plc) as station:
        with pytest.raises(UnknownOutcome, match=r"no result within 0.1 s"):
            await seal(station, 0.1)
        assert len(plc.commands) == 1


@pytest.mark.parametrize("changes", [{"token": 9}, {"sequence": 9}, {"epoch": 6}])
async def test_another_commands_result_is_never_taken(changes: dict[str, int]) -> None:
    plc = FakePlc(acts=False)
    async with online(plc) as station:
        waiting = asyncio.create_task(seal(station, 0.2))
        while plc.blocks[0].state is not BlockState.BUSY:
            await station.changed()
        plc.finish(0, **changes)
        with pytest.raises(UnknownOutcome):
            await waiting


async def test_without_a_link_nothing_is_issued() -> None:
    plc = FakePlc()
    async with running(plc):
        pass
    async with station_at(plc) as station:
        with pytest.raises(NotTaken, match="no status image younger"):
            await seal(station, 1)
        with pytest.raises(LinkLost):
            station.retained(0)
        await until(lambda: station.last_error != "")
        assert f"tcp://127.0.0.1:{plc.port}" in station.last_error
        assert station.link_state is LinkState.OFFLINE


async def test_a_plc_whose_clock_stands_still_is_not_believed() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        plc.clock_runs = False
        await until(lambda: station.image is None)
        assert station.link_state is LinkState.ONLINE
        plc.clock_runs = True
        await until_image(station)


async def test_a_mute_plc_goes_offline_and_comes_back() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        plc.mute = True
        async with asyncio.timeout(1):
            while station.link_state is not LinkState.OFFLINE:
                await station.changed()
        assert station.image is None
        assert station.counters.timeouts == 1
        plc.mute = False
        await until_image(station)
        assert station.counters.reconnects >= 1


async def test_a_torn_or_impossible_image_is_not_believed() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        plc.tamper = lambda words: [*words[:-1], (words[-1] + 1) & 0xFFFF]
        await asyncio.sleep(0.3)
        assert station.image is None
        assert "torn read" in station.last_error
        plc.tamper = lambda words: [*words[:7], 99, *words[8:]]
        await asyncio.sleep(0.05)
        assert station.image is None
        assert "unknown code" in station.last_error
        plc.tamper = lambda words: words
        await until_image(station)


async def test_an_image_from_the_past_closes_the_link() -> None:
    plc = FakePlc(clock_ms=10_000)
    async with online(plc) as station:
        plc.clock_ms -= 2000
        async with asyncio.timeout(1):
            while "ran backwards" not in station.last_error:
                await station.changed()
        assert station.counters.bad_replies == 1


async def test_an_image_from_before_the_link_was_lost_is_not_believed_after_it() -> None:
    plc = FakePlc(clock_ms=10_000)
    async with online(plc) as station:
        plc.clock_ms -= 2000
        async with asyncio.timeout(3):
            while station.counters.bad_replies < 2:
                await station.changed()
        assert station.image is None
        assert plc.connections >= 2
        plc.boot_id += 1
        await until_image(station)


async def test_an_answer_that_a_lost_link_owed_is_not_believed_when_it_comes_later() -> None:
    plc = FakePlc(clock_ms=10_000)
    async with online(plc) as station:
        plc.clock_runs, plc.mute = False, True
        async with asyncio.timeout(5):
            while station.link_state is LinkState.ONLINE:
                await station.changed()
            plc.mute = False
            while "late answer" not in station.last_error:
                await station.changed()
        assert station.image is None
        plc.clock_ms += 20_000
        await until_image(station)


async def test_another_device_is_named_and_left_alone() -> None:
    plc = FakePlc(kind=DeviceKind.GATE)
    async with running(plc), station_at(plc, kind=DeviceKind.SEALER) as station:
        async with asyncio.timeout(1):
            while station.link_state is not LinkState.WRONG_DEVICE:
                await station.changed()
        assert "must be SEALER of 1 blocks, found GATE of 1" in station.last_error
        assert plc.written == []


async def test_nine_blocks_at_once() -> None:
    plc = FakePlc(kind=DeviceKind.CONVEYOR, count=9)
    async with online(plc) as station:
        async with asyncio.TaskGroup() as group:
            moves = [
                group.create_task(
                    station.execute(block, Command.MOVE, token=block + 1, carrier=17 + block, target=0, deadline_s=2)
                )
                for block in range(9)
            ]
        assert [move.result().result.token for move in moves] == list(range(1, 10))
        async with asyncio.TaskGroup() as group:
            for block, move in enumerate(moves):
                group.create_task(station.acknowledge(block, move.result().result))
        assert all(block.state is BlockState.IDLE for block in plc.blocks)


async def test_an_acknowledgement_survives_a_lost_link() -> None:
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        plc.lose_reply = True
        await station.acknowledge(0, done.result)
        assert plc.blocks[0].result == Result()


async def test_an_acknowledgement_that_is_not_heard_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.plc.driver.ACKNOWLEDGE_DEADLINE_S", 0.1)
    plc = FakePlc()
    async with online(plc) as station:
        done = await seal(station, 2)
        monkeypatch.setattr(plc, "_acknowledge", lambda block, values: None)
        with pytest.raises(DeviceTimeout, match="block 0 still holds result 1"):
            await station.acknowledge(0, done.result)


async def test_cancelling_leaves_the_link_at_work() -> None:
    plc = FakePlc(acts=False)
    async with online(plc) as station:
        waiting = asyncio.create_task(seal(station, 2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert station.link_state is LinkState.ONLINE
        assert plc.connections == 1


async def test_blocks_and_setpoints_out_of_bounds_are_named() -> None:
    async with online(FakePlc()) as station:
        with pytest.raises(ValueError, match=r"block 1, allowed: 0\.\.0"):
            await station.execute(1, Command.SEAL, token=1, carrier=1, setpoints=SETPOINTS, deadline_s=1)
        with pytest.raises(ValueError, match="SEAL takes set-points"):
            await station.execute(0, Command.SEAL, token=1, carrier=1, deadline_s=1)
