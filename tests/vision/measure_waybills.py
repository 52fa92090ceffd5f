"""Makes the table of the label and the seam in docs/vision.md, every picture rendered:
`python tests/vision/measure_waybills.py FIRST RIGHT EACH`: RIGHT right pictures and EACH of every fault, in calm light
and as many in harsh, each with the label up to 4 mm and 3 degrees off. Seeds under 52,000 are for tuning.

`parcel` is the sealed parcel's camera, `label` the label station's.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from random import Random

import cv2
from plant_scenes import DIGITS, SETUPS, carrier, outcomes, waybill_task

from simulators.matter import FlawKind, SeamFlaw
from simulators.render import jpeg, render
from simulators.render.optics import CALM, HARSH
from simulators.world import Label, PlacedLabel
from vision.judge import judge
from vision.verdict import Verdict

Labels = list[PlacedLabel]
_FLAWS = {FlawKind.GAP: (6.0, 15.0), FlawKind.WRINKLE: (12.0, 30.0), FlawKind.CAUGHT: (6.0, 30.0)}


def mail_number(chance: Random) -> str:
    return "11" + "".join(chance.choice(DIGITS) for _ in range(11))


def laid(number: str, chance: Random, text: str = "") -> PlacedLabel:
    """As the applicator lays it."""
    off = chance.uniform(-4, 4), chance.uniform(-4, 4)
    return PlacedLabel(Label(number, text or number), *off, chance.uniform(-3, 3))


def moved(label: PlacedLabel, dx: float = 0.0, dy: float = 0.0, turn: float = 0.0) -> PlacedLabel:
    return PlacedLabel(label.label, label.dx + dx, label.dy + dy, label.turn + turn)


def one_digit_changed(number: str, chance: Random) -> str:
    place = chance.randrange(len(number))
    other = chance.choice([digit for digit in DIGITS if digit != number[place]])
    return number[:place] + other + number[place + 1 :]


def right(number: str, chance: Random) -> Labels:
    return [laid(number, chance)]


def none(number: str, chance: Random) -> Labels:
    return []


def another_persons(number: str, chance: Random) -> Labels:
    return [laid(mail_number(chance), chance)]


def one_bar_digit_changed(number: str, chance: Random) -> Labels:
    return [laid(one_digit_changed(number, chance), chance)]


def line_changed(number: str, chance: Random) -> Labels:
    return [laid(number, chance, one_digit_changed(number, chance))]


def two(number: str, chance: Random) -> Labels:
    """One on the other, 6 to 40 mm off; every other time the one beneath is another person's."""
    beneath = mail_number(chance) if chance.random() < 0.5 else number
    away = (chance.choice((-1, 1)) * chance.uniform(6, 40) for _ in "xy")
    return [moved(laid(beneath, chance), *away), laid(number, chance)]


def upside_down(number: str, chance: Random) -> Labels:
    return [moved(laid(number, chance), turn=180)]


def half_off(number: str, chance: Random) -> Labels:
    """By half its width or height."""
    return [moved(laid(number, chance), *chance.choice(((50.0, 0.0), (-50.0, 0.0), (0.0, 75.0), (0.0, -75.0))))]


FAULTS: tuple[tuple[str, Callable[[str, Random], Labels]], ...] = (
    ("no label", none),
    ("label of another person", another_persons),
    ("label whose number differs in one digit", one_bar_digit_changed),
    ("line with one digit changed", line_changed),
    ("two labels", two),
    ("label upside down", upside_down),
    ("label half off", half_off),
)


def judged(number: str, labels: Labels, flaws: list[SeamFlaw], seed: int, *, harsh: bool, camera: str) -> Verdict:
    sealed, setup = camera == "parcel", SETUPS["parcel" if camera == "parcel" else "waybill"]
    standing = carrier(labels=labels, sealed=sealed)
    assert standing.mailer is not None
    standing.mailer.seam_flaws = flaws
    seen = render(standing, setup.view, setup.size_px, seed=seed, optics=HARSH if harsh else CALM)
    return judge(jpeg(seen), waybill_task(mail_number=number, sealed=sealed))


def told(name: str, spoil: Callable[[str, Random], Labels], seeds: range, harsh: bool, camera: str) -> None:
    said, why = Counter[str](), Counter[str]()
    for seed in seeds:
        chance = Random(f"{name} {seed}")
        number = mail_number(chance)
        verdict = judged(number, spoil(number, chance), [], seed, harsh=harsh, camera=camera)
        said[verdict.outcome.value] += 1
        why.update(f"{check} {outcome}" for check, outcome in outcomes(verdict).items())
    print(f"  {camera}, {name}:", dict(said), dict(why) if spoil is right else "", flush=True)


def flawed(kind: FlawKind, seeds: range, harsh: bool) -> None:
    """Anywhere along the seam but under the carrier code's tile, where it can't be seen."""
    said = Counter[str]()
    for seed in seeds:
        chance = Random(f"{kind.value} {seed}")
        number = mail_number(chance)
        at_mm = chance.choice([chance.uniform(30, 320), chance.uniform(396, 412)])
        flaw = SeamFlaw(kind, at_mm, chance.uniform(*_FLAWS[kind]))
        said[judged(number, right(number, chance), [flaw], seed, harsh=harsh, camera="parcel").outcome.value] += 1
    print(f"  parcel, {kind.value}:", dict(said), flush=True)


def table(first: int, count: int, each: int) -> None:
    for harsh in (False, True):
        print("harsh" if harsh else "calm")
        for camera in ("parcel", "label"):
            told("right", right, range(first, first + count), harsh, camera)
            for name, spoil in FAULTS:
                told(name, spoil, range(first, first + each), harsh, camera)
        for kind in FlawKind:
            flawed(kind, range(first, first + each), harsh)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    table(*(int(value) for value in sys.argv[1:4]))
