"""The waybill's human-readable line against its bars. The truth comes from the renderer."""

from __future__ import annotations

from random import Random

import pytest
from plant_scenes import MAIL_NUMBER, carrier, outcomes, picture, waybill_task

from simulators.numbers import mail_number
from simulators.world import Label, PlacedLabel
from vision.judge import judge
from vision.verdict import Outcome


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
