"""Makes the tables of rendered plates in docs/vision.md: `measure_plates.py looks|cities|covers|parts FIRST COUNT`.

Seeds up to 299,999 are for tuning, from 500,000 on for measuring. A plate that is unsure is photographed again, up to
three times, and judged by all its looks together, as on the line. Each plate is also asked for as a number that differs
from it in one confusable character; e-bikes' as those of every other city; and with one character covered, by the same
thing in each look.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random
from time import process_time

import cv2
import numpy as np

from controller.commands.vision.bench_plates import changed_texts
from simulators.render.plate_photos import COVERS, plate_photo, spoilt
from simulators.render.plates import slots_of
from vision.alignment import DIGITS, LETTERS, PROVINCES
from vision.looks import MOST_LOOKS, Looks, clear, joined
from vision.pictures import Picture
from vision.plate.city import CITIES as ALL_CITIES
from vision.plate.city_in_cutout import check_city_in_cutout
from vision.plate.kinds import LAYOUTS, PlateKind, number_in
from vision.plates import verify_crop
from vision.verdict import Check, Outcome, PlateColour, Verdict

SERIAL = LETTERS + DIGITS
PART = 0.62
"""Of a character that is hidden in part."""
CITIES = ("广州", "深圳", "佛山", "东莞", "珠海", "惠州", "中山", "江门", "汕头", "湛江", "肇庆")


def number_for(kind: PlateKind, chance: Random) -> str:
    """A number that such a plate can bear."""

    def some(signs: str, count: int) -> str:
        return "".join(chance.choice(signs) for _ in range(count))

    head = some(PROVINCES, 1) + some(LETTERS, 1)
    made: dict[PlateKind, Callable[[], str]] = {
        PlateKind.NEV: lambda: head + some(LETTERS, 1) + some(SERIAL, 1) + some(DIGITS, 4),
        PlateKind.NEV_LARGE: lambda: head + some(DIGITS, 5) + some(LETTERS, 1),
        PlateKind.POLICE: lambda: head + some(SERIAL, 4) + "警",
        PlateKind.BORDER: lambda: "粤Z" + some(SERIAL, 4) + some("港澳", 1),
        PlateKind.TRAILER: lambda: head + some(SERIAL, 4) + "挂",
        PlateKind.COACH: lambda: head + some(SERIAL, 4) + "学",
        PlateKind.EMBASSY: lambda: some(DIGITS, 6) + "使",
        PlateKind.CONSULATE: lambda: head + some(DIGITS, 4) + "领",
        PlateKind.EBIKE: lambda: chance.choice(CITIES) + some(SERIAL, 6),
    }
    return made.get(kind, lambda: head + some(SERIAL, 5))()


def style_of(kind: PlateKind) -> str:
    colour = LAYOUTS[kind].colour
    return "ebike" if kind is PlateKind.EBIKE else PlateColour(colour).value


def photos(kind: PlateKind, text: str, place: int) -> Iterator[Picture]:
    """Its looks, drawn when they are asked for."""
    for look in range(MOST_LOOKS):
        yield plate_photo(style_of(kind), text, LAYOUTS[kind].size_mm, MOST_LOOKS * place + look)


def judged(pictures: Iterable[Picture], text: str, kind: PlateKind, times: list[float] | None = None) -> list[Verdict]:
    """The verdict of each look that is taken; the last one holds. :param times: told what each took, ms."""
    verdicts: list[Verdict] = []
    earlier: Looks = ()
    for picture in pictures:
        began = process_time()
        verdicts.append(verify_crop(picture, text, kind, earlier))
        if times is not None:
            times.append(1000 * (process_time() - began))
        if verdicts[-1].outcome is not Outcome.UNSURE:
            break
        earlier += clear(verdicts[-1].checks)
    return verdicts


def looks(first: int, count: int) -> None:
    found: dict[str, Counter[str]] = {kind.value: Counter() for kind in PlateKind}
    wrong, times = Counter[str](), list[float]()
    for place in range(first, first + count):
        kind, chance = list(PlateKind)[place % len(PlateKind)], Random(f"plates {place}")
        text = number_for(kind, chance)
        verdicts = judged(photos(kind, text, place), text, kind, times)
        found[kind.value][f"one look: {verdicts[0].outcome.value}"] += 1
        found[kind.value][verdicts[-1].outcome.value] += 1
        if verdicts[-1].outcome is Outcome.ACCEPT and any(check.looks > 1 for check in verdicts[-1].checks):
            found[kind.value]["by several looks together"] += 1
        if verdicts[-1].outcome is not Outcome.ACCEPT:
            print("not accepted:", kind.value, text, place, [(each.name, each.found) for each in verdicts[-1].failed])
        for changed in changed_texts(text, 1):
            changed_verdicts = judged(photos(kind, text, place), changed, kind)
            wrong[f"one look: {changed_verdicts[0].outcome.value}"] += 1
            wrong[changed_verdicts[-1].outcome.value] += 1
    for name, counts in found.items():
        print(name, dict(counts))
    print("one confusable character changed:", dict(wrong))
    print(f"{np.median(times):.1f} ms median, {np.percentile(times, 99):.1f} ms 99 % a look")


def cities(first: int, count: int) -> None:
    """E-bikes' plates of all cities, each also asked for as every other city by the print above its number alone."""
    own, wrong = Counter[str](), Counter[str]()
    for place in range(first, first + count):
        chance = Random(f"plates {place}")
        city, number = chance.choice(ALL_CITIES), "".join(chance.choice(SERIAL) for _ in range(6))
        pictures = list(photos(PlateKind.EBIKE, city + number, place))
        verdicts = judged(pictures, city + number, PlateKind.EBIKE)
        own[f"one look: {verdicts[0].outcome.value}"] += 1
        own[verdicts[-1].outcome.value] += 1
        if verdicts[-1].outcome is not Outcome.ACCEPT:
            print("not accepted:", city, place, [(each.name, each.found) for each in verdicts[-1].failed])
        for asked in (each for each in ALL_CITIES if each != city):
            checks = _city_alone(pictures, asked + number)
            wrong[f"one look: {checks[0].outcome.value}"] += 1
            wrong[checks[-1].outcome.value] += 1
            if checks[-1].outcome is Outcome.ACCEPT:
                print(f"{city} accepted as {asked}:", place)
    print("the own city:", dict(own))
    print("another:", dict(wrong))


def _city_alone(pictures: Iterable[Picture], text: str) -> list[Check]:
    checks: list[Check] = []
    for picture in pictures:
        (seen,) = check_city_in_cutout(picture, text)
        checks.append(joined(seen, tuple((each,) for each in checks)))
        if checks[-1].outcome is not Outcome.UNSURE:
            break
    return checks


def covers(first: int, count: int) -> None:
    one, passed, tried = Counter[str](), Counter[str](), Counter[str]()
    for place in range(first, first + count):
        kind, chance = list(PlateKind)[place % len(PlateKind)], Random(f"covers {place}")
        text, how = number_for(kind, chance), COVERS[place // len(PlateKind) % len(COVERS)]
        width, height = LAYOUTS[kind].size_mm
        slots = [slot for slot in slots_of(style_of(kind), text, (width, height)) if slot[0] in number_in(text)]
        _, left, top, wide, high = chance.choice(slots)
        # The photograph shows about 4 % of the surroundings at each side.
        share = (0.04 + 0.92 * left / width - 0.004, 0.04 + 0.92 * (left + wide) / width + 0.004)
        rows = (0.06 + 0.88 * top / height - 0.03, 0.06 + 0.88 * (top + high) / height + 0.03)
        pictures = (spoilt(picture, share, how, place, rows) for picture in photos(kind, text, place))
        verdicts = judged(pictures, text, kind)
        tried[how] += 1
        one[how] += verdicts[0].outcome is Outcome.ACCEPT
        if verdicts[-1].outcome is Outcome.ACCEPT:
            passed[how] += 1
            print("passed:", kind.value, text, how, place, len(verdicts), "looks")
    print({how: f"{one[how]}, {passed[how]} of {tried[how]}" for how in COVERS})
    print(one.total(), "in one look,", passed.total(), "in up to three looks, of", count)


def parts(first: int, count: int) -> None:
    """Blue, yellow and green plates with most of one character hidden from the left or right, in one look."""
    kinds = [kind for kind in PlateKind if style_of(kind) in ("blue", "yellow", "green")]
    passed = Counter[str]()
    for place in range(first, first + count):
        kind, chance = kinds[place % len(kinds)], Random(f"part {place}")
        text, how = number_for(kind, chance), chance.choice(("cloth", "finger", "white", "tape", "dark"))
        width, height = LAYOUTS[kind].size_mm
        slots = [slot for slot in slots_of(style_of(kind), text, (width, height)) if slot[0] in number_in(text)]
        _, left, top, wide, high = chance.choice(slots)
        left += wide * (1 - PART) if chance.random() < 0.5 else 0.0
        share = (0.04 + 0.92 * left / width, 0.04 + 0.92 * (left + PART * wide) / width)
        rows = (0.06 + 0.88 * top / height - 0.03, 0.06 + 0.88 * (top + high) / height + 0.03)
        picture = spoilt(next(photos(kind, text, place)), share, how, place, rows)
        passed[how] += verify_crop(picture, text, kind).outcome is Outcome.ACCEPT
    print(f"{100 * PART:.0f} % of a character hidden: {passed.total()} accepted of {count}", dict(passed))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    {"looks": looks, "cities": cities, "covers": covers, "parts": parts}[sys.argv[1]](
        int(sys.argv[2]), int(sys.argv[3])
    )
