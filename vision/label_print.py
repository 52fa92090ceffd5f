"""The print of a waybill's code as a check: the relative grade that `vision.print_quality` measures."""

from __future__ import annotations

from collections.abc import Sequence

from vision.barcodes import Code
from vision.pictures import Grey
from vision.plane import Plane
from vision.print_quality import GradingError, grade_code
from vision.sharpness import tile
from vision.verdict import Check, Outcome, WaybillTask

UNSURE_BELOW = 0.5
"""So far under the least grade another picture may show that the picture was poor and not the print."""


def check_print(grey: Grey, plane: Plane, code: Code, task: WaybillTask, carriers: Sequence[Code]) -> list[Check]:
    """Grade the code that was read on the label, and tell its contrast, which falls first when a head grows faint.

    :param carriers: the carrier's codes in this picture, by which its blur is known and taken out.
    """
    name, expected = "print_quality", f"relative grade from {task.least_grade:g}"
    try:
        grade = grade_code(grey, code, plane.px_per_mm, _blur_px(grey, carriers))
    except GradingError as error:
        return [Check(name, Outcome.UNSURE, "", expected, str(error), None, task.least_grade, code.corners)]
    outcome = Outcome.ACCEPT
    if grade.value < task.least_grade:
        outcome = Outcome.UNSURE if grade.value >= task.least_grade - UNSURE_BELOW else Outcome.REJECT
    found = f"{grade.text}; weakest: {grade.weakest}"
    graded = Check(name, outcome, "", expected, found, grade.value, task.least_grade, code.corners)
    contrast = f"symbol contrast {grade.contrast:.0f} %"
    return [graded, Check("print_contrast", Outcome.ACCEPT, found=contrast, score=grade.contrast, region=code.corners)]


def _blur_px(grey: Grey, carriers: Sequence[Code]) -> float | None:
    return min((tile(grey, each).blur_px for each in carriers), default=None)
