"""A failing seed becomes a short story: only what is needed for the finding is left, in plain words."""

from __future__ import annotations

import pytest

from simulators.scenario import make_scenario
from simulators.virtual import campaign
from simulators.virtual.campaign import simulate
from simulators.virtual.cut import Cut
from simulators.virtual.floor import Ended
from simulators.virtual.story import WORDS, short_story
from simulators.virtual.troubles import Kind

SEED, ITEMS = 3, 6
ONLY = (Kind.HEATER_BURNT, Kind.SCANNER_LATE)


def test_every_kind_of_trouble_has_its_words() -> None:
    assert set(WORDS) == set(Kind)


def test_a_seed_without_a_finding_has_no_story() -> None:
    assert short_story(SEED, 2, "none") == []


def test_orders_that_are_cut_leave_the_others_as_they_were() -> None:
    plan = make_scenario(SEED, ITEMS, troubled=False)
    gone = plan.orders[0].acceptance
    left = Cut(orders=frozenset({gone})).of_orders(plan)
    assert [each.acceptance for each in left.orders] == [each.acceptance for each in plan.orders[1:]]
    assert gone not in left.trays
    run = simulate(SEED, ITEMS, "none", cut=Cut(orders=frozenset({gone})))
    assert not run.findings
    assert not any(gone in words for _, words in run.did)


def test_a_failing_seed_is_told_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An oracle that takes offence at one kind of trouble: nothing but that is left of the plan."""

    def judged(ended: Ended) -> dict[str, list[str]]:
        return {"run": [f"heaters fail, {len(ended.story)}" for line in ended.story if "heater_burnt" in line][:1]}

    monkeypatch.setattr(campaign, "judged", judged)
    whole = simulate(SEED, ITEMS, "heavy", ONLY)
    assert len(whole.story) > 1, "a seed in which there is something to leave out"
    story = short_story(SEED, ITEMS, "heavy", ONLY)
    struck = [line for line in story if "  ** " in line]
    assert len(struck) == 1
    assert "a jaw's heater had no power for a while" in struck[0]
    assert int(story[0].split("(")[1].split()[0]) < ITEMS, f"orders without trouble are left out: {story[0]}"
    assert any("the line went from IDLE to STARTING" in line for line in story), story
    assert story[-1] == "  found: heaters fail, 1"
