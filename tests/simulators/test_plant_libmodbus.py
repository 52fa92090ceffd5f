"""An independent Modbus implementation in C drives a sealer from the contract's literal addresses."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from simulators.plant import Plant, PlantWiring

SOURCE = Path(__file__).with_name("libmodbus_station.c")
DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the station; skip where compiler or library is absent."""
    if shutil.which("gcc") is None or shutil.which("pkg-config") is None:
        pytest.skip("gcc or pkg-config is absent: apt install gcc pkg-config")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libmodbus"], capture_output=True, text=True)
    if flags.returncode != 0:
        pytest.skip("libmodbus is absent: apt install libmodbus-dev")
    binary = tmp_path_factory.mktemp("station") / "libmodbus_station"
    compiled = ["gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-o", str(binary), str(SOURCE), *flags.stdout.split()]
    subprocess.run(compiled, check=True)
    return binary


async def drive(station: Path, *arguments: str) -> tuple[int, str, str]:
    async with asyncio.timeout(DEADLINE_S):
        process = await asyncio.create_subprocess_exec(
            station, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complained = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), complained.decode()


def address_of(plant: Plant, device: str) -> tuple[str, ...]:
    address = plant.wires[device].address
    return ("rtu", address) if device == "sealer_2" else ("tcp", *address.rsplit(":", 1))


@pytest.mark.parametrize(("device", "zone"), [("sealer_1", "seal_1"), ("sealer_2", "seal_2")])
async def test_c_station_seals_and_acknowledges(station: Path, tmp_path: Path, device: str, zone: str) -> None:
    async with Plant(PlantWiring(directory=tmp_path, speed=5.0)) as plant:
        plant.world.feed_load()
        plant.world.move_by_hand("load", zone)
        code, said, complained = await drive(station, *address_of(plant, device), "1")
        assert (code, complained) == (0, "")
        told = dict(pair.split("=") for pair in said.split())
        expected = {"accepted": "1", "code": "1", "carrier": "1", "dwell": "400", "cooling": "200", "cycles": "1"}
        assert told.items() >= {**expected, "after": "0"}.items()
        assert 1485 <= int(told["min"]) <= int(told["max"]) <= 1515
        assert 297 <= int(told["force"]) <= 303
        assert int(told["samples"]) > 20
        assert (told["hottest"] <= told["max"], told["strongest"]) == (True, told["force"])
        assert plant.world.mailer_at(zone).sealed


async def test_c_station_is_refused_the_wrong_carrier(station: Path, tmp_path: Path) -> None:
    async with Plant(PlantWiring(directory=tmp_path, speed=5.0)) as plant:
        plant.world.feed_load()
        plant.world.move_by_hand("load", "seal_1")
        code, _, complained = await drive(station, *address_of(plant, "sealer_1"), "2")
        assert code == 1
        assert "refused with answer 5" in complained
        assert not plant.world.mailer_at("seal_1").sealed
