"""Proving one plate: it lies in its place, has its colour, and bears exactly the expected characters."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vision.characters import read_line
from vision.colour import MIN_SHARE, plate_colour
from vision.likelihood import (
    PROVINCES,
    Frames,
    best_text,
    confusable_texts,
    margin,
    normalised,
    other_provinces,
)
from vision.pictures import Picture
from vision.plane import Plane
from vision.pocket import SCALE_PX_PER_MM, Thing
from vision.verdict import Box, Check, ExpectedPlate, Outcome

ACCEPT_MARGIN = 2.0
"""From this log-likelihood margin on a text is proven. Measured with this recogniser: on 640 rendered plates with one
confusable character the margin stayed under -2.5, on 240 right ones over 3.7; on 487 real road cut-outs of 94 x 24 px,
far coarser than a line's picture, none of 1,886 confusable texts passed, but a third of the right ones did not either,
mostly for the province. To be set anew on a line's own pictures."""
REJECT_MARGIN = 0.0
"""Under this another text explains the picture better."""

_TWO_ROW_ASPECT = 2.4
_SPLIT_ROWS = (0.3, 0.5)
"""Between these shares of the height the gap between two rows is looked for."""
_EDGE = 0.04
"""Share of the height that border and rounded corners take on each side."""
_NUMBER_ONLY_TOP = 0.34
"""A plate without province, as the e-bike's, bears its number under this share of the height."""
_NUMBER_ONLY_BOTTOM = 0.93


def check_plate(seen: Picture, area: Box, plane: Plane, thing: Thing, plate: ExpectedPlate) -> list[Check]:
    """Prove colour and characters of a plate that was found.

    :param seen: the upright picture of `area`.
    """
    picture = _flattened(seen, area, thing)
    frames = np.concatenate([read_line(line) for line in _lines(picture, plate)])
    checks = [_colour(picture, plate), _characters(frames, plate)]
    if plate.text[:1] in PROVINCES:
        checks.append(_province(frames, plate))
    region = plane.outline(thing.corners())
    return [replace(check, region=region) for check in checks]


def _colour(picture: Picture, plate: ExpectedPlate) -> Check:
    found, share = plate_colour(picture)
    outcome = Outcome.ACCEPT if found is plate.colour else Outcome.REJECT
    name = "plate_colour"
    return Check(name, outcome, plate.role, plate.colour.value, found.value if found else "none", share, MIN_SHARE)


def _characters(frames: Frames, plate: ExpectedPlate) -> Check:
    expected, reading = normalised(plate.text), best_text(frames)
    score, rival = margin(frames, expected, (*confusable_texts(expected), reading))
    found = plate.text if score > REJECT_MARGIN else rival or reading
    return Check("plate_characters", _of(score), plate.role, plate.text, found, score, ACCEPT_MARGIN)


def _province(frames: Frames, plate: ExpectedPlate) -> Check:
    expected = normalised(plate.text)
    score, rival = margin(frames, expected, other_provinces(expected))
    found = expected[0] if score > REJECT_MARGIN else rival[:1]
    return Check("plate_province", _of(score), plate.role, expected[0], found, score, ACCEPT_MARGIN)


def _of(score: float) -> Outcome:
    if score >= ACCEPT_MARGIN:
        return Outcome.ACCEPT
    return Outcome.UNSURE if score >= REJECT_MARGIN else Outcome.REJECT


def _flattened(seen: Picture, area: Box, thing: Thing) -> Picture:
    """The plate alone, upright, at the scale of `seen`."""
    size = max(2, round(thing.width * SCALE_PX_PER_MM)), max(2, round(thing.height * SCALE_PX_PER_MM))
    corners = (thing.corners()[[0, 1, 3]] - (area.x, area.y)) * SCALE_PX_PER_MM - 0.5
    onto = np.array(((0, 0), (size[0], 0), (0, size[1])), np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform(corners.astype(np.float32), onto)
    return np.asarray(cv2.warpAffine(seen, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _lines(picture: Picture, plate: ExpectedPlate) -> list[Picture]:
    """The rows of characters, in reading order."""
    height, width = picture.shape[:2]
    side = round(_EDGE * height)
    inner = picture[:, side : width - side]
    if plate.text[:1] not in PROVINCES and plate.box.width / plate.box.height < _TWO_ROW_ASPECT:
        return [inner[round(_NUMBER_ONLY_TOP * height) : round(_NUMBER_ONLY_BOTTOM * height)]]
    inner = inner[side : height - side]
    if plate.box.width / plate.box.height >= _TWO_ROW_ASPECT:
        return [inner]
    split = _gap_between_rows(inner)
    return [inner[:split], inner[split:]]


def _gap_between_rows(picture: Picture) -> int:
    """The row with the least structure along it, where two rows of characters part."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    first, last = (int(share * picture.shape[0]) for share in _SPLIT_ROWS)
    side = picture.shape[1] // 10
    structure = np.asarray(cv2.GaussianBlur(grey, (1, 5), 0)[first:last, side:-side]).std(axis=1)
    return first + int(np.argmin(structure))
