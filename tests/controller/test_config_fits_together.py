"""What each value of `line.toml` may be by itself and together may not, and files as editors really save them."""

from __future__ import annotations

from pathlib import Path

import pytest
from order_bench import EXAMPLE
from typer.testing import CliRunner

from controller.commands.table import command_line
from controller.plan.config import ConfigError, load_config

TEXT = EXAMPLE.read_text(encoding="utf-8")

TOGETHER = {
    "one sealer for both jaws": (
        'devices = { sealer = "sealer_2" }',
        'devices = { sealer = "sealer_1" }',
        "stations.seal_2.devices.sealer: 'sealer_1' serves stations.seal_1.devices.sealer already",
    ),
    "one scanner at two stations": (
        'scanner = "certificate_scanner"',
        'scanner = "infeed_scanner"',
        "stations.collate.devices.scanner: 'infeed_scanner' serves stations.infeed.devices.scanner already",
    ),
    "two PLCs on one address": (
        "${SEALER_1_PORT:-15022}",
        "${CONVEYOR_PORT:-15021}",
        "devices.sealer_1.link: 'modbus-tcp://127.0.0.1:15021?unit=1' is the link of devices.conveyor too",
    ),
    "two devices on one serial port": (
        "/certificate_scanner?baud=115200",
        "/scale?baud=115200",
        "is the link of devices.certificate_scanner too",
    ),
    "a station of another kind than its zone": (
        'kind = "inspect"',
        'kind = "load"',
        "stations.inspect.kind: must be 'inspect', found 'load'",
    ),
    "a part where no camera looks": (
        "x_mm = 30",
        "x_mm = 300",
        "recipes.small_car_plates.parts.front: lies at x 300–740, y 20–160 mm, pocket.plates is x 10–510",
    ),
    "a topic with an empty level": ('topic = "sealline" ', 'topic = "/a/" ', "dispatch.topic: must fit the pattern"),
    "a prefix of three digits": ('"96", "99"', '"961"', "mail_numbers.unchecked_prefixes.1: must fit the pattern"),
    "a yes for a number": ("workers = 1 ", "workers = true ", "vision.workers: no key of a line.toml is a yes or no"),
    "a variable in small letters": (
        "${PRINTER_PORT:-15025}",
        "${printer_port}",
        "devices.printer.link: a variable is ${NAME} or ${NAME:-default}, NAME in capitals",
    ),
    "a zone that there is not": ('zone = "infeed"', 'zone = "infed"', "stations.infed.zone: must be 'load'"),
    "good pictures kept longer than bad": (
        "good_evidence_days = 3",
        "good_evidence_days = 60",
        "good_evidence_days = 60 is more than reject_evidence_days = 30",
    ),
    "a device without a type": ('type = "scale"\n', "", "devices.scale: type is missing"),
}


@pytest.mark.parametrize("kind", TOGETHER)
def test_what_does_not_fit_together_is_refused_with_key_and_value(kind: str, tmp_path: Path) -> None:
    before, after, said = TOGETHER[kind]
    assert before in TEXT
    path = tmp_path / "line.toml"
    path.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{path}: 1 mistake\n  ")


def test_two_units_behind_one_modbus_gateway_are_two_links(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    text = TEXT.replace("${SEALER_1_PORT:-15022}?unit=1", "${CONVEYOR_PORT:-15021}?unit=2")
    path.write_text(text, encoding="utf-8")
    assert load_config(path).devices["sealer_1"].link.endswith("15021?unit=2")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_from_a_windows_editor_is_taken(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_bytes(TEXT.replace("\n", ending).encode("utf-8-sig"))
    assert load_config(path).line.name == "广州一线"


def test_check_config_names_the_file_and_its_mistakes_and_the_example_is_the_file_itself(tmp_path: Path) -> None:
    example = CliRunner().invoke(command_line, ["check-config", "--example"])
    assert example.stdout == TEXT
    path = tmp_path / "line.toml"
    path.write_text(TEXT.replace("low_water = 20", "low_water = -1\nhigh = 3"), encoding="utf-8")
    checked = CliRunner().invoke(command_line, ["check-config", str(path)])
    assert checked.exit_code == 2
    assert checked.stderr.splitlines() == [
        f"{path}: 2 mistakes",
        "  mail_numbers.low_water: must be greater than or equal to 0, found -1",
        "  mail_numbers.high: not permitted, there is no such key; look at its spelling, or leave it out, found 3",
    ]
