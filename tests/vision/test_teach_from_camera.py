"""Teaching from the camera itself: the product is laid anew for each picture, and a person says when it lies there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from plant_scenes import picture
from typer import Typer
from typer.testing import CliRunner

from controller.commands.vision import teach_samples
from controller.commands.vision.teach import teach
from controller.eyes.golden_samples import GoldenSamples
from controller.plan.config import LineConfig, load_config
from controller.unit.machine import NotReady
from simulators.products import PRODUCTS
from simulators.samples import lay_sample
from simulators.world import World
from tests.vision.teaching import ClockAt, Judge, OneCamera, spoiled

app = Typer()
app.command()(teach)


class Twin:
    """A camera over one zone, and the hands that lay a new copy of a product there before each picture.

    :ivar empty_at: before these pictures the carrier is taken away.
    """

    def __init__(self, product: str, empty_at: tuple[int, ...] = ()) -> None:
        self.world = World(1)
        self.empty_at = empty_at
        self.taken = 0
        self._product = product

    def snapshot(self, line: LineConfig, name: str) -> bytes:
        self.taken += 1
        if self.taken in self.empty_at:
            return picture(name.removesuffix("_camera"), None, self.taken)
        lay_sample(self.world, "verify", self._product)
        return picture(name.removesuffix("_camera"), self.world.carrier_at("verify"), 900 + self.taken)


@pytest.fixture
def licences(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twin]:
    twin = Twin("licences", empty_at=(2,))
    monkeypatch.setattr(teach_samples, "_snapshot", twin.snapshot)
    yield twin


def run(line_file: Path, *words: str, enters: int) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words, "--config", str(line_file)], input="\n" * enters)
    return result.exit_code, " ".join(result.output.split())


def test_each_picture_waits_until_the_product_lies_anew(line_file: Path, licences: Twin) -> None:
    """Seen: eight pictures were taken within a second, in which nobody can lay anything anew."""
    code, output = run(line_file, "licences", "--count", "3", "--golden", enters=4)
    assert code == 0, output
    assert output.count("then Enter") == 4
    assert "picture 2 of 3: no carrier's code is read" in output, "the picture without a carrier is taken again"
    assert licences.taken == 4
    assert "taught.toml; the line uses it from its next start" in output
    assert "golden sample of close_up_camera: carrier C001 with licences" in output
    assert load_config(line_file).golden["close_up_camera"].product == "licences"


def test_a_picture_without_a_part_is_told_at_once_and_not_after_all_are_laid(
    line_file: Path, licences: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_less(line: LineConfig, name: str) -> bytes:
        taken = licences.snapshot(line, name)
        if licences.taken != 2:
            return taken
        lay_sample(licences.world, "verify", "licences")
        mailer = licences.world.open_mailer_at("verify")
        licences.world.take_out("verify", mailer.contents[-1].part.part_id)
        return picture("close_up", licences.world.carrier_at("verify"), 7)

    monkeypatch.setattr(teach_samples, "_snapshot", one_less)
    code, output = run(line_file, "licences", "--count", "3", enters=4)
    assert code == 0, output
    assert "picture 2 of 3: driving_licence: not found in it; looked for 88 x 60 mm" in output
    assert licences.taken == 4


def test_documents_that_may_be_swapped_are_not_taught_unless_they_were_swapped_before(
    line_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen: it asked, and wrote them all the same. The line would have taken each for the other from then on."""
    twin = Twin("licences")
    monkeypatch.setattr(teach_samples, "_snapshot", twin.snapshot)
    code, output = run(line_file, "licences", "--count", "3", enters=3)
    assert (code, "swapped" in output) == (0, False), output
    taught = line_file.parent / "var" / "taught.toml"
    right = taught.read_bytes()
    plans = PRODUCTS["licences"].parts
    styles = [replace(one, style=other.style) for one, other in zip(plans, reversed(plans), strict=True)]
    monkeypatch.setitem(PRODUCTS, "licences", replace(PRODUCTS["licences"], parts=tuple(styles)))
    code, output = run(line_file, "licences", "--count", "3", "--golden", enters=3)
    assert (code, taught.read_bytes() == right) == (2, True), output
    assert "vehicle_licence looks as driving_licence did when it was taught before" in output
    assert "driving_licence looks as vehicle_licence did when it was taught before" in output
    assert "lay them right and teach again; if they were swapped before, add --swapped-before" in output
    assert output.endswith("nothing was written")
    code, output = run(line_file, "licences", "--count", "3", "--swapped-before", enters=3)
    assert (code, "looks as" in output, taught.read_bytes() == right) == (0, False, False), output


def test_without_anybody_at_the_keys_nothing_is_taught(line_file: Path, licences: Twin) -> None:
    code, output = run(line_file, "licences", enters=1)
    assert (code, licences.taken) == (2, 1)
    assert "nobody pressed Enter" in output
    assert not (line_file.parent / "var" / "taught.toml").exists()


def test_what_the_other_camera_of_verify_wants_is_told(
    line_file: Path, licences: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen: the two cameras of verify were taught by one carrier with different things in it; no Reset went."""
    assert run(line_file, "licences", "--count", "3", "--golden", enters=4)[0] == 0
    ebikes = Twin("ebike_plate")
    monkeypatch.setattr(teach_samples, "_snapshot", ebikes.snapshot)
    text = line_file.read_text(encoding="utf-8").replace('layout = "ebike_certificate"\n', "")
    line_file.write_text(text, encoding="utf-8")
    code, output = run(line_file, "ebike_plate", "--count", "3", "--golden", enters=3)
    assert code == 0, output
    assert "not taught yet: sealline vision teach ebike_plate --camera close_up_camera" in output
    assert "close_up_camera was taught with carrier C001 too, but with licences in it" in output
    assert "sealline vision teach ebike_plate --camera close_up_camera --golden" in output


async def test_a_reset_says_what_must_lie_in_the_carrier(line_file: Path, licences: Twin) -> None:
    """Seen: it asked for a carrier, and then took what lay in it for a change of the light."""
    assert run(line_file, "licences", "--count", "3", "--golden", enters=4)[0] == 0
    camera = OneCamera(picture("close_up", None))
    golden = GoldenSamples(load_config(line_file), {"close_up_camera": camera}, Judge(), ClockAt(9))  # type: ignore[arg-type]
    with pytest.raises(NotReady) as refused:
        await golden.check()
    assert "carrier C001 under it, with “Vehicle licence with driving licence” laid in, and" in refused.value.text.en
    assert "请放上载具 C001（内放“行驶证及驾驶证”）后重试" in refused.value.text.zh
    lay_sample(licences.world, "verify", "")
    camera.jpeg = picture("close_up", licences.world.carrier_at("verify"), 5)
    with pytest.raises(NotReady) as refused:
        await golden.check()
    assert "or it is not “Vehicle licence with driving licence” that lies in the carrier" in refused.value.text.en
    assert "或是载具内放的不是示教时的“行驶证及驾驶证”" in refused.value.text.zh
    camera.jpeg = spoiled("dim")
    with pytest.raises(NotReady) as refused:
        await golden.check()
    assert "that lies in the carrier" not in refused.value.text.en
