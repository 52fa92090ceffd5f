"""What one profile measures, by ISO/IEC 15416, and its grade: the worst of its parameters'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.grading import code128
from vision.grading.profiles import QUIET_MODULES, Profile
from vision.grading.scale import (
    contrast_grade,
    decodability_grade,
    defects_grade,
    modulation_grade,
    pass_or_fail,
)
from vision.verdict import Symbology

MIN_EDGE_CONTRAST = 15.0
"""Per cent of reflectance; under it an edge is none."""
_BEYOND_MODULES = 2
_QUIET_TOLERANCE = 0.5
"""Modules by which a measured quiet zone may seem too short, since its outer end lies at half a module."""


@dataclass(frozen=True, slots=True)
class ProfileGrade:
    """One profile's parameters, in per cent, and their grades, 0..4.

    :ivar decodability: None for kinds for which it is not measured, and where the profile does not decode.
    :ivar grades: by parameter's name.
    """

    contrast: float
    modulation: float
    defects: float
    decodability: float | None
    edge_contrast: float
    darkest: float
    brightest: float
    grades: tuple[tuple[str, float], ...]

    @property
    def grade(self) -> float:
        """The worst."""
        return min(grade for _, grade in self.grades)

    @property
    def weakest(self) -> str:
        """Name of the parameter that decides."""
        return min(self.grades, key=lambda each: each[1])[0]


@dataclass(frozen=True, slots=True)
class Elements:
    """A profile cut at its global threshold.

    :ivar edges: in samples, falling and rising in turn, from the first bar's start.
    """

    profile: Profile
    edges: NDArray[np.float64]

    @property
    def widths(self) -> NDArray[np.float64]:
        """Of bars and spaces in turn, from the first bar to the last."""
        return np.diff(self.edges)

    @property
    def starts(self) -> NDArray[np.intp]:
        """First sample of each element, the quiet zones as first and last."""
        starts = np.concatenate(((0,), np.ceil(self.edges).astype(np.intp)))
        return np.asarray(starts[starts < len(self.profile)], np.intp)


def grade_profile(profile: Profile, symbology: Symbology, first: float, last: float, module: float) -> ProfileGrade:
    """Measure one profile.

    :param first: where the first bar begins, in samples, roughly; :param last: where the last bar ends.
    :param module: in samples, roughly.
    """
    quiet = (QUIET_MODULES + _QUIET_TOLERANCE) * module
    outer = max(0, round(first - quiet)), min(len(profile), round(last + quiet))
    seen = profile[outer[0] : outer[1]]
    brightest, darkest = float(seen.max()), float(seen.min())
    contrast = brightest - darkest
    elements = _elements(seen, (brightest + darkest) / 2, first - outer[0], last - outer[0], module)
    edge_contrast = _least_edge_contrast(elements)
    modulation = 100 * edge_contrast / contrast if contrast > 0 else 0.0
    defects = 100 * _unevenness(elements) / contrast if contrast > 0 else 100.0
    decodable = _decodability(elements, symbology)
    grades = [
        ("contrast", contrast_grade(contrast)),
        ("modulation", modulation_grade(modulation)),
        ("defects", defects_grade(defects)),
        ("minimum reflectance", pass_or_fail(darkest <= brightest / 2)),
        ("edge contrast", pass_or_fail(edge_contrast >= MIN_EDGE_CONTRAST)),
        ("quiet zone", pass_or_fail(_quiet(elements, first - outer[0], last - outer[0], module))),
    ]
    if symbology is Symbology.CODE128:
        grades.append(("decode", pass_or_fail(decodable is not None)))
        grades.append(("decodability", decodability_grade(decodable or 0.0)))
    return ProfileGrade(contrast, modulation, defects, decodable, edge_contrast, darkest, brightest, tuple(grades))


def edges_between(profile: Profile, first: float, last: float, beyond: float) -> NDArray[np.float64]:
    """Edges of bars and spaces in turn, in samples. :param beyond: so far before the first and after the last."""
    threshold = (float(profile.max()) + float(profile.min())) / 2
    return _elements(profile, threshold, first, last, beyond / _BEYOND_MODULES).edges


def _elements(seen: Profile, threshold: float, first: float, last: float, module: float) -> Elements:
    """Edges between the first bar and the last; what crosses the threshold beyond them is the quiet zone's matter."""
    above = seen > threshold
    before = np.flatnonzero(above[1:] != above[:-1])
    low, high = seen[before], seen[before + 1]
    crossings = before + (threshold - low) / (high - low)
    beyond = _BEYOND_MODULES * module
    inside = (crossings > first - beyond) & (crossings < last + beyond)
    crossings, falling = crossings[inside], (low > high)[inside]
    while len(crossings) and not falling[0]:
        crossings, falling = crossings[1:], falling[1:]
    while len(crossings) and falling[-1]:
        crossings, falling = crossings[:-1], falling[:-1]
    return Elements(seen, np.asarray(crossings, np.float64))


def _least_edge_contrast(elements: Elements) -> float:
    """Least difference between a space's brightest and its neighbouring bar's darkest place."""
    starts = elements.starts
    if len(starts) < 2:
        return 0.0
    # Elements are light and dark in turn, from the quiet zone on.
    tops = np.maximum.reduceat(elements.profile, starts)
    tops[1::2] = np.minimum.reduceat(elements.profile, starts)[1::2]
    return float(np.abs(np.diff(tops)).min())


def _unevenness(elements: Elements) -> float:
    """Largest rise and fall within an element: between turning points, its slopes to the edges left out."""
    profile, starts = elements.profile, elements.starts
    steps = np.sign(np.diff(profile))
    turning = np.flatnonzero(steps[1:] * steps[:-1] <= 0) + 1
    within = np.searchsorted(starts, turning, side="right") - 1
    # An element's outermost samples are its edges'.
    inner = (turning > starts[within]) & (turning + 1 < np.append(starts[1:], len(profile))[within])
    turning, within = turning[inner], within[inner]
    if not len(turning):
        return 0.0
    first = np.flatnonzero(np.append(True, np.diff(within) > 0))
    spread = np.maximum.reduceat(profile[turning], first) - np.minimum.reduceat(profile[turning], first)
    return float(spread.max())


def _decodability(elements: Elements, symbology: Symbology) -> float | None:
    if symbology is not Symbology.CODE128 or len(elements.edges) < 2:
        return None
    forward = code128.decodability(elements.widths)
    return forward if forward is not None else code128.decodability(elements.widths[::-1])


def _quiet(elements: Elements, first: float, last: float, module: float) -> bool:
    """Whether nothing dark stands within ten modules on either side."""
    if not len(elements.edges):
        return False
    threshold = (float(elements.profile.max()) + float(elements.profile.min())) / 2
    size = QUIET_MODULES * module
    before = elements.profile[max(0, round(first - size)) : max(0, round(min(first, elements.edges[0]) - module / 2))]
    after = elements.profile[round(max(last, elements.edges[-1]) + module / 2) : round(last + size)]
    enough = len(before) >= size - 2 * module and len(after) >= size - 2 * module
    return bool(enough and (before > threshold).all() and (after > threshold).all())
