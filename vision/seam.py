"""Whether the jaw has closed the mailer well: the ribs that it presses over the seam's length, and what spoils them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.pictures import Picture, as_grey
from vision.plane import CARRIER_CODES, Plane
from vision.verdict import Box, Check, Outcome, View

SEAM = Box(520.0, 10.0, 20.0, 420.0)
"""The strip that the jaw seals, on the carrier's plane."""
PITCH_MM = 2.0
"""Distance of the jaw's ribs."""
PRESENT = 6.0
"""From this amplitude of the ribs on, in grey levels 0..255, a section is sealed."""
ABSENT = 3.0
"""Under this a section shows no ribs."""
MAX_GAP_MM = 4.0
"""Longest stretch with weak ribs that still holds."""
MAX_FOLD_LEVELS = 22.0
"""How much darker than the seam around it a place may be, in grey levels, before it is a wrinkle's fold."""
MAX_CAUGHT_LEVELS = 30.0
"""How much lighter a place may be before something lies in the seam."""
WEAK_SHARE = 0.45
"""Ribs with less than this share of the seam's usual amplitude are weak."""
MIN_SEEN = 0.85
"""Share of the seam that the picture must show; a tenth lies under the tile of a carrier code."""

_SECTION_MM = 30.0
_SAMPLES_PER_MM = 4
_INSET_MM = 4.0
_LANES = 3
"""Strips side by side that are looked at on their own, so that a flaw on one side is not averaged away."""
_WINDOW_MM = 6.0
_STEP_MM = 3.0
_STEP_SHARE = 0.65
"""A thing rises by its whole height there, a lamp's mirror image by at most half of it."""
_USUAL_MM = 101.0
"""Stretch whose median is a place's usual brightness: light changes slowly, flaws are shorter."""

_KINDS = (
    ("seam_gap", MAX_GAP_MM, "mm without ribs"),
    ("seam_wrinkle", MAX_FOLD_LEVELS, "grey levels darker"),
    ("seam_caught", MAX_CAUGHT_LEVELS, "grey levels lighter"),
)

Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Flaw:
    """The worst place of one kind.

    :ivar score: in the check's unit; :ivar y: its middle on the carrier's plane.
    :ivar edged: whether it begins or ends at a step, which a glare does not.
    """

    score: float
    y: float
    length_mm: float
    edged: bool = True


def check_seam(picture: Picture, plane: Plane, view: View) -> list[Check]:
    """Measure the ribs section by section, the weakest section decides; where there are ribs, look for flaws."""
    boxes = _visible(picture, view)
    strips = [_strip(picture, plane, box) for box in boxes]
    amplitudes = [each for strip in strips for each in _amplitudes(strip.mean(axis=1))]
    weakest = min(amplitudes, default=0.0)
    outcome = Outcome.ACCEPT if weakest >= PRESENT else Outcome.UNSURE if weakest >= ABSENT else Outcome.REJECT
    found = f"{len(amplitudes)} sections, weakest ribs of {weakest:.1f} grey levels"
    seam = Check("seam", outcome, "", f"ribs from {PRESENT:.0f}", found, weakest, PRESENT, plane.corners(SEAM))
    if not amplitudes or np.median(amplitudes) < PRESENT:
        return [seam]
    usual = float(np.median(amplitudes))
    seen = zip(strips, _levels(strips), boxes, strict=True)
    flaws = [_flaws(strip, level, box, usual) for strip, level, box in seen]
    worst = [max(kind, key=lambda flaw: flaw.score) for kind in zip(*flaws, strict=True)]
    named = zip(worst, _KINDS, strict=True)
    return [seam, _length(boxes, plane), *(_check(name, flaw, most, unit, plane) for flaw, (name, most, unit) in named)]


def _length(boxes: list[Box], plane: Plane) -> Check:
    """Nobody can vouch for the part of a seam that the camera does not see."""
    share = sum(box.height + 2 * _INSET_MM for box in boxes) / SEAM.height
    outcome = Outcome.ACCEPT if share >= MIN_SEEN else Outcome.REJECT
    expected, found = f"from {100 * MIN_SEEN:.0f} %", f"{100 * min(1.0, share):.0f} % of the seam in view"
    return Check("seam_length", outcome, "", expected, found, share, MIN_SEEN, plane.corners(SEAM))


def _visible(picture: Picture, view: View) -> list[Box]:
    """The stretches of the seam that the picture surely shows, their ends left out: in view, under no code's tile."""
    top = max(SEAM.y, view.top_mm + _INSET_MM)
    bottom = min(SEAM.y + SEAM.height, view.top_mm + picture.shape[0] / view.px_per_mm - _INSET_MM)
    tiles = sorted((tile for tile in CARRIER_CODES if _covers(tile)), key=lambda tile: tile.y)
    ends = [top, *(edge for tile in tiles for edge in (tile.y, tile.y + tile.height)), bottom]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    stretches = [(max(first, top) + _INSET_MM, min(last, bottom) - _INSET_MM) for first, last in pairs]
    left, width = SEAM.x + _INSET_MM, SEAM.width - 2 * _INSET_MM
    return [Box(left, first, width, last - first) for first, last in stretches if last - first >= _SECTION_MM]


def _covers(tile: Box) -> bool:
    return tile.x < SEAM.x + SEAM.width and tile.x + tile.width > SEAM.x


def _strip(picture: Picture, plane: Plane, box: Box) -> Profile:
    """Mean grey level of each lane along the seam, `_SAMPLES_PER_MM`; shape (samples, `_LANES`)."""
    onto = plane.matrix.copy()
    onto[:, 2] += onto[:, :2] @ np.array((box.x, box.y))
    onto[:, :2] /= _SAMPLES_PER_MM
    size = round(box.width * _SAMPLES_PER_MM), round(box.height * _SAMPLES_PER_MM)
    strip = cv2.warpAffine(picture, onto, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    grey = np.asarray(as_grey(np.asarray(strip, np.uint8)), np.float64)
    return np.stack([lane.mean(axis=1) for lane in np.array_split(grey, _LANES, axis=1)], axis=1)


def _amplitudes(profile: Profile) -> list[float]:
    step = round(_SECTION_MM * _SAMPLES_PER_MM)
    return [_rib_amplitude(profile[first : first + step]) for first in range(0, len(profile) - step + 1, step)]


def _rib_amplitude(profile: Profile) -> float:
    """Amplitude of the wave of `PITCH_MM` in a profile."""
    along = np.arange(len(profile))
    straight = np.polynomial.Polynomial.fit(along, profile, 2)(along)
    window = np.hanning(len(profile))
    return float(2 * abs(((profile - straight) * window * _turns(len(profile))).sum()) / window.sum())


def _turns(samples: int) -> NDArray[np.complex128]:
    turns = np.arange(samples) / (PITCH_MM * _SAMPLES_PER_MM)
    return np.asarray(np.exp(-2j * np.pi * turns), np.complex128)


def _flaws(strip: Profile, level: Profile, box: Box, usual: float) -> tuple[_Flaw, _Flaw, _Flaw]:
    """The worst gap, fold and caught thing of a stretch, in whichever lane it lies.

    :param level: of `_levels`; :param usual: amplitude of the seam's ribs.
    """
    amplitude = np.stack([_local_amplitude(lane) for lane in strip.T], axis=1)
    edge = round(_WINDOW_MM / 2 * _SAMPLES_PER_MM)
    inner = slice(edge, len(strip) - edge)
    first = box.y + edge / _SAMPLES_PER_MM
    weak = amplitude[inner].min(axis=1) < WEAK_SHARE * usual
    darker, lighter = -level[inner].min(axis=1), level[inner].max(axis=1)
    caught = replace(_peak(lighter, first), edged=_edged(level[inner]))
    return _longest(weak, first), _peak(darker, first), caught


def _check(name: str, flaw: _Flaw, most: float, unit: str, plane: Plane) -> Check:
    failed = Outcome.REJECT if flaw.edged else Outcome.UNSURE
    outcome = Outcome.ACCEPT if flaw.score <= most else failed
    place = Box(SEAM.x, flaw.y - flaw.length_mm / 2, SEAM.width, flaw.length_mm)
    region = plane.corners(place if outcome is not Outcome.ACCEPT else SEAM)
    at = f" at y {flaw.y:.0f} mm{'' if flaw.edged else ', without an edge'}" if outcome is not Outcome.ACCEPT else ""
    return Check(name, outcome, "", f"up to {most:g} {unit}", f"{flaw.score:.1f}{at}", flaw.score, most, region)


def _levels(strips: list[Profile]) -> list[Profile]:
    """Brightness without ribs against the usual one around, of each stretch; a short one borrows from its neighbour."""
    smooth = [np.stack([_without_ribs(lane) for lane in strip.T], axis=1) for strip in strips]
    joined = np.concatenate(smooth)
    usual = np.stack([_usual(lane) for lane in joined.T], axis=1)
    ends = np.cumsum([len(strip) for strip in strips])[:-1]
    return np.split(joined - usual, ends)


def _without_ribs(lane: Profile) -> Profile:
    pitch = round(PITCH_MM * _SAMPLES_PER_MM)
    return np.convolve(np.pad(lane, pitch // 2, mode="edge"), np.ones(pitch) / pitch, mode="valid")[: len(lane)]


def _usual(lane: Profile) -> Profile:
    """Median over `_USUAL_MM` around each place."""
    coarse = lane[::_SAMPLES_PER_MM]
    reach = min(round(_USUAL_MM) // 2, len(coarse) - 1)
    padded = np.pad(coarse, reach, mode="reflect")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    return np.asarray(np.interp(np.arange(len(lane)) / _SAMPLES_PER_MM, np.arange(len(coarse)), medians))


def _local_amplitude(lane: Profile) -> Profile:
    """Amplitude of the ribs around each sample, by a window of `_WINDOW_MM`."""
    window = np.hanning(round(_WINDOW_MM * _SAMPLES_PER_MM) + 2)[1:-1]
    flat = lane - np.convolve(np.pad(lane, 8, mode="edge"), np.ones(17) / 17, mode="valid")
    return np.asarray(2 * np.abs(np.convolve(flat * _turns(len(lane)), window / window.sum(), mode="same")))


def _longest(weak: NDArray[np.bool_], first_mm: float) -> _Flaw:
    """The longest weak stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], weak, [False])).astype(np.int8)))
    if not len(edges):
        return _Flaw(0.0, first_mm, 0.0)
    lengths = (edges[1::2] - edges[::2]) / _SAMPLES_PER_MM
    longest = int(np.argmax(lengths))
    length = float(lengths[longest])
    return _Flaw(length, first_mm + float(edges[2 * longest]) / _SAMPLES_PER_MM + length / 2, length)


def _edged(level: Profile) -> bool:
    """Whether what is lightest rises in any lane by most of its height within `_STEP_MM`."""
    step = round(_STEP_MM * _SAMPLES_PER_MM)
    rises = np.abs(level[step:] - level[:-step]).max(initial=0.0)
    return bool(rises >= _STEP_SHARE * level.max(initial=0.0))


def _peak(heights: Profile, first_mm: float) -> _Flaw:
    """The highest place, and how long it is at half its height."""
    top = int(np.argmax(heights))
    low = heights <= heights[top] / 2
    before, after = np.flatnonzero(low[:top]), np.flatnonzero(low[top:])
    start = int(before[-1]) if len(before) else 0
    end = top + int(after[0]) if len(after) else len(heights)
    return _Flaw(float(heights[top]), first_mm + (start + end) / 2 / _SAMPLES_PER_MM, (end - start) / _SAMPLES_PER_MM)
