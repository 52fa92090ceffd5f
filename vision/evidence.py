"""The picture that is kept: smaller, what failed marked by number, and a legend under it that says what was wrong."""

from __future__ import annotations

import cv2
import numpy as np

from vision.kept_back import Kept, Region
from vision.pictures import Picture, Shot
from vision.verdict import NO_NUMBER, Check, Outcome

MAX_BYTES = 150_000
MAX_SIDE_PX = 964
MAX_LEGEND = 6
"""Failed checks that the legend has room for."""

_LEAST_HALVED_PX = 640
"""A picture is kept at half its size when its longest side is then so long at least."""
_QUALITIES = (72, 55, 40, 25)
_SMALLER = 0.75
_COLOURS = {Outcome.ACCEPT: (60, 170, 40), Outcome.UNSURE: (0, 170, 255), Outcome.REJECT: (40, 40, 230)}
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SCALE = 0.45
_LINE_PX = 20
_DISC_PX = 11
_RIM_PX = 6
"""So much around what is hidden is black as well: an outline is known to a millimetre or two."""
_LEGEND_GROUND = (32, 32, 32)
_WHITE = (255, 255, 255)
_PLATE = "plate_"
_LONGEST_TEXT = 46

Points = np.ndarray[tuple[int, ...], np.dtype[np.int32]]


def draw(shot: Shot, checks: tuple[Check, ...], kept: Kept | None = None) -> bytes:
    """A JPEG under `MAX_BYTES`. No plate number is written on it: of one that is wrong only the place that differs.

    :param kept: what alone may be kept of the picture; None: all of it.
    """
    drawn, scale = _small(shot)
    failed = [check for check in checks if check.outcome is not Outcome.ACCEPT]
    if kept is not None:
        drawn = _blacked(drawn, kept, scale)
    for region in dict.fromkeys(check.region for check in checks if check.outcome is Outcome.ACCEPT and check.region):
        cv2.polylines(drawn, [_points(region, scale)], True, _COLOURS[Outcome.ACCEPT], 1)
    _mark(drawn, failed, scale)
    return _encoded(np.vstack((drawn, _legend(drawn.shape[1], failed))) if failed else drawn)


def legend_line(check: Check) -> str:
    """What a failed check says in a legend, in ASCII: name, whose, expected, found, score and threshold."""
    subject = f" {check.subject}" if check.subject else ""
    score = ""
    if check.score is not None and check.threshold is not None:
        score = f" [{check.score:.1f} / {check.threshold:g}]"
    return f"{check.name}{subject}: {_wrong(check)}{score}".encode("ascii", "replace").decode()


def _small(shot: Shot) -> tuple[Picture, float]:
    """A copy of the picture of at most `MAX_SIDE_PX`, and its scale: by half where that is about as small, since it is
    quicker and keeps fine bars from aliasing."""
    side = max(shot.whole.shape[:2])
    if 2 * _LEAST_HALVED_PX <= side <= 2 * MAX_SIDE_PX:
        return shot.half.copy(), 0.5
    scale = min(1.0, MAX_SIDE_PX / side)
    return np.asarray(cv2.resize(shot.whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8), scale


def _blacked(drawn: Picture, kept: Kept, scale: float) -> Picture:
    """Only what is shown, and of that nothing that is hidden, its rim included."""
    shown = np.zeros(drawn.shape[:2], np.uint8)
    for region in kept.shown:
        cv2.fillPoly(shown, [_points(region, scale)], 255)
    for region in kept.hidden:
        points = [_points(region, scale)]
        cv2.fillPoly(shown, points, 0)
        cv2.polylines(shown, points, True, 0, 2 * _RIM_PX)
    return np.asarray(cv2.copyTo(drawn, shown), np.uint8)


def _mark(drawn: Picture, failed: list[Check], scale: float) -> None:
    """Outline each failed place in the colour of its outcome and put the checks' numbers at its corner."""
    at: dict[Region, int] = {}
    for number, check in reversed(list(enumerate(failed, start=1))):
        if not check.region:
            continue
        points, colour = _points(check.region, scale), _COLOURS[check.outcome]
        cv2.polylines(drawn, [points], True, colour, 3)
        column = at.get(check.region, 0)
        at[check.region] = column + 1
        left, top = points.min(axis=0).tolist()
        _disc(drawn, number, left + _DISC_PX + 2 * _DISC_PX * column, top, colour)


def _disc(drawn: Picture, number: int, x: int, y: int, colour: tuple[int, int, int]) -> None:
    """A number on a disc, within the picture."""
    x = max(_DISC_PX, min(x, drawn.shape[1] - _DISC_PX - 1))
    y = max(_DISC_PX, min(y, drawn.shape[0] - _DISC_PX - 1))
    cv2.circle(drawn, (x, y), _DISC_PX, colour, -1, cv2.LINE_AA)
    (width, height), _ = cv2.getTextSize(str(number), _FONT, _TEXT_SCALE, 2)
    cv2.putText(drawn, str(number), (x - width // 2, y + height // 2), _FONT, _TEXT_SCALE, _WHITE, 2, cv2.LINE_AA)


def _legend(width: int, failed: list[Check]) -> Picture:
    """One line a failed check, numbered as on the picture."""
    shown = failed[:MAX_LEGEND]
    more = [f"and {len(failed) - MAX_LEGEND} more"] if len(failed) > MAX_LEGEND else []
    strip = np.full(((len(shown) + len(more)) * _LINE_PX + 8, width, 3), _LEGEND_GROUND, np.uint8)
    for row, check in enumerate(shown):
        y = 4 + _LINE_PX * row + _LINE_PX // 2
        cv2.rectangle(strip, (0, y - _LINE_PX // 2), (8, y + _LINE_PX // 2), _COLOURS[check.outcome], -1)
        _write(strip, f"{row + 1} {legend_line(check)}", y)
    for line in more:
        _write(strip, line, 4 + _LINE_PX * len(shown) + _LINE_PX // 2)
    return strip


def _write(strip: Picture, text: str, y: int) -> None:
    (width, _), _ = cv2.getTextSize(text, _FONT, _TEXT_SCALE, 1)
    scale = _TEXT_SCALE * min(1.0, (strip.shape[1] - 24) / max(1, width))
    cv2.putText(strip, text, (14, y + 5), _FONT, scale, _WHITE, 1, cv2.LINE_AA)


def _wrong(check: Check) -> str:
    if check.name.startswith(_PLATE) and check.name not in NO_NUMBER:
        return _differing(check.expected, check.found)
    expected, found = check.expected or "-", check.found or "nothing"
    return f"expected {expected[:_LONGEST_TEXT]}, found {found[:_LONGEST_TEXT]}"


def _differing(expected: str, found: str) -> str:
    """Where two numbers differ; no more of either."""
    if len(expected) != len(found):
        return f"{len(expected)} characters expected, {len(found)} read"
    places = [place for place, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other]
    if not places:
        return "as expected, but not surely"
    return ", ".join(f"character {place + 1} is {found[place]}, not {expected[place]}" for place in places[:3])


def _points(region: Region, scale: float) -> Points:
    return np.asarray(np.round(np.array(region) * scale), np.int32)


def _encoded(drawn: Picture) -> bytes:
    """At the best quality that fits; what is too noisy for the worst is made smaller until it does."""
    while True:
        for quality in _QUALITIES:
            data = bytes(np.asarray(cv2.imencode(".jpg", drawn, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]))
            if len(data) <= MAX_BYTES:
                return data
        drawn = np.asarray(cv2.resize(drawn, None, fx=_SMALLER, fy=_SMALLER, interpolation=cv2.INTER_AREA), np.uint8)
