"""Test kits on a whole floor: each is caught by its own detector and reaches nobody; a blind detector is found out."""

from __future__ import annotations

import json

from controller.plan.challenges import ChallengeKind
from simulators.faults import Fault, FaultKind
from tests.line.asked import standing
from tests.line.floor import Floor, floor
from tests.line.plans import MOTORCYCLE, calm, quick
from tests.line.test_line_slips import hand_in


async def begin(here: Floor) -> None:
    await here.call("import_mail_numbers", numbers=list(here.plan.mail_numbers))
    await here.begin()


async def test_each_test_kit_is_caught_by_its_own_detector() -> None:
    async with floor(quick(5), kits=tuple(ChallengeKind)) as here:
        await begin(here)
        for place in range(5):
            await hand_in(here, place)
            await here.entry("challenge_passed", place + 1)
        result = await here.finish()
        assert result.judgement.clean, result.judgement
        assert set(result.states.values()) == {"packed"}
        found = here.journal("SELECT kind, result, reason FROM challenges ORDER BY item")
        assert [tuple(row) for row in found] == [
            ("wrong_plate", "passed", "plate_mismatch"),
            ("missing_part", "passed", "part_count"),
            ("wrong_waybill", "passed", "waybill_mismatch"),
            ("cold_seal", "passed", "seal_out_of_limits"),
            ("light_weight", "passed", "weight_out_of_limits"),
        ]
        assert [kit for kit in here.rejected() if kit.startswith("TEST-")] == [f"TEST-{n:06d}" for n in range(1, 6)]
        assert len(here.sent()) == 5
        told = json.dumps(here.events())
        assert "TEST" not in told
        view = await here.view()
        assert (view.escape.challenges, view.escape.challenges_missed) == (2, 0)
        assert view.counters.rejected == 0
        assert not standing(view) - {"pool_low"}


async def test_a_scale_that_lets_a_light_kit_through_holds_the_line_and_recalls_what_it_let_pass() -> None:
    plan = calm(MOTORCYCLE, MOTORCYCLE)
    drift = Fault(FaultKind.SCALE_DRIFT, "TEST-000002")
    plan = plan.model_copy(update={"faults": (drift,)})
    async with floor(plan, kits=("light_weight",)) as here:
        await begin(here)
        await hand_in(here, 0)
        await here.entry("packed")
        await here.entry("challenge_passed")
        await hand_in(here, 1)
        view = await here.alarm("challenge_missed")
        assert "light weight" in view.hold_text.replace("_", " ")
        await here.entry("event_acknowledged", 2)
        first, second = (order.acceptance for order in plan.orders)
        assert here.states()[first] == "recalled"
        assert [each["data"]["reason"] for each in here.events() if "recalled" in each["type"]] == ["challenge_missed"]
        assert here.rejected()[-1] == "TEST-000002", "the gate never opens dispatch for a test kit"
        await here.unhold_until_done()
        result = here.result()
        assert result.judgement.clean, result.judgement
        assert result.states == {first: "recalled", second: "packed"}
        assert result.reasons[second] in (["suspect"], [])
        assert "challenge_missed" not in standing(await here.view())
