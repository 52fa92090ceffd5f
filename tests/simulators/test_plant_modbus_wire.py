"""The PLC twins over real TCP ports and a real pseudo-terminal, driven by a plain pymodbus client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from plant_lines import DEADLINE_S, tcp_line
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from devices.plc.contract import (
    HEARTBEAT_ADDRESS,
    Answer,
    Block,
    BlockState,
    Command,
    DeviceKind,
    Permit,
    ResultCode,
    Safety,
    StatusImage,
    acknowledge_address,
    command_address,
    status_length,
)
from devices.plc.identity import IDENTITY_ADDRESS, IDENTITY_LENGTH, Identity
from simulators.plant import Plant, PlantWiring
from simulators.world import ZONES

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
READ_IDENTITY = bytes.fromhex("000100000006010323280001")


class Host:
    """The line's end, plain: one client, a heartbeat that is beaten by hand."""

    def __init__(self, client: Client, kind: DeviceKind, blocks: int = 1) -> None:
        self.client = client
        self.kind, self.blocks = kind, blocks
        self._beat = 0

    async def status(self) -> StatusImage:
        words = await self.client.read_holding_registers(0, count=status_length(self.kind, self.blocks), device_id=1)
        assert not words.isError(), words
        return StatusImage.decode(words.registers, self.kind, self.blocks)

    async def beat(self) -> None:
        self._beat += 1
        await self.client.write_register(HEARTBEAT_ADDRESS, self._beat, device_id=1)

    async def ask(self, permit: Permit, block: int = 0) -> Block:
        """Write the permit and return the block once the echo stands."""
        written = await self.client.write_registers(command_address(block), permit.encode(), device_id=1)
        assert not written.isError(), written
        return await self.until(lambda seen: seen.echo.sequence == permit.sequence, block)

    async def until(self, reached: Callable[[Block], bool], block: int = 0) -> Block:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                await self.beat()
                seen = (await self.status()).blocks[block]
                if reached(seen):
                    return seen
                await asyncio.sleep(0.01)

    async def permit(self, command: Command, target: int = 0, setpoints: tuple[int, ...] = ()) -> Permit:
        """Return a permit for carrier 1, once the PLC has seen a heartbeat."""
        await self.beat()
        await asyncio.sleep(0.03)
        clock_ms = (await self.status()).clock_ms
        return Permit(1, 1, 77, command, 1, target, clock_ms + 400, setpoints)


@asynccontextmanager
async def tcp_host(plant: Plant, device: str, kind: DeviceKind, blocks: int = 1) -> AsyncIterator[Host]:
    port = int(plant.wires[device].address.rpartition(":")[2])
    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0, timeout=1, reconnect_delay=0)
    assert await client.connect()
    try:
        yield Host(client, kind, blocks)
    finally:
        client.close()


@asynccontextmanager
async def rtu_host(plant: Plant, device: str, kind: DeviceKind) -> AsyncIterator[Host]:
    client = AsyncModbusSerialClient(plant.wires[device].address, baudrate=115200, retries=0, timeout=0.3)
    assert await client.connect()
    try:
        yield Host(client, kind)
    finally:
        client.close()


@pytest.fixture
def wiring(tmp_path: Path) -> PlantWiring:
    return PlantWiring(directory=tmp_path, speed=20.0)


async def test_identity_of_every_plc(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant:
        for device, kind, blocks in (
            ("conveyor", DeviceKind.CONVEYOR, 9),
            ("sealer_1", DeviceKind.SEALER, 1),
            ("applicator", DeviceKind.APPLICATOR, 1),
            ("gate", DeviceKind.GATE, 1),
        ):
            async with tcp_host(plant, device, kind, blocks) as host:
                words = await host.client.read_holding_registers(IDENTITY_ADDRESS, count=IDENTITY_LENGTH, device_id=1)
                assert Identity.decode(list(words.registers)) == Identity(kind, blocks)


async def test_conveyor_moves_a_carrier_from_load_to_infeed(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant, tcp_host(plant, "conveyor", DeviceKind.CONVEYOR, len(ZONES)) as host:
        await host.until(lambda seen: seen.carrier == 1)
        taken = await host.ask(await host.permit(Command.MOVE, ZONES.index("infeed")))
        assert taken.echo.answer is Answer.ACCEPTED
        done = await host.until(lambda seen: seen.state is BlockState.DONE)
        assert done.result.code is ResultCode.OK
        assert (await host.status()).blocks[ZONES.index("infeed")].carrier == 1
        await host.client.write_registers(acknowledge_address(0), [1, 1], device_id=1)
        await host.until(lambda seen: seen.state is BlockState.IDLE)


async def test_sealer_on_a_pty_seals_by_rtu(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant:
        plant.world.feed_load()
        plant.world.move_by_hand("load", "seal_2")
        async with rtu_host(plant, "sealer_2", DeviceKind.SEALER) as host:
            taken = await host.ask(await host.permit(Command.SEAL, setpoints=(1500, 400, 300, 200)))
            assert taken.echo.answer is Answer.ACCEPTED
            done = await host.until(lambda seen: seen.state is BlockState.DONE)
            assert done.result.measured["dwell_ms"] == 400
            assert plant.world.mailer_at("seal_2").sealed


async def test_rtu_ignores_noise_and_another_unit(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant, rtu_host(plant, "sealer_2", DeviceKind.SEALER) as host:
        transport = host.client.ctx.transport
        assert transport is not None
        transport.write(b"\x01\x03\x00")  # a torn request
        await asyncio.sleep(0.08)
        assert (await host.status()).boot_id == 1
        with pytest.raises(ModbusIOException, match="No response"):
            await host.client.read_holding_registers(0, count=1, device_id=9)


async def test_exceptions_for_address_count_and_function(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant, tcp_host(plant, "sealer_1", DeviceKind.SEALER) as host:
        client = host.client
        assert (await client.read_holding_registers(500, count=1, device_id=1)).exception_code == 2
        assert (await client.write_registers(0, [1], device_id=1)).exception_code == 2
        assert (await client.read_coils(0, count=1, device_id=1)).exception_code == 1
        both = await client.readwrite_registers(
            read_address=IDENTITY_ADDRESS, read_count=1, write_address=HEARTBEAT_ADDRESS, values=[5], device_id=1
        )
        assert both.registers == [0x5EA1]
        assert (await client.read_holding_registers(HEARTBEAT_ADDRESS, count=1, device_id=1)).registers == [5]


@pytest.mark.parametrize("count", [0, 126])
async def test_count_that_no_reply_can_carry(wiring: PlantWiring, count: int) -> None:
    async with Plant(wiring) as plant, tcp_line(plant.wires["sealer_1"].address) as line:
        line.say(bytes.fromhex("00090000000601030000") + count.to_bytes(2, "big"))
        assert await line.reader.readexactly(9) == bytes.fromhex("000900000003018303")


async def test_two_clients_and_requests_in_pieces(wiring: PlantWiring) -> None:
    async with (
        Plant(wiring) as plant,
        tcp_host(plant, "gate", DeviceKind.GATE) as host,
        tcp_line(plant.wires["gate"].address) as line,
    ):
        for piece in (READ_IDENTITY[:3], READ_IDENTITY[3:9], READ_IDENTITY[9:] + READ_IDENTITY):
            line.say(piece)
            await asyncio.sleep(0.01)
        assert await line.reader.readexactly(22) == bytes.fromhex("0001000000050103025ea1") * 2
        assert (await host.status()).blocks[0].state is BlockState.IDLE


async def test_paused_plc_does_not_answer_and_a_dropped_one_hangs_up(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant, tcp_line(plant.wires["gate"].address) as line:
        plant.wires["gate"].pause()
        line.say(READ_IDENTITY)
        assert await line.silent()
        plant.wires["gate"].resume()
        line.say(READ_IDENTITY)
        assert len(await line.reader.readexactly(11)) == 11
        plant.wires["gate"].drop()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await line.reader.readexactly(1)


@pytest.mark.serial
async def test_host_is_alive_while_it_beats_and_lost_after_400_ms(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant, tcp_host(plant, "gate", DeviceKind.GATE) as host:
        await host.beat()
        await asyncio.sleep(0.3)
        assert Safety.HOST_ALIVE in (await host.status()).safety
        await asyncio.sleep(0.15)
        assert Safety.HOST_ALIVE not in (await host.status()).safety


async def test_a_port_that_is_taken_is_named(wiring: PlantWiring) -> None:
    async with Plant(wiring) as plant:
        port = int(plant.wires["gate"].address.rpartition(":")[2])
        taken = PlantWiring(directory=wiring.directory / "second", gate=port)
        with pytest.raises(OSError, match=f"can't listen on 127.0.0.1:{port}.*choose a free port"):
            async with Plant(taken):
                pass
