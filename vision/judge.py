"""Picture in, verdict out: pure, without clock, state or I/O. Whatever judges behind this function may change."""

from __future__ import annotations

from vision.barcodes import Region, read
from vision.codes_in_view import check_carrier, formats_for
from vision.contents import check_contents
from vision.evidence import draw
from vision.golden import check_golden, seen_by
from vision.kept_back import kept_of
from vision.looks import settled
from vision.pictures import DARK_LEVEL, Picture, Shot, UnreadablePictureError, brightness, decode
from vision.plane import Plane, fit
from vision.verdict import (
    Check,
    ContentsTask,
    GoldenSample,
    GoldenTask,
    Outcome,
    Symbology,
    Task,
    Verdict,
    WaybillTask,
    worst,
)
from vision.waybill import check_waybill

LEAST_SHOWN = 0.6
"""Share of a place's width and height that must lie in the picture; less shows another place."""


def judge(picture: bytes, task: Task) -> Verdict:
    """Answer one task from one picture.

    :param picture: a JPEG or PNG as the camera sent it; anything else is rejected by `picture_readable`.
    """
    try:
        pixels = decode(picture, quick=True)
    except UnreadablePictureError as error:
        unreadable = Check("picture_readable", Outcome.REJECT, expected="a whole JPEG or PNG", found=str(error))
        return Verdict(Outcome.REJECT, (unreadable,))
    shot = Shot(pixels)
    checks: tuple[Check, ...] = (_light(pixels) if shows(pixels, task) else _too_small(pixels, task),)
    camera = None
    if checks[0].outcome is Outcome.ACCEPT:
        found, camera = _checks(shot, task)
        checks = (*checks, *found)
    outcome = worst(checks)
    # What another look would be joined by is told only where one may follow.
    told = checks if outcome is Outcome.UNSURE else settled(checks)
    return Verdict(outcome, told, draw(shot, checks, kept_of(task, checks)), camera)


def shows(picture: Picture, task: Task) -> bool:
    """Whether the picture holds at least `LEAST_SHOWN` of the place that it is asked about, each way."""
    if isinstance(task, GoldenTask):
        return True
    place = _place(task)
    wide = min(place.right, picture.shape[1]) - max(0, place.left)
    tall = min(place.bottom, picture.shape[0]) - max(0, place.top)
    return bool(wide >= LEAST_SHOWN * (place.right - place.left) and tall >= LEAST_SHOWN * (place.bottom - place.top))


def _place(task: ContentsTask | WaybillTask) -> Region:
    box = task.pocket if isinstance(task, ContentsTask) else task.box
    return Plane.of_view(task.view).region(box)


def _too_small(picture: Picture, task: Task) -> Check:
    """A camera that sends another size than its view says shows another place, or none."""
    assert not isinstance(task, GoldenTask)
    place = _place(task)
    expected = f"the place from ({place.left}, {place.top}) to ({place.right}, {place.bottom}) px in view"
    found = f"picture of {picture.shape[1]} x {picture.shape[0]} px: set the camera's size or its view"
    return Check("picture_readable", Outcome.UNSURE, "", expected, found)


def _light(pixels: Picture) -> Check:
    """A dark picture shows nothing, neither good nor bad."""
    level = brightness(pixels)
    outcome = Outcome.ACCEPT if level >= DARK_LEVEL else Outcome.UNSURE
    expected, found = f"mean brightness from {DARK_LEVEL:.0f}", f"{level:.0f}"
    return Check("picture_readable", outcome, "", expected, found, level, DARK_LEVEL)


def _checks(shot: Shot, task: Task) -> tuple[list[Check], GoldenSample | None]:
    """The checks, and how the camera sees, of a picture of the line."""
    if isinstance(task, GoldenTask):
        return check_golden(shot.whole, task), None
    codes = read(shot.grey, formats_for(task.view, _expected(task)), every=True)
    carrier = check_carrier(codes, task.carrier_code, task.view)
    plane = fit(codes, task.view)
    camera = seen_by(shot.grey, codes, plane, task.view)
    if isinstance(task, ContentsTask):
        return [carrier, *check_contents(shot, plane, codes, task)], camera
    return [carrier, *check_waybill(shot, plane, codes, task)], camera


def _expected(task: ContentsTask | WaybillTask) -> frozenset[Symbology]:
    if isinstance(task, ContentsTask):
        return frozenset(document.symbology for document in task.documents)
    return frozenset({Symbology.CODE128})
