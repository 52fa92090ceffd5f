"""What each value of `line.toml` may be by itself and together may not, and files as editors really save them."""

from __future__ import annotations

from pathlib import Path

import pytest
from order_bench import EXAMPLE
from typer.testing import CliRunner

from controller.commands.table import command_line
from controller.orders.order_form import OrderRefused, WorkOrder, read_order
from controller.plan.config import ConfigError, LineConfig, load_config
from controller.plan.identity_cards import IdentityKeyUnusable, read_identity_key

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
    "a yes for a number": ("workers = 1 ", "workers = true ", "vision.workers: must not be true or false, found true"),
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


def test_check_config_names_a_document_that_was_not_taught(tmp_path: Path) -> None:
    """Seen: a line whose documents nobody had taught was called good, and no kind of certificate was looked at."""
    path = tmp_path / "line.toml"
    path.write_text(TEXT.replace('layout = "driving_licence"\n', ""), encoding="utf-8")
    checked = CliRunner().invoke(command_line, ["check-config", str(path)])
    assert checked.exit_code == 0
    _, untaught = checked.stdout.splitlines()
    assert untaught.startswith("recipes.licences: driving_licence has no layout: proven by its code alone")
    assert "`sealline vision teach licences --camera close_up_camera`" in untaught


IDENTITY = """
[layouts.identity_card]
heading = [4, 4, 60, 8]
fingerprint = "00"
number = [14, 49, 70, 8]
identity = true

[[recipes.ebike_plate.parts]]
role = "identity_card"
kind = "document"
layout = "identity_card"
title = "identity card"
title_zh = "身份证"
x_mm = 118
y_mm = 350
width_mm = 88
height_mm = 60
weight_g = 6
code_pattern = "ID-[0-9]+"
bears_code = false
number_format = "identity_digest"

[recipes.licences]"""
WITH_IDENTITY = TEXT.replace("\n[recipes.licences]", IDENTITY, 1).replace(
    "[vision]\n", '[vision]\nidentity_key_file = "id.key"\n', 1
)


def config_of(folder: Path, text: str) -> LineConfig:
    (folder / "line.toml").write_text(text, encoding="utf-8")
    return load_config(folder / "line.toml")


def test_an_identity_card_can_be_packed(tmp_path: Path) -> None:
    config = config_of(tmp_path, WITH_IDENTITY)
    assert config.layouts["identity_card"].identity
    assert not config.recipes["ebike_plate"].parts[-1].bears_code


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bears_code = false\n", "", "layout 'identity_card' is an identity card: say bears_code = false"),
        ('number_format = "identity_digest"\n', "", 'and number_format = "identity_digest"'),
        ('identity_key_file = "id.key"\n', "", "vision.identity_key_file: missing"),
        # Without it nothing was compared, and anybody's card was packed.
        ("number = [14, 49, 70, 8]\n", "", "layouts.identity_card.number: missing"),
        ("identity = true\n", "", '"identity_digest" is for layouts with identity = true alone'),
        ('layout = "identity_card"\n', "", "only a document with a layout may bear none"),
    ],
)
def test_what_is_missing_for_an_identity_card_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WITH_IDENTITY
    with pytest.raises(ConfigError) as refused:
        config_of(tmp_path, WITH_IDENTITY.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_layout_that_is_taught_anew_stays_an_identity_card(tmp_path: Path) -> None:
    """Forgotten, the number of the next card would be read as a licence's and kept in clear."""
    (tmp_path / "var").mkdir()
    taught = '[layouts.identity_card]\nheading = [5, 5, 60, 8]\nfingerprint = "0f"\nnumber = [1, 1, 5, 5]\n'
    (tmp_path / "var" / "taught.toml").write_text(taught, encoding="utf-8")
    layout = config_of(tmp_path, WITH_IDENTITY).layouts["identity_card"]
    assert (layout.identity, layout.fingerprint) == (True, "0f")
    assert layout.number == (14, 49, 70, 8)


@pytest.mark.parametrize("key", ["", "00ff", "no key at all, 44052419880010100X"])
def test_an_identity_key_that_is_none_is_refused_and_not_told(tmp_path: Path, key: str) -> None:
    (tmp_path / "id.key").write_text(key, encoding="ascii")
    with pytest.raises(IdentityKeyUnusable, match="at least 16 bytes in hex") as refused:
        read_identity_key(tmp_path / "id.key")
    assert "440524" not in str(refused.value)
    with pytest.raises(IdentityKeyUnusable, match="can't be read"):
        read_identity_key(tmp_path / "other.key")


def test_a_line_that_packs_identity_cards_is_not_recorded(tmp_path: Path) -> None:
    config_of(tmp_path, WITH_IDENTITY)
    words = ["run", "--config", str(tmp_path / "line.toml"), "--record", str(tmp_path / "tapes")]
    said = CliRunner().invoke(command_line, words)
    assert said.exit_code == 2
    assert "this line packs identity cards" in said.output
    assert not (tmp_path / "tapes").exists()


def test_an_identity_cards_order_bears_the_hash_and_never_the_number(tmp_path: Path) -> None:
    recipes = config_of(tmp_path, WITH_IDENTITY).recipes
    parts = [
        {"role": "plate", "code": "PM0000000001", "number": "123456"},
        {"role": "certificate", "code": "EB0000000001"},
    ]

    def order(number: str) -> WorkOrder:
        card = {"role": "identity_card", "code": "ID-1", "number": number}
        due = "2026-12-01T17:00:00+08:00"
        return read_order(
            {"acceptance": "A123", "product": "ebike_plate", "due": due, "parts": [*parts, card]}, recipes
        )

    assert order("0f" * 32).parts[-1].number == "0f" * 32
    for number in ("44052419880010100X", "", "0F" * 32, "0f" * 31):
        with pytest.raises(OrderRefused) as refused:
            order(number)
        assert "440524" not in str(refused.value)
