"""The applied waybill and the seam."""

from __future__ import annotations

import pytest
from plant_scenes import MAIL_NUMBER, carrier, good_waybill_picture, label, outcomes, picture, waybill_task

from vision.judge import judge
from vision.verdict import Outcome

OTHER = "1100000002862"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sealed", [False, True])
def test_right_label_is_accepted(seed: int, sealed: bool) -> None:
    standing = carrier(labels=[label(dx=1.0, dy=-1.0, turn=1.0)], sealed=sealed)
    verdict = judge(picture("parcel", standing, seed), waybill_task(sealed=sealed))
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed


def test_no_label_is_rejected_with_nothing_found() -> None:
    verdict = judge(picture("waybill", carrier()), waybill_task())
    assert outcomes(verdict) == {"waybill_code": "reject", "waybill_count": "reject", "waybill_place": "reject"}
    assert verdict.failed[0].found == ""


def test_another_mail_number_is_rejected() -> None:
    verdict = judge(picture("waybill", carrier(labels=[label(OTHER)])), waybill_task())
    assert outcomes(verdict) == {"waybill_code": "reject", "foreign_code": "reject"}


def test_number_that_differs_in_one_digit_is_rejected() -> None:
    verdict = judge(good_waybill_picture(), waybill_task(mail_number=MAIL_NUMBER[:-1] + "1"))
    assert outcomes(verdict)["waybill_code"] == "reject"


@pytest.mark.parametrize("own_first", [True, False])
def test_second_label_that_overlaps_is_rejected(own_first: bool) -> None:
    labels = [label(), label(OTHER, 12, 12)] if own_first else [label(OTHER), label(dx=12, dy=12)]
    verdict = judge(picture("waybill", carrier(labels=labels)), waybill_task())
    assert outcomes(verdict)["waybill_count"] == "reject"


@pytest.mark.parametrize(("dx", "dy", "turn"), [(11, 0, 0), (0, -11, 0), (0, 0, 7), (0, 0, -7), (0, 0, 180)])
def test_label_out_of_place_is_rejected(dx: float, dy: float, turn: float) -> None:
    verdict = judge(picture("waybill", carrier(labels=[label(dx=dx, dy=dy, turn=turn)])), waybill_task())
    failed = outcomes(verdict)
    assert failed.pop("waybill_place") == "reject"
    assert set(failed) <= {"print_quality"}  # a label that hangs too much aslant can't always be graded


def test_open_mailer_where_a_seam_must_be_is_rejected() -> None:
    verdict = judge(good_waybill_picture(), waybill_task(sealed=True))
    assert outcomes(verdict) == {"seam": "reject"}


def test_label_on_another_carrier_is_rejected() -> None:
    verdict = judge(picture("waybill", carrier(labels=[label()], number=18)), waybill_task())
    assert outcomes(verdict) == {"carrier_code": "reject"}
