"""`sealline doctor` against a real simulated plant that is wired wrongly in every way a technician wires one."""

from __future__ import annotations

import asyncio
import ctypes.util
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import Result
from typer.testing import CliRunner

from controller.commands.finding import Finding, Grade
from controller.commands.table import command_line
from controller.commands.trying import try_all
from controller.plan.config import load_config
from simulators.camera import CAMERAS, CameraTwin, serve_cameras
from simulators.plant import Plant, PlantWiring
from tests.controller.mosquitto_bench import mosquitto
from tests.web.floor import EXAMPLE, TOKEN, FakeLine, line_up
from tests.web.shown import devices, running

Wired = dict[str, str]


@pytest.fixture
async def wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A plant, and the environment that points the example configuration at it."""
    wiring = PlantWiring(directory=tmp_path / "plant", speed=100)
    async with Plant(wiring) as plant:
        cameras = {each.name: CameraTwin(plant.world, each, speed=100, seed=1) for each in CAMERAS}
        async with serve_cameras(cameras, "127.0.0.1", 0) as address:
            names = ("conveyor", "sealer_1", "applicator", "gate", "printer")
            ports = {f"{name.upper()}_PORT": str(urlsplit(plant.links[name]).port) for name in names}
            ports |= {"CAMERA_PORT": str(urlsplit(address).port), "PLANT_DIR": str(tmp_path / "plant")}
            for name, value in ports.items():
                monkeypatch.setenv(name, value)
            yield ports


async def round_of(folder: Path, **replaced: str) -> dict[str, Finding]:
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in replaced.items():
        assert before in text
        text = text.replace(before, after)
    (folder / "line.toml").write_text(text, encoding="utf-8")
    return {finding.subject: finding for finding in await try_all(load_config(folder / "line.toml"))}


async def test_a_whole_plant_is_good_and_an_absent_broker_is_named(wired: Wired, tmp_path: Path) -> None:
    found = await round_of(tmp_path)
    assert {name for name, each in found.items() if each.grade is Grade.WRONG} == {"broker"}
    assert len(found) == 14
    assert "var/mqtt-password; check dispatch.host" in found["broker"].text.en


async def test_a_plc_is_tried_clause_by_clause_and_what_is_none_is_named(wired: Wired, tmp_path: Path) -> None:
    (tmp_path / "line.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")

    async def conform(device: str) -> Result:
        words = ["conform", device, "-c", str(tmp_path / "line.toml")]
        return await asyncio.to_thread(CliRunner().invoke, command_line, words, env={"COLUMNS": "200"})

    kept = await conform("gate")
    assert (kept.exit_code, "kept 符合  epoch 0 纪元为 0: OLD_EPOCH" in kept.stdout) == (0, True), kept.output
    assert "gate: 14 tried, 0 broken · 已试 14 项，违反 0 项" in kept.stdout
    none = await conform("printer")
    assert none.exit_code == 2
    assert "printer is no PLC of this line; allowed: conveyor, sealer_1" in none.output


async def test_what_answers_and_is_not_the_device_is_wrong(
    wired: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVEYOR_PORT", wired["PRINTER_PORT"])
    monkeypatch.setenv("PRINTER_PORT", wired["CONVEYOR_PORT"])
    monkeypatch.setenv("GATE_PORT", wired["SEALER_1_PORT"])
    monkeypatch.setenv("SEALER_1_PORT", wired["GATE_PORT"])
    swapped = {"/scale?baud=9600": "/certificate_scanner?baud=9600"}
    swapped["/certificate_scanner?baud=115200"] = "/scale?baud=115200"
    found = await round_of(tmp_path, **swapped)
    assert "no answer to function 3" in found["conveyor"].text.en
    assert "no answer to ~HS" in found["printer"].text.en
    assert "must be GATE of 1 blocks, found SEALER of 1; correct its link in line.toml" in found["gate"].text.en
    assert all(found[name].grade is Grade.WRONG for name in ("conveyor", "printer", "gate", "sealer_1"))
    assert found["scale"].grade is found["certificate_scanner"].grade is Grade.WRONG
    assert found["infeed_scanner"].grade is Grade.GOOD


async def test_a_closed_port_a_missing_and_a_busy_serial_line_say_what_to_do(wired: Wired, tmp_path: Path) -> None:
    unplugged = {"${PLANT_DIR:-/tmp/sealline-plant}/sealer_2": "/dev/serial/by-id/none"}
    async with Holder(tmp_path / "plant" / "scale"):
        found = await round_of(tmp_path, **unplugged, **{"${PRINTER_PORT:-15025}": "1"})
    assert "serial port /dev/serial/by-id/none does not exist: plugged in?" in found["sealer_2"].text.en
    assert "in use by another program" in found["scale"].text.en
    printer = found["printer"].text.en
    assert printer == "tcp://127.0.0.1:1: Connection refused; check power, cable and address"


async def test_a_running_line_is_asked_and_no_device_is_touched(tmp_path: Path) -> None:
    """Nothing listens at the devices' addresses: what is told is what the line has said."""
    config = load_config(_written(tmp_path))
    config.channel.token_file.parent.mkdir()
    config.channel.token_file.touch(0o600)
    config.channel.token_file.write_text(TOKEN)
    line = FakeLine(config)
    seen = tuple(
        view.model_copy(update={"detail": "sealer_1: no answer"} if view.name == "sealer_1" else {})
        for view in devices(config, sealer_1="offline", gate="wrong_device")
    )
    line.shown = running(config, devices=seen)
    async with line_up(line):
        found = {each.subject: each for each in await try_all(config)}
    assert found["line"].text.en == "runs (Execute); its devices as it sees them:"
    assert found["conveyor"].grade is Grade.GOOD
    assert found["sealer_1"].text.en == "no answer; check power, cable and address"
    assert found["gate"].grade is Grade.WRONG


@pytest.mark.parametrize(("password", "grade"), [("right", Grade.GOOD), ("wrong", Grade.WRONG)])
async def test_the_broker_is_signed_in_to_as_the_line_does(
    password: str, grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    users.write_text("line:right\n")
    hashing = await asyncio.create_subprocess_exec("mosquitto_passwd", "-U", str(users))
    assert await hashing.wait() == 0
    config = load_config(_written(tmp_path))
    assert config.dispatch.password_file
    config.dispatch.password_file.parent.mkdir(parents=True, exist_ok=True)
    config.dispatch.password_file.write_text(password)
    async with mosquitto(tmp_path, f"allow_anonymous false\npassword_file {users}") as broker:
        monkeypatch.setenv("SEALLINE_MQTT_PORT", str(broker.port))
        found = {each.subject: each for each in await try_all(load_config(tmp_path / "line.toml"))}
    assert found["broker"].grade is grade


def test_missing_parts_of_the_system_are_named_and_count_where_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path="": None)
    missing = CliRunner().invoke(command_line, ["doctor"], env={"COLUMNS": "200"})
    assert missing.exit_code == 1
    for package in ("mosquitto", "mosquitto-clients", "chromium"):
        assert f"apt install {package}" in missing.stdout
    assert "5 looked at, 1 wrong" in missing.stdout
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    assert "apt install libzbar0" in CliRunner().invoke(command_line, ["doctor"], env={"COLUMNS": "200"}).stdout


def test_mosquitto_is_found_where_debian_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert CliRunner().invoke(command_line, ["doctor"]).exit_code == 0


def test_a_broken_configuration_and_a_token_that_others_can_read_are_found(tmp_path: Path) -> None:
    path = _written(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "token").touch(0o644)
    told = CliRunner().invoke(command_line, ["doctor", "-c", str(path)], env={"COLUMNS": "200"})
    assert told.exit_code == 1
    assert "must be 0600: chmod 600" in told.stdout
    path.write_text("[line]\n")
    assert "store: is required and missing" in CliRunner().invoke(command_line, ["doctor", "-c", str(path)]).stdout


def _written(folder: Path) -> Path:
    path = folder / "line.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


class Holder:
    """Another program that has a serial line open for itself alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> None:
        from devices.links.serial_port import dial_serial

        self._stream = await dial_serial(str(self._path), 9600)()

    async def __aexit__(self, *_: object) -> None:
        self._stream.close()
