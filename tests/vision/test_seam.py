"""The seam: pressed over its length, no gap, no wrinkle, nothing caught. The truth comes from the renderer."""

from __future__ import annotations

from random import Random

import pytest
from plant_scenes import SETUPS, carrier, label, outcomes, picture, waybill_task

from simulators.matter import FlawKind, SeamFlaw
from simulators.render import jpeg, render
from vision.judge import judge
from vision.verdict import Outcome, Verdict, View, WaybillTask

NAMES = {FlawKind.GAP: "seam_gap", FlawKind.WRINKLE: "seam_wrinkle", FlawKind.CAUGHT: "seam_caught"}
LENGTHS = {FlawKind.GAP: (7.0, 30.0), FlawKind.WRINKLE: (12.0, 30.0), FlawKind.CAUGHT: (7.0, 30.0)}


def sealed_with(flaws: list[SeamFlaw], seed: int = 1) -> Verdict:
    standing = carrier(labels=[label()], sealed=True)
    assert standing.mailer is not None
    standing.mailer.seam_flaws = flaws
    return judge(picture("parcel", standing, seed), waybill_task(sealed=True))


@pytest.mark.parametrize("kind", list(FlawKind))
@pytest.mark.parametrize("seed", range(3))
def test_each_flaw_is_found_where_it_is(kind: FlawKind, seed: int) -> None:
    chance = Random(f"{kind} {seed}")
    at_mm = chance.choice([chance.uniform(30, 320), chance.uniform(396, 412)])
    verdict = sealed_with([SeamFlaw(kind, at_mm, chance.uniform(*LENGTHS[kind]))], seed)
    assert outcomes(verdict)[NAMES[kind]] == "reject"
    found = next(check for check in verdict.failed if check.name == NAMES[kind])
    middle = sum(y for _, y in found.region) / 4 / SETUPS["parcel"].view.px_per_mm
    assert abs(middle - at_mm) < 18


def test_a_good_seam_is_told_in_five_checks() -> None:
    verdict = sealed_with([])
    assert verdict.outcome is Outcome.ACCEPT, verdict.failed
    assert {"seam", "seam_length", *NAMES.values()} <= {check.name for check in verdict.checks}


def test_a_camera_that_sees_half_a_seam_proves_none() -> None:
    view = View(6.0, 510.0, 0.0)
    standing = carrier(labels=[label()], sealed=True)
    seen = jpeg(render(standing, view, (1260, 1560), seed=1))
    whole = waybill_task(sealed=True)
    task = WaybillTask(whole.carrier_code, view, whole.mail_number, whole.box, sealed=True)
    assert outcomes(judge(seen, task)) == {"seam_length": "reject"}
