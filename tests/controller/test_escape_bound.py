"""The escape bound against published and exact values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.escape_bound import (
    Campaign,
    CampaignUnreadable,
    Observed,
    escapes_one_in,
    read_campaign,
    upper_bound,
)


@pytest.mark.parametrize(
    ("found", "tried", "expected"),
    [
        (0, 10, 0.258866),  # 1 - 0.05 ** (1 / 10)
        (0, 300, 0.009936),  # the rule of three: 3 / 300
        (1, 10, 0.394163),
        (3, 20, 0.343664),
        (5, 100, 0.102253),
        (10, 10, 1.0),
        (0, 0, 1.0),
    ],
)
def test_upper_bounds_of_tables(found: int, tried: int, expected: float) -> None:
    assert upper_bound(found, tried, 0.95) == pytest.approx(expected, abs=2e-6)


@given(st.integers(1, 60), st.integers(0, 59), st.floats(0.5, 0.999))
def test_it_is_the_rate_at_which_so_few_would_hardly_be_found(tried: int, found: int, confidence: float) -> None:
    found = min(found, tried - 1)
    rate = upper_bound(found, tried, confidence)
    so_few = sum(math.comb(tried, k) * rate**k * (1 - rate) ** (tried - k) for k in range(found + 1))
    assert so_few == pytest.approx(1 - confidence, rel=1e-6)


def test_large_counts_stay_exact() -> None:
    assert upper_bound(0, 10**9, 0.95) == pytest.approx(2.9957e-9, rel=1e-4)
    assert 1.0000e-3 < upper_bound(10**5, 10**8, 0.95) < 1.0060e-3


def test_nothing_is_stated_before_each_part_was_shown() -> None:
    campaign = Campaign(10**6)
    assert escapes_one_in(Observed(0, 0, 0, 0)) is None
    assert escapes_one_in(Observed(1000, 2, 0, 0, campaign)) is None
    assert escapes_one_in(Observed(0, 0, 50, 0, campaign)) is None
    assert escapes_one_in(Observed(1000, 2, 50, 0)) is None
    assert escapes_one_in(Observed(1000, 2, 3, 3, campaign)) is None


def test_the_statement_is_made_of_its_three_parts() -> None:
    caught, missed, past = (upper_bound(*each, 1 - 0.05 / 3) for each in ((2, 1000), (0, 50), (0, 10**6)))
    one_in = escapes_one_in(Observed(1000, 2, 50, 0, Campaign(10**6)))
    assert one_in == int(1 / (caught * missed / (1 - missed) + past))
    assert one_in == pytest.approx(1506, abs=2)


def test_more_proof_says_more_and_a_miss_says_less() -> None:
    base = Observed(10_000, 10, 100, 0, Campaign(10**6))
    said = escapes_one_in(base)
    assert said is not None
    for better in (
        Observed(10_000, 10, 400, 0, Campaign(10**6)),
        Observed(10_000, 3, 100, 0, Campaign(10**6)),
        Observed(10_000, 10, 100, 0, Campaign(10**8)),
    ):
        assert (escapes_one_in(better) or 0) > said
    for worse in (Observed(10_000, 10, 100, 1, Campaign(10**6)), Observed(10_000, 10, 100, 0, Campaign(10**6, 1))):
        assert (escapes_one_in(worse) or 0) < said


def test_a_campaign_is_read_from_what_simulate_wrote(tmp_path: Path) -> None:
    path = tmp_path / "campaign.json"
    assert read_campaign(None) == read_campaign(path) == Campaign()
    path.write_text('a warning\n{"items": 4000, "oracle": {"wrong_contents": 1, "lost": 2}}\n')
    assert read_campaign(path) == Campaign(4000, 1)
    for wrong in ("", "[]", '{"items": 4}', "{"):
        path.write_text(wrong)
        with pytest.raises(CampaignUnreadable, match="sealline simulate --json"):
            read_campaign(path)
