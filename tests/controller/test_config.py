"""`line.toml`: each kind of mistake is refused with its key, the value found and the bound."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from order_bench import EXAMPLE

from controller.plan.config import ConfigError, LineConfig, load_config


def _mistakes(tmp_path: Path, text: str) -> str:
    path = tmp_path / "line.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(path) in str(refused.value)
    return "\n".join(refused.value.mistakes)


def _with(before: str, after: str) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert before in text, before
    return text.replace(before, after, 1)


MISTAKES = {
    "a number under its bound": ("move_s = 10", "move_s = 0", "timing.move_s", "greater than 0", "found 0"),
    "a number over its bound": ("move_s = 10", "move_s = 500", "timing.move_s", "120", "found 500"),
    "a word for a number": ("workers = 1 ", 'workers = "many" ', "vision.workers", "integer", "found 'many'"),
    "too hot": (
        "temperature_c = 140",
        "temperature_c = 300",
        "recipes.small_car_plates.seal.temperature_c",
        "220",
        "300",
    ),
    "an unknown key": ("looks = 3", "looks = 3\nlook = 3", "vision.look", "not permitted", "found 3"),
    "a missing section": ("[pocket] ", "[pockets] ", "pocket", "required", ""),
    "a line id that no event may bear": ('id = "GZ01-L1"', 'id = "gz 1"', "line.id", "pattern", "found 'gz 1'"),
    "no loopback": ("[web]", '[web]\nhost = "0.0.0.0"', "web.host", "127.0.0.1", "found '0.0.0.0'"),
    "a link that is none": (
        '"modbus-tcp://127.0.0.1:${CONVEYOR_PORT:-15021}?unit=1"',
        '"10.0.0.1:502"',
        "devices.conveyor.link",
        "://",
        "10.0.0.1:502",
    ),
    "a link of the wrong kind": (
        '"modbus-tcp://127.0.0.1:${GATE_PORT:-15024}?unit=1"',
        '"tcp://127.0.0.1:15024"',
        "devices.gate.link",
        "modbus",
        "tcp://",
    ),
    "a device type that there is not": ('type = "scale"', 'type = "balance"', "devices.scale", "scanner", "balance"),
    "a camera too coarse for its codes": (
        "px_per_mm = 6.1",
        "px_per_mm = 5.0",
        "devices.close_up_camera",
        "px_per_mm >= 6.06",
        "px_per_mm = 5.0",
    ),
    "a station without its device": (
        'devices = { gate = "gate" }',
        "",
        "stations.divert.devices",
        "needs ['gate']",
        "found []",
    ),
    "a station's device of another type": (
        'devices = { gate = "gate" }',
        'devices = { gate = "scale" }',
        "stations.divert.devices.gate",
        "a gate is needed",
        "a scale",
    ),
    "a station's device that is not there": (
        'devices = { gate = "gate" }',
        'devices = { gate = "gates" }',
        "stations.divert.devices.gate",
        "known:",
        "'gates'",
    ),
    "zones out of order": ('zone = "inspect"', 'zone = "divert"', "stations", "in this order", "found ["),
    "a plate without a colour": (
        'colour = "blue"\n',
        "",
        "recipes.small_car_plates.parts.front",
        "colour must be given",
        "front",
    ),
    "a role twice": ('role = "rear"', 'role = "front"', "recipes.small_car_plates", "once", "['front', 'front']"),
    "a format that there is not": (
        'number_format = "plate_small"',
        'number_format = "plates"',
        "recipes.small_car_plates.parts.front.number_format",
        "plate_small",
        "'plates'",
    ),
    "no regular expression": (
        '"PM[0-9]{10}"',
        '"PM[0-9{10}"',
        "recipes.small_car_plates.parts.front.code_pattern",
        "regular expression",
        "PM[0-9{10}",
    ),
    "a variable without a value": (
        "${SEALLINE_WEB_PORT:-8080}",
        "${NO_SUCH_PORT}",
        "web.port",
        "no NO_SUCH_PORT",
        "no default",
    ),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_named_with_key_bound_and_value(kind: str, tmp_path: Path) -> None:
    before, after, key, bound, found = MISTAKES[kind]
    said = _mistakes(tmp_path, _with(before, after))
    assert key in said
    assert bound in said
    assert found in said


def test_every_mistake_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    text = _with("move_s = 10", "move_s = 0").replace("workers = 1 ", "workers = 99 ", 1)
    said = _mistakes(tmp_path, text)
    assert "timing.move_s" in said
    assert "vision.workers" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[line\n", "is not TOML"),
        ("[line]\nname = '广州'".encode("gbk"), "is not UTF-8 at byte"),
        (b"", "is required"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_config(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_the_environment_fills_the_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALLINE_WEB_PORT", "8099")
    path = tmp_path / "line.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    config = load_config(path)
    assert config.web.port == 8099
    assert config.store.journal == tmp_path / "var" / "line.db"


def test_every_number_of_the_example_has_bounds_and_every_recipe_its_weight() -> None:
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    config = load_config(EXAMPLE)
    assert isinstance(config, LineConfig)
    for name, recipe in config.recipes.items():
        weights = [part["weight_g"] for part in raw["recipes"][name]["parts"]]
        assert recipe.weight_g == raw["recipes"][name]["empty_weight_g"] + sum(weights)
