"""The picture that is kept: smaller, with each check's place and name drawn on it in the colour of its outcome."""

from __future__ import annotations

import cv2
import numpy as np

from vision.pictures import Picture
from vision.verdict import Check, Outcome

MAX_BYTES = 150_000
MAX_SIDE_PX = 960
_QUALITIES = (72, 55, 40, 25)
_COLOURS = {Outcome.ACCEPT: (60, 170, 40), Outcome.UNSURE: (0, 170, 255), Outcome.REJECT: (40, 40, 230)}
_ORDER = (Outcome.ACCEPT, Outcome.UNSURE, Outcome.REJECT)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SCALE = 0.5
_LINE_PX = 22

Region = tuple[tuple[float, float], ...]
"""Corners of a place, as a check has them."""


def draw(picture: Picture, checks: tuple[Check, ...]) -> bytes:
    """A JPEG under `MAX_BYTES`; names only are written on it, no readings, so that none must be masked later."""
    scale = min(1.0, MAX_SIDE_PX / max(picture.shape[:2]))
    drawn = np.array(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8)
    places: dict[Region, list[Check]] = {}
    for check in sorted(checks, key=lambda check: _ORDER.index(check.outcome)):
        places.setdefault(check.region, []).append(check)
    for region, here in places.items():
        if region:
            _outline(drawn, region, here, scale)
    _foot(drawn, checks)
    return _encoded(drawn)


def _outline(drawn: Picture, region: Region, here: list[Check], scale: float) -> None:
    """Draw one place in the colour of its worst check; name the checks that failed there, else all."""
    points = np.round(np.array(region) * scale).astype(np.int32)
    outcome = here[-1].outcome
    cv2.polylines(drawn, [points], True, _COLOURS[outcome], 2)
    named = ", ".join(check.name for check in here if check.outcome is outcome)
    x, y = points.min(axis=0)
    _text(drawn, named, (int(x), int(y) - 4), _COLOURS[outcome])


def _foot(drawn: Picture, checks: tuple[Check, ...]) -> None:
    """List what failed at the foot, also checks without a place."""
    failed = [check for check in checks if check.outcome is not Outcome.ACCEPT]
    for row, check in enumerate(reversed(failed)):
        label = f"{check.outcome.value}: {check.name} {check.subject}"
        _text(drawn, label, (8, drawn.shape[0] - 10 - _LINE_PX * row), _COLOURS[check.outcome])


def _text(drawn: Picture, label: str, origin: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Write on a ground of the outcome's colour, within the picture."""
    ascii_only = label.encode("ascii", "replace").decode()
    (width, height), _ = cv2.getTextSize(ascii_only, _FONT, _TEXT_SCALE, 1)
    x = max(0, min(origin[0], drawn.shape[1] - width - 4))
    y = max(height + 4, min(origin[1], drawn.shape[0] - 4))
    cv2.rectangle(drawn, (x, y - height - 4), (x + width + 4, y + 4), colour, -1)
    cv2.putText(drawn, ascii_only, (x + 2, y), _FONT, _TEXT_SCALE, (255, 255, 255), 1)


def _encoded(drawn: Picture) -> bytes:
    data = b""
    for quality in _QUALITIES:
        data = bytes(np.asarray(cv2.imencode(".jpg", drawn, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]))
        if len(data) <= MAX_BYTES:
            break
    return data
