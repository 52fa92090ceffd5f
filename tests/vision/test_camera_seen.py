"""What every picture of the line says of its camera, and what the watch over it makes of rendered ones."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from plant_scenes import MAIL_NUMBER, SETUPS, carrier, contents_of, label, picture, tasks_for, waybill_task

from controller.alarms import Alarms
from controller.clock import SystemClock
from controller.flow.camera_watch import LAST, RUN, CameraWatch
from controller.plan.layouts import Golden
from simulators.render import render
from vision.barcodes import read
from vision.codes_in_view import check_carrier
from vision.golden import measure, sample_of, seen_by
from vision.judge import judge
from vision.pictures import Picture, as_grey, decode
from vision.plane import fit
from vision.verdict import GoldenSample, Symbology, Task, Verdict

QR = frozenset({Symbology.QR})


def carrier_of(seed: int) -> str:
    return f"C{1 + seed % 7:03d}"


def drawn(setup: str, seed: int, change: str = "") -> Picture:
    """One carrier of many under a camera, perhaps with something wrong."""
    view = SETUPS[setup].view
    if change == "moved":
        view = replace(view, left_mm=view.left_mm + 6)
    labels = [label()] if setup in ("waybill", "parcel") else []
    standing = carrier(contents_of("licences"), labels, setup == "parcel", int(carrier_of(seed)[1:]))
    seen = render(standing, view, SETUPS[setup].size_px, seed=seed)
    if change == "blurred":
        return np.asarray(cv2.GaussianBlur(seen, (0, 0), 2.2), np.uint8)
    if change in ("dim", "burnt out"):
        return np.asarray(cv2.convertScaleAbs(seen, alpha=0.7 if change == "dim" else 1.4), np.uint8)
    return seen


def judged(setup: str, seed: int, change: str) -> Verdict:
    """What concerns the camera of a verdict."""
    shown, view = as_grey(drawn(setup, seed, change)), SETUPS[setup].view
    codes = read(shown, QR)
    check = check_carrier(codes, carrier_of(seed), view)
    return Verdict(check.outcome, (check,), camera=seen_by(shown, codes, fit(codes, view), view))


@lru_cache(maxsize=4)
def golden(setup: str) -> GoldenSample:
    measured = [measure(drawn(setup, seed), SETUPS[setup].view) for seed in range(900, 905)]
    return sample_of([each for each in measured if each is not None])


def alarms_after(setup: str, change: str, seeds: range) -> list[tuple[str, str]]:
    """Alarms of a camera that gives these pictures, with what they say in English."""
    alarms = Alarms(SystemClock())
    quiet: Any = SimpleNamespace(doubt=lambda name: None)
    holds: Any = SimpleNamespace(hold=lambda *_, **__: None)
    watch = CameraWatch({setup: Golden(**asdict(golden(setup)))}, quiet, holds, alarms)
    for seed in seeds:
        watch.note(setup, judged(setup, seed, change))
    return [(view.kind, view.text) for view in alarms.views()]


@pytest.mark.parametrize("setup", SETUPS)
def test_a_judged_picture_tells_of_its_camera_what_the_golden_sample_would_measure(setup: str) -> None:
    contents = contents_of("licences")
    standing, task = carrier(contents, [label()]), waybill_task()
    asked: Task = (
        tasks_for(contents)[setup] if setup in ("wide", "close_up") else replace(task, view=SETUPS[setup].view)
    )
    if setup in ("wide", "close_up"):
        standing = carrier(contents)
    shown = picture(setup, standing, 21)
    measured = measure(decode(shown), SETUPS[setup].view)
    assert measured is not None
    assert judge(shown, asked).camera == replace(measured, grid=())
    assert MAIL_NUMBER not in str(measured)


def test_a_picture_without_the_carriers_code_tells_nothing_of_its_camera() -> None:
    assert judge(picture("close_up", None), tasks_for(contents_of("licences"))["close_up"]).camera is None


@pytest.mark.parametrize("setup", SETUPS)
def test_right_pictures_raise_no_alarm(setup: str) -> None:
    assert alarms_after(setup, "", range(30_000, 30_000 + RUN + 3)) == []


@pytest.mark.parametrize(
    ("setup", "change", "told"),
    [
        *((setup, "moved", "it has moved") for setup in SETUPS),
        ("wide", "blurred", "no carrier's code was seen"),
        ("parcel", "blurred", "it is out of focus"),
        ("close_up", "dim", " darker"),
        ("waybill", "burnt out", "white is burnt out"),
    ],
)
def test_a_camera_with_something_wrong_is_told(setup: str, change: str, told: str) -> None:
    ((kind, text),) = alarms_after(setup, change, range(40_000, 40_000 + LAST))
    assert kind == "camera_doubted"
    assert told in text
    assert setup in text
