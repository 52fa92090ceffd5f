"""One decision over several looks: sure together only where every rival lags, and never against a doubt of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.eyes.vision_wire import HEAD, lengths, pack_question, pack_verdict, read_answer, read_question
from controller.recording.seams import asked_of
from vision.looks import after, clear, joined, settled
from vision.verdict import (
    Box,
    Check,
    ContentsTask,
    ExpectedPlate,
    Outcome,
    PlateColour,
    Standing,
    Verdict,
    View,
    WaybillTask,
)

ROLE = "front"
PLATE = ExpectedPlate(ROLE, "粤B12345", PlateColour.BLUE, Box(30, 20, 440, 140))
TASK = ContentsTask("C017", View(2.0, 0, 0), Box(0, 0, 500, 300), plates=(PLATE,))
VISIBLE = Check("plate_visible", Outcome.ACCEPT, ROLE)
CARRIER = Check("carrier_code", Outcome.ACCEPT)


def look(eight: float, three: float, outcome: Outcome = Outcome.UNSURE) -> Check:
    """Characters that one look leaves unsure: the leads over 粤B12845 and 粤B12335."""
    leads = (("粤B12845", eight), ("粤B12335", three))
    return Check(
        "plate_characters", outcome, ROLE, "粤B12345", "", min(eight, three), 2.0, standing=(Standing(1.0, leads),)
    )


def together(*looks: Check) -> Check:
    return joined(looks[-1], tuple((each,) for each in looks[:-1]))


def test_looks_that_each_doubt_another_rival_are_sure_together() -> None:
    check = together(look(0.6, 3.0), look(2.4, 0.7))
    assert (check.outcome, check.looks, check.found) == (Outcome.ACCEPT, 2, "粤B12345")
    assert (check.score, check.threshold) == (pytest.approx(1.5), 1.0)


@pytest.mark.parametrize(
    "looks", [(look(0.6, 3.0),) * 3, (look(0.6, 3.0), look(0.9, 3.0)), (look(-3.9, 9), look(1.9, 9))]
)
def test_looks_that_doubt_the_same_rival_stay_unsure(looks: tuple[Check, ...]) -> None:
    assert together(*looks) == looks[-1]


def test_the_same_picture_again_is_no_further_look() -> None:
    one = look(1.5, 3.0)
    assert together(one, one, one) == one
    assert together(one, look(1.4, 3.0)).looks == 2


def test_a_rival_that_one_look_alone_names_counts_by_that_look() -> None:
    first = look(1.5, 1.6)
    odd = replace(first, standing=(Standing(1.0, (*first.standing[0].leads, ("粤B1234", -0.5))),))
    assert together(odd, look(1.9, 1.9)).outcome is Outcome.UNSURE


def test_what_one_look_rejects_no_others_outvote() -> None:
    rejected = look(-5.0, 8.0, Outcome.REJECT)
    assert together(rejected, look(1.9, 1.9), look(1.8, 1.8)).outcome is Outcome.UNSURE
    assert together(look(1.9, 1.9), look(1.8, 1.8), rejected).outcome is Outcome.REJECT


@pytest.mark.parametrize("doubt", [replace(VISIBLE, outcome=Outcome.UNSURE), replace(CARRIER, outcome=Outcome.UNSURE)])
def test_a_look_in_which_something_else_was_in_doubt_is_not_joined(doubt: Check) -> None:
    assert clear((doubt, look(1.5, 1.5)), ROLE) == ()
    assert clear((VISIBLE, CARRIER, look(1.5, 1.5)), ROLE) == ((look(1.5, 1.5),),)


def test_a_doubt_of_another_part_spoils_no_look_at_this_one() -> None:
    other = Check("plate_visible", Outcome.UNSURE, "rear")
    assert clear((VISIBLE, other, look(1.5, 1.5)), ROLE) == ((look(1.5, 1.5),),)


def test_the_next_look_is_told_of_those_before_it() -> None:
    verdict = Verdict(Outcome.UNSURE, (CARRIER, VISIBLE, look(1.5, 1.5)))
    again = after(after(TASK, verdict), replace(verdict, checks=(CARRIER, VISIBLE, look(1.4, 1.4))))
    assert isinstance(again, ContentsTask)
    assert again.plates == (replace(PLATE, earlier=((look(1.5, 1.5),), (look(1.4, 1.4),))),)
    waybill = WaybillTask("C017", TASK.view, "1100000001460", Box(0, 0, 100, 150))
    assert after(waybill, verdict) is waybill


def test_what_no_further_look_needs_is_not_told() -> None:
    assert settled((VISIBLE, look(1.5, 1.5))) == (VISIBLE, replace(look(1.5, 1.5), standing=()))


def test_a_worker_is_told_of_earlier_looks_and_tells_its_own_but_a_tape_is_not() -> None:
    verdict = Verdict(Outcome.UNSURE, (VISIBLE, look(1.5, 1.5)))
    told = after(TASK, verdict)
    message, answer = pack_question(told, b""), pack_verdict(verdict)
    assert read_question(message[HEAD.size : HEAD.size + lengths(message[: HEAD.size])[0]]) == told
    assert read_answer(answer[HEAD.size :], b"").verdict == verdict
    assert asked_of(told) == asked_of(TASK)
