"""Makes the tables of the open mailer's plates in docs/vision.md, every picture rendered:
`python tests/vision/measure_contents.py pocket|on_plates|screws|rims|right|pairs|beside FIRST COUNT`.

`pocket`: parts missing, elsewhere or the wrong way, and strange things at random over the pocket, COUNT pictures of
each in calm light and as many in harsh; `on_plates`: strange things at random but wholly on a plate; `screws`: screws
wholly on a blue plate of a pair; `rims`: screws along each of a plate's edges, wholly in its rim or its lowest band;
`right`: right pictures of all kinds of plate; `pairs`: right pairs. Of these five about
half are harsh. `beside`: in harsh light documents missing, moved and stacked, and things beside documents and plates.
Seeds under 60,000 and 80,000 to 89,999 are for tuning.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import cos, radians, sin
from random import Random

import cv2
from measure_plates import CITIES, number_for, style_of
from plant_scenes import PLATES, SETUPS, carrier, contents_of, laid_by_hand, number_of, outcomes, plate, tasks_for

from simulators.matter import Stray, StrayKind
from simulators.render import jpeg, render
from simulators.render.optics import CALM, HARSH
from simulators.render.strays import STRAY_SIZES_MM
from simulators.world import PlacedPart
from vision.judge import judge
from vision.plate.kinds import LAYOUTS, PlateKind
from vision.verdict import Outcome, Verdict

Parts = list[PlacedPart]
PLATED = ("small_car", "nev", "motorcycle", "ebike")
PAIRS = ("small_car", "nev")
RIMS_MM = {"bottom": 13.0, "top": 8.0, "left": 8.0, "right": 8.0}
"""What of a plate is no further from its edge than this was not looked at."""


def judged(
    lying: Parts, ordered: Parts, strays: list[Stray], seed: int, *, harsh: bool, camera: str = "wide"
) -> Verdict:
    """What the camera's picture of the mailer gives."""
    standing, setup = carrier(lying), SETUPS[camera]
    assert standing.mailer is not None
    standing.mailer.strays = strays
    seen = render(standing, setup.view, setup.size_px, seed=seed, optics=HARSH if harsh else CALM)
    return judge(jpeg(seen), tasks_for(ordered)[camera])


def anywhere(kind: StrayKind, chance: Random) -> Stray:
    """At random in the plates' pocket, its middle 20 mm from the edge at least."""
    wide, high = STRAY_SIZES_MM[kind]
    x = chance.uniform(PLATES.x + 20, PLATES.x + PLATES.width - 20) - wide / 2
    y = chance.uniform(PLATES.y + 20, PLATES.y + PLATES.height - 20) - high / 2
    return Stray(kind, x, y, chance.uniform(0, 180))


def wholly_on(placed: PlacedPart, kind: StrayKind, chance: Random) -> Stray:
    """At random on a plate, no corner beside it."""
    wide, high = STRAY_SIZES_MM[kind]
    while True:
        turn = chance.uniform(0, 180)
        across = abs(wide * cos(radians(turn))) + abs(high * sin(radians(turn)))
        down = abs(wide * sin(radians(turn))) + abs(high * cos(radians(turn)))
        room = placed.part.size_mm[0] - across, placed.part.size_mm[1] - down
        if min(room) > 0:
            x = placed.x + across / 2 + chance.uniform(0, room[0])
            y = placed.y + down / 2 + chance.uniform(0, room[1])
            return Stray(kind, x - wide / 2, y - high / 2, turn)


def along_edge(placed: PlacedPart, edge: str, chance: Random) -> Stray:
    """A screw at random along an edge of a plate, no corner beside the plate and none further in than `RIMS_MM`."""
    (wide, high), (long, thin) = placed.part.size_mm, STRAY_SIZES_MM[StrayKind.SCREW]
    most = RIMS_MM[edge]
    while True:
        turn = chance.uniform(-12, 12)
        along = long * cos(radians(turn)) + thin * abs(sin(radians(turn)))
        across = long * abs(sin(radians(turn))) + thin * cos(radians(turn))
        if across <= most:
            break
    length = wide if edge in ("top", "bottom") else high
    middle, away = chance.uniform(along / 2, length - along / 2), chance.uniform(across / 2, most - across / 2)
    x, y = {
        "top": (middle, away),
        "bottom": (middle, high - away),
        "left": (away, middle),
        "right": (wide - away, middle),
    }[edge]
    upright = 0 if edge in ("top", "bottom") else 90
    return Stray(StrayKind.SCREW, placed.x + x - long / 2, placed.y + y - thin / 2, turn + upright)


def missing(laid: Parts, _: Random) -> Parts:
    return laid[1:]


def upside_down(laid: Parts, _: Random) -> Parts:
    return [replace(laid[0], turn=laid[0].turn + 180), *laid[1:]]


def back_up(laid: Parts, _: Random) -> Parts:
    return [replace(laid[0], face_down=True), *laid[1:]]


def further_right(laid: Parts, chance: Random) -> Parts:
    """A plate may lie 20 mm from its place, if it is in the pocket."""
    first = laid[0]
    least = max(20.0, PLATES.x + PLATES.width - first.x - first.part.size_mm[0])
    return [replace(first, x=first.x + least + chance.uniform(15, 60)), *laid[1:]]


def stacked(laid: Parts, chance: Random) -> Parts:
    """The second under the first, up to 6 mm off."""
    first = laid[0]
    return [replace(laid[1], x=first.x + chance.uniform(-6, 6), y=first.y + chance.uniform(-6, 6)), first]


def third_under(laid: Parts, chance: Random) -> Parts:
    """One more, that looks out by 7 to 15 mm at one side."""
    away = chance.choice((-1, 1)) * chance.uniform(7, 15)
    x, y = chance.choice(((away, 0.0), (0.0, away)))
    return [replace(laid[0], x=laid[0].x + x, y=laid[0].y + y), *laid]


WRONG: tuple[tuple[str, Callable[[Parts, Random], Parts], tuple[str, ...]], ...] = (
    ("a plate missing", missing, PLATED),
    ("upside down", upside_down, PLATED),
    ("back side up", back_up, PLATED),
    ("15-60 mm further right than it may lie", further_right, PLATED),
    ("one plate on the other", stacked, PAIRS),
    ("a third plate under one", third_under, PAIRS),
)


BESIDE = (
    (StrayKind.CLOTH, "licences"),
    (StrayKind.GLOVE, "licences"),
    (StrayKind.CLOTH, "motorcycle"),
    (StrayKind.PAPER, "motorcycle"),
)


def pocket(first: int, count: int) -> None:
    for harsh in (False, True):
        print("harsh" if harsh else "calm")
        right = Counter[str]()
        for seed in range(first, first + count):
            chance = Random(f"pocket {seed}")
            ordered = _ordered(PLATED[seed % len(PLATED)], chance)
            right[judged(laid_by_hand(ordered, chance), ordered, [], seed, harsh=harsh).outcome.value] += 1
        print("  right:", dict(right))
        for name, spoil, products in WRONG:
            said = Counter[str]()
            for seed in range(first, first + count):
                chance = Random(f"{name} {seed}")
                ordered = _ordered(products[seed % len(products)], chance)
                lying = spoil(laid_by_hand(ordered, chance), chance)
                said[judged(lying, ordered, [], seed, harsh=harsh).outcome.value] += 1
            print(f"  {name}:", dict(said))
        for kind in StrayKind:
            said = Counter[str]()
            for seed in range(first, first + count):
                chance = Random(f"{kind.value} {seed}")
                ordered = _ordered(PLATED[seed % len(PLATED)], chance)
                laid, stray = laid_by_hand(ordered, chance), anywhere(kind, chance)
                said[_told(judged(laid, ordered, [stray], seed, harsh=harsh), ordered, stray, seed)] += 1
            print(f"  {kind.value} at random:", dict(said))


def on_plates(
    first: int, count: int, kinds: tuple[StrayKind, ...] = tuple(StrayKind), products: tuple[str, ...] = PLATED
) -> None:
    for kind in kinds:
        said = Counter[str]()
        for seed in range(first, first + count):
            chance = Random(f"on a plate {kind.value} {seed}")
            ordered = _ordered(products[seed % len(products)], chance)
            laid = laid_by_hand(ordered, chance)
            plated = [each for each in laid if each.part.size_mm[0] > 100]
            stray = wholly_on(chance.choice(plated), kind, chance)
            harsh = bool(seed // len(products) % 2)
            said[_told(judged(laid, ordered, [stray], seed, harsh=harsh), ordered, stray, seed)] += 1
        print(f"{kind.value}:", dict(said))


def screws(first: int, count: int) -> None:
    on_plates(first, count, (StrayKind.SCREW,), ("small_car",))


def rims(first: int, count: int) -> None:
    for edge in RIMS_MM:
        said = {product: Counter[str]() for product in PLATED}
        for seed in range(first, first + count):
            chance, product = Random(f"along the {edge} {seed}"), PLATED[seed % len(PLATED)]
            ordered = _ordered(product, chance)
            laid = laid_by_hand(ordered, chance)
            plated = [each for each in laid if each.part.size_mm[0] > 100]
            stray = along_edge(chance.choice(plated), edge, chance)
            harsh = bool(seed // len(PLATED) % 2)
            said[product][_told(judged(laid, ordered, [stray], seed, harsh=harsh), ordered, stray, seed)] += 1
        print(f"{edge}:", {product: dict(counts) for product, counts in said.items()})


def pairs(first: int, count: int) -> None:
    said = Counter[str]()
    for seed in range(first, first + count):
        chance = Random(f"right pair {seed}")
        ordered = _ordered(PAIRS[seed % len(PAIRS)], chance)
        verdict = judged(laid_by_hand(ordered, chance), ordered, [], seed, harsh=bool(seed // len(PAIRS) % 2))
        said[verdict.outcome.value] += 1
        if verdict.outcome is not Outcome.ACCEPT:
            print(
                "not accepted:", ordered[0].part.text, seed, outcomes(verdict), [each.found for each in verdict.failed]
            )
    print("right pairs:", dict(said))


def right(first: int, count: int) -> None:
    said = Counter[str]()
    for seed in range(first, first + count):
        chance, kind = Random(f"right {seed}"), list(PlateKind)[seed % len(PlateKind)]
        number, size = number_for(kind, chance), LAYOUTS[kind].size_mm
        ordered = [PlacedPart(plate(style_of(kind), number, size), 20, 20)]
        harsh = bool(seed // len(PlateKind) % 2)
        verdict = judged(laid_by_hand(ordered, chance), ordered, [], seed, harsh=harsh)
        said[verdict.outcome.value] += 1
        if verdict.outcome is not Outcome.ACCEPT:
            print("not accepted:", kind.value, number, seed, outcomes(verdict), [each.found for each in verdict.failed])
    print("right:", dict(said))


def document_moved(laid: Parts, chance: Random) -> Parts:
    """By 25 to 45 mm, where it may lie by 20."""
    return [replace(laid[0], y=laid[0].y - chance.uniform(25, 45)), *laid[1:]]


def beside(first: int, count: int) -> None:
    seeds = range(first, first + count)
    for spoil in (missing, document_moved, stacked, third_under):
        said = Counter[str]()
        for seed in seeds:
            chance = Random(f"{spoil.__name__} {seed}")
            ordered = contents_of("licences", code=_code(chance))
            lying = spoil(laid_by_hand(ordered, chance), chance)
            said[judged(lying, ordered, [], seed, harsh=True, camera="close_up").outcome.value] += 1
        print(f"{spoil.__name__}:", dict(said))
    for kind, product in BESIDE:
        said = Counter[str]()
        for seed in seeds:
            chance = Random(f"{kind.value} beside {product} {seed}")
            ordered = contents_of(product, number_of(product, chance), _code(chance))
            documents = product == "licences"
            # The documents leave so little free that the thing lies partly on them.
            x = chance.uniform(*((25, 150) if documents else (270, 440)))
            y = chance.uniform(*((345, 390) if documents else (25, 260)))
            stray, camera = Stray(kind, x, y, chance.uniform(0, 180)), "close_up" if documents else "wide"
            lying = laid_by_hand(ordered, chance)
            said[judged(lying, ordered, [stray], seed, harsh=True, camera=camera).outcome.value] += 1
        print(f"{kind.value} by {product}:", dict(said))


def _code(chance: Random) -> str:
    return "".join(chance.choice("123456789") for _ in range(13))


def _ordered(product: str, chance: Random) -> Parts:
    """An e-bike's is asked for with its city."""
    city = chance.choice(CITIES) if product == "ebike" else ""
    return contents_of(product, city + number_of(product, chance))


def _told(verdict: Verdict, ordered: Parts, stray: Stray, seed: int) -> str:
    """The outcome; where a strange thing was accepted, it is said which."""
    if verdict.outcome is Outcome.ACCEPT:
        clear = [round(check.score or 0.0, 1) for check in verdict.checks if check.name == "plate_clear"]
        place = f"({stray.x:.0f}, {stray.y:.0f}) turned by {stray.turn:.0f}"
        print("accepted:", stray.kind.value, seed, ordered[0].part.style, ordered[0].part.text, place, clear)
    return verdict.outcome.value


if __name__ == "__main__":
    cv2.setNumThreads(1)
    series = {
        "pocket": pocket,
        "on_plates": on_plates,
        "screws": screws,
        "rims": rims,
        "right": right,
        "pairs": pairs,
        "beside": beside,
    }
    series[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
