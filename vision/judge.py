"""Picture in, verdict out: pure, without clock, state or I/O. Whatever judges behind this function may change."""

from __future__ import annotations

from vision.barcodes import read
from vision.codes_in_view import check_carrier, formats_for
from vision.contents import check_contents
from vision.evidence import draw
from vision.golden import check_golden
from vision.pictures import DARK_LEVEL, Picture, UnreadablePictureError, brightness, decode
from vision.plane import fit
from vision.verdict import Check, ContentsTask, GoldenTask, Outcome, Symbology, Task, Verdict, WaybillTask, worst
from vision.waybill import check_waybill


def judge(picture: bytes, task: Task) -> Verdict:
    """Answer one task from one picture.

    :param picture: a JPEG or PNG as the camera sent it; anything else is rejected by `picture_readable`.
    """
    try:
        pixels = decode(picture)
    except UnreadablePictureError as error:
        unreadable = Check("picture_readable", Outcome.REJECT, expected="a whole JPEG or PNG", found=str(error))
        return Verdict(Outcome.REJECT, (unreadable,))
    checks: tuple[Check, ...] = (_light(pixels),)
    if checks[0].outcome is Outcome.ACCEPT:
        checks = (*checks, *_checks(pixels, task))
    return Verdict(worst(checks), checks, draw(pixels, checks))


def _light(pixels: Picture) -> Check:
    """A dark picture shows nothing, neither good nor bad."""
    level = brightness(pixels)
    outcome = Outcome.ACCEPT if level >= DARK_LEVEL else Outcome.UNSURE
    expected, found = f"mean brightness from {DARK_LEVEL:.0f}", f"{level:.0f}"
    return Check("picture_readable", outcome, "", expected, found, level, DARK_LEVEL)


def _checks(pixels: Picture, task: Task) -> list[Check]:
    if isinstance(task, GoldenTask):
        return check_golden(pixels, task)
    codes = read(pixels, formats_for(task.view, _expected(task)), every=True)
    carrier = check_carrier(codes, task.carrier_code, task.view)
    plane = fit(codes, task.view)
    if isinstance(task, ContentsTask):
        return [carrier, *check_contents(pixels, plane, codes, task)]
    return [carrier, *check_waybill(pixels, plane, codes, task)]


def _expected(task: ContentsTask | WaybillTask) -> frozenset[Symbology]:
    if isinstance(task, ContentsTask):
        return frozenset(document.symbology for document in task.documents)
    return frozenset({Symbology.CODE128})
