"""The statement "mis-insert escapes below 1 in N at 95 % confidence": its arithmetic. Pure.

An escape is a parcel in dispatch that holds another's things. It needs either a mis-insert that the detectors let
through, or a way past them. The first is bounded by what was seen on this line: how often a mis-insert is caught, and
how often a test kit was let through. The second can't be seen on the line; the simulated campaign bounds it, within its
own model of faults. Each of the three bounds is exact for a count out of a number of trials (Clopper and Pearson 1934;
with nothing found it is the rule of three) and holds at 1 - 0.05/3, so together they hold at 95 % (Bonferroni). The
method with its limits stands in docs/reliability.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CONFIDENCE = 0.95
_SHARE = (1 - CONFIDENCE) / 3
_HALVINGS = 100
_MOST_TERMS = 500
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the simulated campaign showed. :ivar escapes: wrong contents that its oracle found in dispatch."""

    items: int = 0
    escapes: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known. :ivar items: attempts that ended; :ivar caught: of them rejected for what lay in them.

    :ivar challenges: test kits with wrong contents that came to a result; :ivar missed: of them let through.
    """

    items: int
    caught: int
    challenges: int
    missed: int
    campaign: Campaign = Campaign()


class CampaignUnreadable(Exception):
    """The file of the campaign is none."""


def read_campaign(path: Path | None) -> Campaign:
    """Read what `sealline simulate --json` wrote; nothing when no file is named or there is none yet.

    :raises CampaignUnreadable: it is not such a file.
    """
    if path is None or not path.exists():
        return Campaign()
    try:
        told = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        return Campaign(int(told["items"]), int(told["oracle"].get("wrong_contents", 0)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CampaignUnreadable(
            f"challenge.campaign: {path} is not what `sealline simulate --json` writes ({error!r}); write it again"
        ) from error


@lru_cache(maxsize=8)
def escapes_one_in(observed: Observed) -> int | None:
    """N of the statement, rounded down; None while a part of it has not been shown at all."""
    shown = observed.challenges > observed.missed and observed.items and observed.campaign.items
    if not shown:
        return None
    caught = upper_bound(observed.caught, observed.items, 1 - _SHARE)
    missed = upper_bound(observed.missed, observed.challenges, 1 - _SHARE)
    past = upper_bound(observed.campaign.escapes, observed.campaign.items, 1 - _SHARE)
    if missed >= 1:
        return None
    # Of mis-inserts a share `missed` escapes and the rest is caught: escapes = caught * missed / (1 - missed).
    escapes = caught * missed / (1 - missed) + past
    return max(1, int(1 / escapes))


def upper_bound(found: int, tried: int, confidence: float) -> float:
    """The largest rate that a count still fits at this confidence, one-sided (Clopper-Pearson).

    :param found: 0..`tried`; :returns: 0..1, 1 when nothing was tried.
    """
    if tried <= 0 or found >= tried:
        return 1.0
    if found == 0:
        return -math.expm1(math.log1p(-confidence) / tried)
    low, high = found / tried, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _beta(found + 1, tried - found, middle) < confidence:
            low = middle
        else:
            high = middle
    return high


def _beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function: the chance that more than `a - 1` of `a + b - 1` trials succeed at `x`."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(logs) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Its continued fraction (DLMF 8.17.22), by Lentz's method."""
    value = c = 1.0
    d = 0.0
    for term in range(1, _MOST_TERMS):
        m = term // 2
        if term % 2:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _not_zero(1 + step * d)
        c = _not_zero(1 + step / c)
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
