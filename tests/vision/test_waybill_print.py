"""The waybill's print: its human-readable line against its bars, and its grade. The truth comes from the renderer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from plant_scenes import MAIL_NUMBER, SETUPS, carrier, outcomes, picture, waybill_task

from simulators.numbers import mail_number
from simulators.render import jpeg, render
from simulators.render.optics import CALM
from simulators.world import Label, PlacedLabel
from vision.codes.code import Code
from vision.judge import judge
from vision.sharpness import tile
from vision.verdict import Outcome, Symbology


@pytest.mark.parametrize("seed", range(6))
def test_a_line_that_says_the_same_is_accepted(seed: int) -> None:
    chance = Random(f"line {seed}")
    number = mail_number("11", chance.randrange(10**8), "60")
    label = PlacedLabel(Label(number, number), chance.uniform(-5, 5), chance.uniform(-5, 5), chance.uniform(-4, 4))
    verdict = judge(picture("waybill", carrier(labels=[label]), seed), waybill_task(mail_number=number))
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed


@pytest.mark.parametrize("place", range(13))
def test_one_digit_that_differs_from_the_bars_is_rejected(place: int) -> None:
    digit = str((int(MAIL_NUMBER[place]) + 1 + place % 9) % 10)
    printed = MAIL_NUMBER[:place] + digit + MAIL_NUMBER[place + 1 :]
    seen = picture("waybill", carrier(labels=[PlacedLabel(Label(MAIL_NUMBER, printed))]), place)
    verdict = judge(seen, waybill_task())
    assert outcomes(verdict) == {"waybill_text": "reject"}
    assert verdict.failed[0].found == printed


def test_a_label_without_a_line_is_not_accepted() -> None:
    seen = picture("waybill", carrier(labels=[PlacedLabel(Label(MAIL_NUMBER, ""))]))
    assert outcomes(judge(seen, waybill_task())) == {"waybill_text": "unsure"}


def _grade(wear: float, blur_px: float, seed: int) -> float:
    setup, label = SETUPS["waybill"], PlacedLabel(Label(MAIL_NUMBER, MAIL_NUMBER, wear=wear))
    optics = replace(CALM, blur_px=(blur_px, blur_px))
    seen = jpeg(render(carrier(labels=[label]), setup.view, setup.size_px, seed=seed, optics=optics))
    verdict = judge(seen, waybill_task())
    return next(check.score for check in verdict.checks if check.name == "print_quality" and check.score is not None)


@pytest.mark.parametrize("blur_px", [0.4, 0.9, 1.15])
def test_a_soft_camera_does_not_make_a_good_print_a_poor_one(blur_px: float) -> None:
    """From 0.9 px on good labels were refused, one after the other."""
    assert _grade(0.0, blur_px, 3) >= 2.0


@pytest.mark.parametrize("blur_px", [0.4, 1.15])
def test_a_worn_head_is_not_taken_for_a_soft_camera(blur_px: float) -> None:
    assert _grade(0.4, blur_px, 157_003) < 1.0


@pytest.mark.parametrize("blur_px", [0.5, 0.8, 1.2])
def test_the_carriers_code_tells_the_blur(blur_px: float) -> None:
    large = np.full((480, 480), 220, np.uint8)
    large[:, (np.arange(480) // 71) % 2 == 1] = 30
    soft = cv2.GaussianBlur(large, (0, 0), 8 * blur_px)
    stripes = np.asarray(cv2.resize(soft, (60, 60), interpolation=cv2.INTER_AREA), np.uint8)
    corners = ((0.0, 0.0), (60.0, 0.0), (60.0, 60.0), (0.0, 60.0))
    code = Code("17", Symbology.QR, "", corners)
    assert tile(stripes, code).blur_px == pytest.approx(blur_px, abs=0.15)
