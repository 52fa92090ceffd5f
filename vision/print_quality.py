"""Print quality of a linear code by the method of ISO/IEC 15416: a relative grade, not an ISO-conformant one.

A camera's brightness is no calibrated reflectance at 660 nm, and its optics blur. So the grade compares labels under
the same camera and light, and shows a print head that wears; it does not prove a label to a third party.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import cos, sin

import numpy as np

from vision.codes.bars import Bars
from vision.codes.code import LINEAR, Code
from vision.grading import code128
from vision.grading.parameters import ProfileGrade, edges_between, grade_profile
from vision.grading.profiles import FINE, Aperture, aperture_for, place_of, profiles_of
from vision.grading.refocused import refocused
from vision.grading.scale import letter
from vision.pictures import Grey, Picture, as_grey
from vision.verdict import Symbology

RELATIVE = "relative grade, not ISO-conformant"
_EAN13_MODULES = 95.0
_ITF_MODULES = (8.0, 9.0)
"""Guards, and a digit, at the usual ratio of wide to narrow of 2.5."""
_CODE39_MODULES = 14.5
"""A character and its gap at the same ratio."""
_MOST_MODULES = 400
"""Of a Code 128 as long as any is printed."""
_ENDS_BEYOND = 0.012
"""Share of the length by which the outermost edges may lie beside a reader's corners."""
MIN_MODULE_PX = 1.5
"""With fewer pixels a module, modulation measures the camera."""


class GradingError(ValueError):
    """The code can't be graded; says what it is and what could be."""


@dataclass(frozen=True, slots=True)
class PrintGrade:
    """Grade of one code.

    :ivar value: 0..4, mean of the profiles. :ivar letter: A..F. :ivar aperture: its number, as `10`; empty: of half a
        module, since the scale was not given. :ivar module_px: width of a module in pixels.
    """

    value: float
    letter: str
    aperture: str
    module_px: float
    profiles: tuple[ProfileGrade, ...]

    @property
    def weakest(self) -> str:
        """The parameter that decides most of the profiles."""
        return Counter(profile.weakest for profile in self.profiles).most_common(1)[0][0]

    @property
    def contrast(self) -> float:
        """Mean symbol contrast of the profiles, in per cent: falls as print grows faint, before the grade does."""
        return float(np.mean([profile.contrast for profile in self.profiles]))

    @property
    def text(self) -> str:
        """As a report says it: grade, aperture, light."""
        return f"{self.value:.1f}/{self.aperture or 'half a module'}/camera light ({self.letter}; {RELATIVE})"


def grade_code(
    picture: Picture | Grey, code: Code, px_per_mm: float | None = None, blur_px: float | None = None
) -> PrintGrade:
    """Grade a linear code that was read in a picture.

    :param px_per_mm: scale on the label, for the aperture; None: an aperture of half a module.
    :param blur_px: sigma of the camera's blur, known from something else, which is taken out; None: unknown.
    :raises GradingError: not a linear code, or under `MIN_MODULE_PX` pixels a module.
    """
    if code.symbology not in LINEAR:
        raise GradingError(f"{code.symbology.value}: only linear codes are graded, of ISO/IEC 15416")
    grey = as_grey(picture) if blur_px is None else refocused(as_grey(picture), code, blur_px)
    place, elements = _from_edge_to_edge(grey, place_of(grey, code))
    module_px = place.length / _modules(code, elements)
    if module_px < MIN_MODULE_PX:
        raise GradingError(
            f"module of {module_px:.1f} px; from {MIN_MODULE_PX} px the print can be told from the optics"
        )
    aperture = aperture_for(module_px, px_per_mm)
    profiles = tuple(
        grade_profile(profile, code.symbology, *_ends(len(profile), place.length), module_px * FINE)
        for profile in profiles_of(grey, place, module_px, aperture)
    )
    value = round(float(np.mean([profile.grade for profile in profiles])), 1)
    return PrintGrade(value, letter(value), aperture.name, module_px, profiles)


def _ends(samples: int, length_px: float) -> tuple[float, float]:
    """First and last bar's outer edges: the code stands in the middle of its profile."""
    middle, half = (samples - 1) / 2, length_px * FINE / 2
    return middle - half, middle + half


def _from_edge_to_edge(grey: Grey, place: Bars) -> tuple[Bars, int]:
    """The place from its first edge to its last, and its elements: what most of the profiles say of both.

    A reader's corners may lie some pixels beside the outermost bars.
    """
    narrow, beyond = place.length / _MOST_MODULES, _ENDS_BEYOND * place.length * FINE
    profiles = profiles_of(grey, place, narrow, Aperture(1.0, ""))
    ends = _ends(len(profiles[0]), place.length)
    found = [edges_between(profile, *ends, beyond) - len(profile) / 2 for profile in profiles]
    counts = [count for count, _ in Counter(max(0, len(edges) - 1) for edges in found).most_common()]
    elements = next((count for count in counts if code128.modules_of(count)), counts[0])
    usual = np.array([(edges[0], edges[-1]) for edges in found if len(edges) == elements + 1])
    if elements == 0 or not len(usual):
        return place, elements
    first, last = (float(end + 0.5) / FINE for end in np.median(usual, axis=0))
    along, shift = np.array((cos(place.turn), sin(place.turn))), (first + last) / 2
    x, y = np.array((place.x, place.y)) + along * shift
    return replace(place, x=float(x), y=float(y), length=last - first), elements


def _modules(code: Code, elements: int) -> float:
    """Width of the code in modules: by its text; Code 128 may set a text in several ways, so by its bars.

    :raises GradingError: there are not enough bars for any Code 128.
    """
    match code.symbology:
        case Symbology.EAN13:
            return _EAN13_MODULES
        case Symbology.ITF:
            return _ITF_MODULES[0] + _ITF_MODULES[1] * len(code.text)
        case Symbology.CODE39:
            return _CODE39_MODULES * (len(code.text) + 2) - 1
    # A few bars too many or too few are defects.
    nearest = elements - (elements - code128.STOP_ELEMENTS) % code128.ELEMENTS
    if (modules := code128.modules_of(nearest)) is None:
        raise GradingError(f"Code128 of {elements} bars and spaces; the shortest has {code128.FEWEST_ELEMENTS}")
    return float(modules)
