"""Strips of a place where bars stand, each read on its own, and how many that share no pixel said the same."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from vision.codes.bars import Bars
from vision.codes.belief import Says, Sighting
from vision.codes.code import Code, moved
from vision.codes.first_reader import Threshold, first_reader
from vision.codes.likely_ean import MIN_TOGETHER, MODULES, LikelyEan, likely_ean
from vision.codes.strips import BAND_COUNTS, Strip, ink_of, shown, strip_of
from vision.pictures import Grey
from vision.verdict import Symbology

ENOUGH = 3
"""Bands that agree; finer cutting is then left out."""
EAN_BAND_COUNTS = (3, 2, 5)
_THRESHOLDS = (Threshold.LOCAL, Threshold.GLOBAL)


def read_bars(grey: Grey, bars: Bars, formats: frozenset[Symbology]) -> list[Sighting]:
    """What the strips of one place say.

    :param formats: linear kinds only.
    """
    strip = strip_of(grey, bars)
    agreed: dict[Says, int] = defaultdict(int)
    first: dict[Says, Code] = {}
    for count in BAND_COUNTS:
        said: dict[Says, int] = defaultdict(int)
        for codes in _said_by_bands(strip, count, formats):
            for says, code in codes.items():
                said[says] += 1
                first.setdefault(says, code)
        for says, bands in said.items():
            agreed[says] = max(agreed[says], bands)
        if max(agreed.values(), default=0) >= ENOUGH:
            break
    return [Sighting(_placed(first[says], strip), bands, hard=True) for says, bands in agreed.items()]


def likely_numbers(grey: Grey, bars: Bars) -> list[Sighting]:
    """What the strips of one place say when each is taken for the likeliest EAN-13 that can stand there."""
    strip = strip_of(grey, bars)
    length = bars.length * strip.samples_per_px
    agreed: dict[str, int] = defaultdict(int)
    where: dict[str, LikelyEan] = {}
    for count in EAN_BAND_COUNTS:
        said: dict[str, list[LikelyEan]] = defaultdict(list)
        for profile in strip.bands(count):
            if (found := likely_ean(ink_of(profile, length / MODULES), length)) is not None:
                said[found.text].append(found)
                where.setdefault(found.text, found)
        for text, bands in said.items():
            sure = sum(band.margin for band in bands) >= MIN_TOGETHER
            agreed[text] = max(agreed[text], len(bands) if sure else 1)
        if max(agreed.values(), default=0) >= 2:
            break
    return [Sighting(_placed(_as_code(where[text]), strip), bands, hard=True) for text, bands in agreed.items()]


def _as_code(found: LikelyEan) -> Code:
    ends = ((found.left, 0.0), (found.right, 0.0), (found.right, 0.0), (found.left, 0.0))
    return Code(found.text, Symbology.EAN13, "]E0", ends)


def _said_by_bands(strip: Strip, count: int, formats: frozenset[Symbology]) -> list[dict[Says, Code]]:
    """For each band all that it says; a band that says two things says neither more than the other."""
    heard = []
    for profile in strip.bands(count):
        codes: dict[Says, Code] = {}
        for picture in shown(profile, strip.samples_per_px):
            for threshold in _THRESHOLDS:
                for code in first_reader(picture, formats, threshold=threshold, turned=False):
                    codes.setdefault(code.says, code)
            if codes:
                break
        heard.append(codes)
    return heard


def _placed(code: Code, strip: Strip) -> Code:
    """The code where it stands in the picture, over the strip's whole height."""
    (left, _), (right, _) = code.corners[0], code.corners[1]
    bottom = float(len(strip.rows) - 1)
    upright = np.array(((left, 0.0), (right, 0.0), (right, bottom), (left, bottom)))
    if right < left:
        upright = np.array(((left, bottom), (right, bottom), (right, 0.0), (left, 0.0)))
    corners = tuple((float(x), float(y)) for x, y in upright)
    return moved(Code(code.text, code.symbology, code.aim, corners), strip.onto)
