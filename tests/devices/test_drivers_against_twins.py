"""Each driver against its twin, over the real wires of the simulated plant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devices.errors import CommandRefused, NoRead, PrinterFault, UnknownOutcome
from devices.links.address import ModbusLink, dial, parse_link
from devices.links.modbus import master_for
from devices.links.state import LinkState
from devices.plc.contract import ALL_SAFE, Answer, Command, DeviceKind, ResultCode
from devices.plc.driver import PlcStation
from devices.printer.driver import LabelPrinter
from devices.printer.wire import WaybillLabel
from devices.scale.driver import Scale
from devices.scanner.driver import Scanner
from simulators.plant import Plant, PlantWiring
from simulators.scanner import ScannerTwin

SEAL_150 = (1500, 400, 300, 200)
LOAD, INFEED = 0, 1


@asynccontextmanager
async def plant_at(directory: Path) -> AsyncIterator[Plant]:
    async with Plant(PlantWiring(directory=directory, speed=50.0)) as plant:
        yield plant


@asynccontextmanager
async def owned(serve: Callable[[], Awaitable[None]], ready: Callable[[], bool]) -> AsyncIterator[None]:
    owner = asyncio.ensure_future(serve())
    try:
        async with asyncio.timeout(5):
            while not ready():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        yield
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)


@asynccontextmanager
async def station_at(plant: Plant, name: str, kind: DeviceKind, blocks: int = 1) -> AsyncIterator[PlcStation]:
    link = parse_link(plant.links[name])
    assert isinstance(link, ModbusLink)
    station = PlcStation(name, kind, blocks, master_for(name, link), epoch=3)
    async with owned(station.serve, lambda: station.image is not None and station.image.safety == ALL_SAFE):
        yield station


def carrier_in(plant: Plant, zone: str) -> int:
    plant.world.feed_load()
    plant.world.begin_kit("load", "K1")
    if zone != "load":
        plant.world.move_by_hand("load", zone)
    return plant.world.carrier_at(zone).number


@pytest.mark.parametrize("sealer", ["sealer_1", "sealer_2"])
async def test_sealers_over_tcp_and_rtu(tmp_path: Path, sealer: str) -> None:
    async with plant_at(tmp_path) as plant:
        carrier = carrier_in(plant, "seal_1" if sealer == "sealer_1" else "seal_2")
        async with station_at(plant, sealer, DeviceKind.SEALER) as station:
            with pytest.raises(CommandRefused) as refused:
                await station.execute(0, Command.SEAL, token=9, carrier=carrier + 1, setpoints=SEAL_150, deadline_s=5)
            assert refused.value.answer is Answer.WRONG_CARRIER
            done = await station.execute(0, Command.SEAL, token=9, carrier=carrier, setpoints=SEAL_150, deadline_s=10)
            assert done.result.code is ResultCode.OK
            assert done.result.token == 9
            assert done.result.measured["carrier"] == carrier
            assert done.echoed_at - done.written_at < 0.5
            await station.acknowledge(0, done.result)
            assert station.retained(0) is None


async def test_the_conveyor_moves_two_carriers_at_once(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        first = carrier_in(plant, "infeed")
        second = carrier_in(plant, "label")
        async with station_at(plant, "conveyor", DeviceKind.CONVEYOR, 9) as conveyor, asyncio.TaskGroup() as group:
            moves = [
                group.create_task(conveyor.execute(1, Command.MOVE, token=1, carrier=first, target=2, deadline_s=5)),
                group.create_task(conveyor.execute(4, Command.MOVE, token=2, carrier=second, target=5, deadline_s=5)),
            ]
            for block, move in zip((1, 4), moves, strict=True):
                assert (await move).result.code is ResultCode.OK
                await conveyor.acknowledge(block, move.result().result)
        assert (plant.world.carrier_at("collate").number, plant.world.carrier_at("seal_1").number) == (first, second)


async def test_a_cut_link_neither_repeats_nor_loses_a_cycle(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        carrier = carrier_in(plant, "seal_1")
        async with station_at(plant, "sealer_1", DeviceKind.SEALER) as station:
            sealing = asyncio.create_task(
                station.execute(0, Command.SEAL, token=9, carrier=carrier, setpoints=SEAL_150, deadline_s=10)
            )
            for _ in range(3):
                await asyncio.sleep(0.003)
                plant.wires["sealer_1"].drop()
            done = await sealing
            assert done.result.measured["cycles"] == 1


async def test_a_plc_that_lost_its_memory_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        carrier = carrier_in(plant, "seal_1")
        async with station_at(plant, "sealer_1", DeviceKind.SEALER) as station:
            sealing = asyncio.create_task(
                station.execute(
                    0, Command.SEAL, token=9, carrier=carrier, setpoints=(1500, 5000, 300, 10000), deadline_s=9
                )
            )
            while plant.plcs["sealer_1"].status().blocks[0].echo.answer is not Answer.ACCEPTED:
                await station.changed()
            await asyncio.sleep(0.03)
            plant.plcs["sealer_1"].restart(keep_memory=False)
            with pytest.raises(UnknownOutcome, match="started anew"):
                await sealing


async def present(scanner: ScannerTwin, code: str | None) -> bool:
    await scanner.triggered.wait()
    return await scanner.present(code)


async def test_the_scanner(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        scanner = Scanner("infeed", dial(parse_link(plant.links["infeed_scanner"])))
        async with owned(scanner.serve, lambda: scanner.link_state is LinkState.ONLINE):
            for code in ("4470012345678", "ABC-1"):
                reading, seen = await asyncio.gather(scanner.read(2), present(plant.infeed_scanner, code))
                assert (reading.text, reading.symbology, seen) == (code, "Code128", True)
            with pytest.raises(NoRead):
                await asyncio.gather(scanner.read(0.1), present(plant.infeed_scanner, None))
            with pytest.raises(NoRead, match="may hold A-Z"):
                await asyncio.gather(scanner.read(2), present(plant.infeed_scanner, "AB\x1dC"))
            reading, _ = await asyncio.gather(scanner.read(2), present(plant.infeed_scanner, "LAST"))
            assert reading.text == "LAST"


async def test_the_scale(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        scale = Scale("scale", dial(parse_link(plant.links["scale"])))
        async with owned(scale.serve, lambda: scale.link_state is LinkState.ONLINE):
            await scale.zero(2)
            carrier_in(plant, "inspect")
            weight = await scale.weigh(2)
            assert weight.grams == pytest.approx(42.0, abs=0.5)


async def test_the_printer(tmp_path: Path) -> None:
    async with plant_at(tmp_path) as plant:
        printer = LabelPrinter("printer", dial(parse_link(plant.links["printer"])))
        async with owned(printer.serve, lambda: printer.link_state is LinkState.ONLINE):
            await printer.ready()
            await printer.print_waybill(WaybillLabel("1100000001460", ("李^XZ",)), 3)
            assert plant.world.peel is not None
            assert plant.world.peel.mail_number == "1100000001460"
            assert plant.world.peel.text == "1100000001460"
            with pytest.raises(PrinterFault, match="a label waits"):
                await printer.print_waybill(WaybillLabel("1100000001460"), 3)
            plant.world.peel_off()
            plant.printer.pause = True
            with pytest.raises(PrinterFault, match="paused"):
                await printer.ready()
