"""Makes the table of real plates in docs/vision.md: `python tests/vision/measure_cutouts.py FOLDER [DRAWS]`.

The folder holds cut-outs of plates and `labels.csv`, as `sealline vision bench` reads it. Each is looked at as it is,
as every number that differs by one character of its class or by a swap, shifted, scaled and blurred, and
with a character covered. With DRAWS only covers are looked at, so many times anew: no threshold was chosen by those.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random
from time import process_time

import cv2
import numpy as np

from controller.commands.vision.bench_labels import PLATE, labels_in
from controller.commands.vision.pictures_in import open_picture
from simulators.render.plate_photos import COVERS, spoilt
from vision.pictures import Picture
from vision.plate import reading
from vision.plate.kinds import number_in
from vision.plate.visible import Seen
from vision.plates import ACCEPT_MARGIN, verify_crop
from vision.verdict import Outcome

COVERED_AT_EACH_SIDE = (-0.08, 0.2)
"""By so much of a character's place what covers it is narrower or wider than the place, at each side."""
SHIFT_PX, SCALE, BLUR_PX = 1.0, 0.03, 0.5


def changed(picture: Picture, how: str, chance: Random) -> Picture:
    """The same cut-out seen a little otherwise."""
    height, width = picture.shape[:2]
    if how == "blurred":
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), BLUR_PX), np.uint8)
    scale = chance.uniform(1 - SCALE, 1 + SCALE) if how == "scaled" else 1.0
    x, y = (
        chance.uniform(-SHIFT_PX, SHIFT_PX) if how == "shifted" else (1 - scale) * side / 2 for side in (width, height)
    )
    onto = np.array(((scale, 0, x), (0, scale, y)), np.float32)
    seen = cv2.warpAffine(picture, onto, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def wrong_numbers(picture: Picture, number: str) -> tuple[int, float, int]:
    """Numbers with one character changed or two swapped: how many; the best margin, under 0 where the right one leads;
    and how many are accepted."""
    sure, reading.SURE_MARGIN = reading.SURE_MARGIN, float("inf")
    leads = reading.read_number([picture], number).found.leads
    reading.SURE_MARGIN = sure
    wrong = {text: -lead for text, lead in leads if len(text) == len(number)}
    near = [text for text, margin in wrong.items() if margin >= 0]
    accepted = [text for text in near if verify_crop(picture, text).outcome is Outcome.ACCEPT]
    margins = [reading.read_number([picture], text).found.margin for text in near]
    return len(wrong), max(margins, default=max(wrong.values())), len(accepted)


def covered(picture: Picture, seen: Seen, chance: Random, how: str) -> Picture:
    """With what covers one character laid on it."""
    grown = chance.uniform(*COVERED_AT_EACH_SIDE) * (seen.right - seen.left)
    rows = (0.1, 0.92) if chance.random() < 0.5 else (0.0, 1.0)
    return spoilt(picture, (seen.left - grown, seen.right + grown), how, chance.randrange(10**6), rows)


def covers(picture: Picture, text: str, at: int, chance: Random) -> Counter[str]:
    """The outcomes with the province and another character covered, each twice. :param at: of the cut-out."""
    said, number = Counter[str](), number_in(text)
    seen = reading.read_number([picture], number).seen
    for turn in range(4):
        place = 0 if turn % 2 == 0 else chance.randrange(1, len(number))
        how = COVERS[(4 * at + turn) % len(COVERS)]
        verdict = verify_crop(covered(picture, seen[place], chance, how), text)
        said[verdict.outcome.value] += 1
        if verdict.outcome is Outcome.ACCEPT:
            scores = {check.name: round(check.score or 0.0, 1) for check in verdict.checks}
            print(f"passed: {how} over character {place + 1} of cut-out {at}", scores)
    return said


def fresh(folder: Path, draws: int) -> None:
    shown = [each for each in labels_in(folder) if each.kind == PLATE]
    for draw in range(draws):
        said = Counter[str]()
        for at, each in enumerate(shown):
            said += covers(open_picture(folder / each.file), each.text, at, Random(f"fresh {draw}, cut-out {at}"))
        print(f"draw {draw}:", dict(said))


def main(folder: Path) -> None:
    shown = [each for each in labels_in(folder) if each.kind == PLATE]
    said: dict[str, Counter[str]] = {how: Counter() for how in ("as it is", "shifted", "scaled", "blurred", "covered")}
    times, margins, numbers, best, accepted = [], [], 0, -np.inf, 0
    for at, each in enumerate(shown):
        picture, number, chance = open_picture(folder / each.file), number_in(each.text), Random(f"cut-out {at}")
        began = process_time()
        verdict = verify_crop(picture, each.text)
        times.append(1000 * (process_time() - began))
        margins += [check.score for check in verdict.checks if check.name == "plate_characters"]
        said["as it is"][verdict.outcome.value] += 1
        tried, nearest, taken = wrong_numbers(picture, number)
        numbers, best, accepted = numbers + tried, max(best, nearest), accepted + taken
        for how in ("shifted", "scaled", "blurred"):
            said[how][verify_crop(changed(picture, how, chance), each.text).outcome.value] += 1
        said["covered"] += covers(picture, each.text, at, chance)
    for how, counts in said.items():
        print(f"{how}:", dict(counts))
    print(f"{numbers} wrong numbers: {accepted} accepted, best margin {best:.2f} ({ACCEPT_MARGIN} is asked)")
    print(f"least margin of a right one {min(margins):.2f}; {np.median(times):.1f} ms in the median")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    if len(sys.argv) > 2:
        fresh(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main(Path(sys.argv[1]))
