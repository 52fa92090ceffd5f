"""Proving one plate: its kind, rows and colour, that each character can be seen, and that they are exactly these.

`verify_crop(picture, expected, kind) -> Verdict` judges a cut-out plate on its own, as the benchmark and
`sealline vision verify --crop` do; `check_plate` judges a plate that was found lying in a mailer. Both are pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vision.alignment import DIGITS, LETTERS
from vision.colour import MIN_SHARE, colour_by_ink, plate_colour
from vision.likelihood import explainable
from vision.looks import Looks, joined
from vision.pictures import Picture, cut_out, shrunk
from vision.plane import Plane, Points
from vision.plate.city import check_city
from vision.plate.city_in_cutout import check_city_in_cutout
from vision.plate.kinds import LAYOUTS, ONE_ROW, PlateKind, forms, kind_of, kinds_bearing, number_in, rows_of
from vision.plate.reading import Reading, read_in_place, read_number
from vision.plate.rectify import Corners, plates_in, straightened
from vision.plate.rows import MOST_BETWEEN_ROWS, RowPlace, places_of_rows, printed_rows, rows_in
from vision.plate.templates import LEAST_LEAD, LEAST_LIKENESS, MOST_FLAW, Likeness, inks_of, likenesses
from vision.plate.visible import Seen
from vision.plate_ground import Inked, check_ground
from vision.pocket import SCALE_PX_PER_MM, Thing
from vision.verdict import Box, Check, ExpectedPlate, Outcome, PlateColour, Standing, Verdict, worst

ACCEPT_MARGIN = 2.0
"""From this log-likelihood margin on a text is proven; docs/vision.md has the table from which it was chosen."""
REJECT_MARGIN = -4.0
"""Under this another text explains the picture so much better that a new picture would not change it."""
JOINT_MARGIN = 1.5
"""From this mean margin over every rival on a text is proven by several looks together; docs/vision.md has what wrong
ones reach, also in looks that err alike."""


def verify_crop(picture: Picture, expected: str, kind: PlateKind | None = None, earlier: Looks = ()) -> Verdict:
    """Judge a cut-out plate, of whatever size and light.

    :param picture: the plate alone, roughly upright; its edges may be cut or some ground be around it.
    :param kind: None: any kind that can bear the number.
    :param earlier: looks at the same plate that left it unsure, as `vision.looks.clear` makes them.
    :returns: a verdict without evidence picture; regions are in pixels of `picture`.
    """
    if not kinds_bearing(expected):
        return _without_form(expected)
    number = number_in(expected)
    kinds = (kind,) if kind else kinds_bearing(expected)
    aspect = _aspect(kind) if kind else _aspect_of_crop(picture, kinds)
    rows = LAYOUTS[kind].rows if kind else rows_of(number, aspect)
    printed = printed_rows(aspect)
    lines = [picture[place] for place in places_of_rows(picture, rows, number, trimmed=False)]
    reading = read_number(lines, number)
    checks = [_bears(expected, kinds, kind), _rows(picture, printed), *_of_reading(reading, number, "")]
    if kind:
        checks.append(_colour_of_crop(picture, LAYOUTS[kind].colour, expected))
    placed = [replace(check, region=_as_region(_place_of(check, reading, picture))) for check in checks]
    if PlateKind.EBIKE in kinds:
        placed += check_city_in_cutout(picture, expected)
    decided = tuple(joined(check, earlier) for check in placed)
    return Verdict(worst(decided), decided)


def verify_picture(picture: Picture, expected: str, kind: PlateKind | None = None, earlier: Looks = ()) -> Verdict:
    """Judge the plate that is somewhere in a picture, in whatever perspective; `plate_present` tells where.

    :param kind: None: any kind that can bear the number. :param earlier: as `verify_crop` takes them.
    """
    if not kinds_bearing(expected):
        return _without_form(expected)
    kinds = (kind,) if kind else kinds_bearing(expected)
    best: Verdict | None = None
    for aspect in sorted({_aspect(each) for each in kinds}):
        for corners in plates_in(picture, aspect):
            verdict = _at(picture, corners, aspect, expected, kind, earlier)
            if best is None or _rank(verdict) > _rank(best):
                best = verdict
            if verdict.outcome is Outcome.ACCEPT:
                return verdict
    if best is not None:
        return best
    missing = Check("plate_present", Outcome.REJECT, "", f"a plate that bears {expected}", "no plate found")
    return Verdict(Outcome.REJECT, (missing,))


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of a plate that lies in a mailer. :ivar along: as `vision.plate_ground.Ground` has it."""

    checks: list[Check]
    along: tuple[Box, ...]


def check_plate(picture: Picture, plane: Plane, thing: Thing, plate: ExpectedPlate) -> Looked:
    """Prove a plate that was found, and that nothing lies on it.

    :param picture: the plate alone, as `flattened` gives it.
    """
    number, aspect = number_in(plate.text), plate.box.width / plate.box.height
    places = places_of_rows(picture, rows_of(number, aspect), number, trimmed=True)
    sure = _surely_read(picture, places, number, plate)
    reading, made = sure or (read_number([picture[place] for place in places], number, level=True), [])
    read = [joined(check, plate.earlier) for check in _of_reading(reading, number, plate.role)]
    if sure is None and proven(read):
        made = _likenesses(picture, places, reading)
    coarse = shrunk(picture, 2)
    checks = [
        _kind(plate, aspect),
        _rows(coarse, printed_rows(aspect)),
        _colour(coarse, plate),
        *read,
        *_print([like for row in made for like in row]),
    ]
    ground = check_ground(picture, plate, _ink(picture, places, made))
    others = [ground.check]
    others += [joined(check, plate.earlier) for check in check_city(picture, plate)]
    placed = [(check, _place_of(check, reading, picture)) for check in checks]
    placed += [(check, np.array(check.region)) for check in others]
    onto = cv2.getPerspectiveTransform(
        _corners_of(picture).astype(np.float32), plane.to_px(thing.corners()).astype(np.float32)
    )
    mapped = _mapped(np.concatenate([place for _, place in placed]), onto).reshape(-1, 4, 2)
    told = [
        replace(check, subject=plate.role, region=_as_region(place))
        for (check, _), place in zip(placed, mapped, strict=True)
    ]
    return Looked(told, ground.along)


def proven(checks: Sequence[Check]) -> bool:
    """Whether a plate's characters are the expected ones."""
    return any(check.name == "plate_characters" and check.outcome is Outcome.ACCEPT for check in checks)


def _surely_read(
    picture: Picture, places: Sequence[RowPlace], number: str, plate: ExpectedPlate
) -> tuple[Reading, list[list[Likeness]]] | None:
    """The plate's characters and each against its die, when two that share nothing are sure of all: a network that
    looks at each alone, and the dies. None: in the slightest doubt of either, and of every plate but those of one row.
    """
    if len(places) > 1 or len(number) not in ONE_ROW or not explainable(number):
        return None
    line, (width, gap, _) = picture[places[0]], ONE_ROW[len(number)]
    reading = read_in_place(line, number, (width + gap) / plate.box.width * picture.shape[1] / line.shape[1])
    made = _likenesses(picture, places, reading) if reading is not None else []
    return (reading, made) if reading is not None and _whole(made) else None


def _whole(made: Sequence[Sequence[Likeness]]) -> bool:
    """Whether every character is surely the one of its die, without a flaw."""
    likes = [like for row in made for like in row]
    return bool(likes) and all(
        like.lead >= LEAST_LEAD and like.score >= LEAST_LIKENESS and like.flaw <= MOST_FLAW for like in likes
    )


def _likenesses(picture: Picture, places: Sequence[RowPlace], reading: Reading) -> list[list[Likeness]]:
    """Each row's characters against their dies; empty where a row is too coarse."""
    rows = (reading.seen,) if len(places) == 1 else (reading.seen[:2], reading.seen[2:])
    printed = printed_rows(picture.shape[1] / picture.shape[0])
    return [likenesses(picture[place], row, printed) for place, row in zip(places, rows, strict=True)]


def _ink(picture: Picture, places: Sequence[RowPlace], made: Sequence[Sequence[Likeness]]) -> Inked | None:
    """Where the plate must bear ink; None: its characters were not proven or are too coarse."""
    if not made or not all(made):
        return None
    inked = Inked(np.zeros(picture.shape[:2], np.float32), np.zeros(picture.shape[:2], np.float32))
    for place, row in zip(places, made, strict=True):
        inked.serial[place], inked.every[place] = inks_of(picture[place], row, LETTERS + DIGITS)
    return inked


def _kind(plate: ExpectedPlate, aspect: float) -> Check:
    """A number that no plate of this colour and shape can bear is an error of the order or of the recipe."""
    kind = kind_of(plate.text, plate.colour, aspect)
    outcome = Outcome.ACCEPT if kind else Outcome.REJECT
    # Whose number it is stands in the order: here it would be shown and kept in clear.
    expected = f"a {plate.colour.value} plate's number"
    return Check("plate_kind", outcome, plate.role, expected, kind.value if kind else "no kind of plate")


def _at(
    picture: Picture, corners: Corners, aspect: float, expected: str, kind: PlateKind | None, earlier: Looks
) -> Verdict:
    """The verdict on what lies between four corners of a picture."""
    straight = straightened(picture, corners, aspect)
    verdict = verify_crop(straight, expected, kind, earlier)
    there = Check("plate_present", Outcome.ACCEPT, "", "a plate", "one", region=_as_region(corners))
    back = cv2.getPerspectiveTransform(_corners_of(straight).astype(np.float32), corners.astype(np.float32))
    moved = (replace(check, region=_as_region(_mapped(np.array(check.region), back))) for check in verdict.checks)
    return replace(verdict, checks=(there, *moved))


def _rank(verdict: Verdict) -> tuple[int, float]:
    """Fewer failures first, then the better characters."""
    margin = max((check.score or 0.0 for check in verdict.checks if check.name == "plate_characters"), default=0.0)
    return -len(verdict.failed), margin


def _place_of(check: Check, reading: Reading, picture: Picture) -> Points:
    """What a check is about: one character where one is to blame, else the plate."""
    blamed = _blamed(check, reading)
    if blamed is None:
        return _corners_of(picture)
    height, width = picture.shape[:2]
    rows = max(seen.row for seen in reading.seen) + 1
    top, bottom = (0.0, height) if rows == 1 else (0.0, 0.4 * height) if blamed.row == 0 else (0.4 * height, height)
    left, right = blamed.left * width, blamed.right * width
    return np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float64)


def _blamed(check: Check, reading: Reading) -> Seen | None:
    """The character that a failed check is about."""
    if check.outcome is Outcome.ACCEPT or not reading.seen:
        return None
    if check.name == "plate_visible":
        return min(reading.seen, key=lambda seen: seen.score)
    if check.name == "plate_province":
        return reading.seen[0]
    if check.name == "plate_characters" and len(reading.found.rival) == len(reading.seen):
        pairs = zip(reading.seen, reading.found.rival, strict=True)
        return next((seen for seen, rival in pairs if seen.character != rival), None)
    return None


def _corners_of(picture: Picture) -> Points:
    height, width = picture.shape[:2]
    return np.array(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))


def _mapped(points: Points, matrix: cv2.typing.MatLike) -> Points:
    return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix), np.float64).reshape(-1, 2)


def _as_region(points: Points | Corners) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in points.tolist())


def _aspect(kind: PlateKind) -> float:
    """Width of a kind in heights."""
    width, height = LAYOUTS[kind].size_mm
    return width / height


def _aspect_of_crop(picture: Picture, kinds: Sequence[PlateKind]) -> float:
    """Width in heights of the plate in a cut-out of no certain kind: with ground above and below, a plate of one row
    has the shape of one of two, and its print tells them apart."""
    aspect = float(picture.shape[1] / picture.shape[0])
    one_row: list[float] = [_aspect(each) for each in kinds if printed_rows(_aspect(each)) == 1]
    if one_row and printed_rows(aspect) == 2 and rows_in(picture)[0] == 1:
        return one_row[0]
    return aspect


def _without_form(text: str) -> Verdict:
    """The answer to a number that no plate can bear: nothing is looked at, since nothing could be proven."""
    check = Check("plate_kind", Outcome.REJECT, "", f"any kind that bears {text}", f"no legal form; allowed: {forms()}")
    return Verdict(Outcome.REJECT, (check,))


def _bears(text: str, kinds: Sequence[PlateKind], asked: PlateKind | None) -> Check:
    bearing = [kind for kind in kinds if LAYOUTS[kind].bears(text)]
    expected = f"{asked.value if asked else 'any kind'} that bears {text}"
    found = ", ".join(kind.value for kind in bearing) or "the number has not the form of such a plate"
    return Check("plate_kind", Outcome.ACCEPT if bearing else Outcome.REJECT, "", expected, found)


def _rows(picture: Picture, rows: int) -> Check:
    found, gap = rows_in(picture)
    outcome = Outcome.ACCEPT if found == rows else Outcome.REJECT
    return Check("plate_rows", outcome, "", str(rows), str(found), gap, MOST_BETWEEN_ROWS)


def _colour(picture: Picture, plate: ExpectedPlate) -> Check:
    found, share = plate_colour(picture)
    outcome = Outcome.ACCEPT if found is plate.colour else Outcome.REJECT
    name = "plate_colour"
    return Check(name, outcome, plate.role, plate.colour.value, found.value if found else "none", share, MIN_SHARE)


def _colour_of_crop(picture: Picture, colour: PlateColour, text: str) -> Check:
    """By the ground against the ink, since nothing is known of the light; among the colours that the number allows."""
    allowed = frozenset(LAYOUTS[kind].colour for kind in kinds_bearing(text)) | {colour}
    found = colour_by_ink(picture, allowed)
    outcome = Outcome.ACCEPT if found is colour else Outcome.REJECT
    return Check("plate_colour", outcome, "", colour.value, found.value)


def _print(found: Sequence[Likeness]) -> list[Check]:
    """Each proven character against its die; a flaw wants another picture, then a person."""
    if not found:
        return []
    worst_made = max(found, key=lambda each: each.flaw)
    good = worst_made.flaw <= MOST_FLAW and min(each.score for each in found) >= LEAST_LIKENESS
    outcome, text = (Outcome.ACCEPT, "whole") if good else (Outcome.UNSURE, f"a flaw in {worst_made.character}")
    return [Check("plate_print", outcome, "", "each character whole", text, worst_made.flaw, MOST_FLAW)]


def _of_reading(reading: Reading, number: str, role: str) -> list[Check]:
    checks = [_characters(reading, number, role)]
    if reading.seen:
        least = min(reading.seen, key=lambda seen: seen.score)
        outcome = Outcome.ACCEPT if least.score >= 1 else Outcome.UNSURE
        checks.insert(0, Check("plate_visible", outcome, role, "every character", least.text, least.score, 1.0))
    if reading.found.province_margin is not None:
        others = tuple((rival, lead) for rival, lead in reading.found.leads if rival[1:] == number[1:])
        found, margin = reading.found.province, reading.found.province_margin
        checks.append(_of_margin("plate_province", role, number[0], found, margin, others))
    return checks


def _characters(reading: Reading, number: str, role: str) -> Check:
    found, margin = number if reading.found.margin > 0 else reading.found.rival or reading.text, reading.found.margin
    return _of_margin("plate_characters", role, number, found, margin, reading.found.leads)


def _of_margin(
    name: str, role: str, expected: str, found: str, margin: float, leads: tuple[tuple[str, float], ...]
) -> Check:
    accepted, unsure = margin >= ACCEPT_MARGIN, margin >= REJECT_MARGIN
    outcome = Outcome.ACCEPT if accepted else Outcome.UNSURE if unsure else Outcome.REJECT
    standing = (Standing(JOINT_MARGIN, leads),) if leads else ()
    return Check(name, outcome, role, expected, found, margin, ACCEPT_MARGIN, standing=standing)


def flattened(seen: Picture, area: Box, thing: Thing) -> Picture:
    """The plate alone, upright, at the scale of `seen`."""
    size = max(2, round(thing.width * SCALE_PX_PER_MM)), max(2, round(thing.height * SCALE_PX_PER_MM))
    return cut_out(seen, (thing.corners() - (area.x, area.y)) * SCALE_PX_PER_MM, size)
