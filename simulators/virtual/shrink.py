"""Makes a failing seed small: leaves out troubles, faults of motions and whole orders while what was found stays.

The plan of the seed is made whole and then cut, so that what is left happens as it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from simulators.faults import Fault
from simulators.scenario import Scenario
from simulators.virtual.campaign import Run
from simulators.virtual.cut import WHOLE, Cut

T = TypeVar("T")
Runs = Callable[[Cut], Run]
_NUMBERS = re.compile(r"\b[A-Z]*\d[\w.]*")
MOST_RUNS = 200


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a seed. :ivar runs: that were needed to find it."""

    cut: Cut
    run: Run
    runs: int


def shrink(whole: Run, scenario: Scenario, troubles: int, faults: Sequence[Fault], runs: Runs) -> Shrunk:
    """Leave out what is not needed for what `whole` found.

    :param troubles: how many are planned; :param faults: planned faults of motions.
    :param runs: runs the seed with a cut.
    """
    search = _Search(whole, runs)
    search.drop([str(place) for place in range(troubles)], lambda cut, some: replace(cut, troubles=cut.troubles | some))
    search.drop([fault.kit for fault in faults], lambda cut, some: replace(cut, faults=cut.faults | some))
    everything = {order.acceptance for order in scenario.orders}
    for group in _groups(scenario, faults):
        if search.cut.orders | group < everything:
            search.drop([group], lambda cut, some: replace(cut, orders=cut.orders.union(*some)))
    return Shrunk(search.cut, search.run, search.count)


class _Search:
    """:ivar cut: the largest so far that leaves what was found; :ivar run: how that came out."""

    def __init__(self, whole: Run, runs: Runs) -> None:
        self.cut = WHOLE
        self.run = whole
        self.count = 0
        self._wanted = _kinds_of(whole)
        self._runs = runs

    def drop(self, things: list[T], cut_by: Callable[[Cut, frozenset[T]], Cut]) -> None:
        """Leave out things, many at once first, then fewer."""
        size = len(things)
        while things and size:
            for start in range(0, len(things), size):
                some = things[start : start + size]
                if self._stays(cut_by(self.cut, frozenset(some))):
                    things = [thing for thing in things if thing not in some]
                    break
            else:
                size //= 2
            size = min(size, len(things))

    def _stays(self, cut: Cut) -> bool:
        """Whether the same is found with this cut; if so it is kept."""
        if self.count >= MOST_RUNS:
            return False
        self.count += 1
        run = self._runs(cut)
        if not self._wanted & _kinds_of(run):
            return False
        self.cut, self.run = cut, run
        return True


def _kinds_of(run: Run) -> frozenset[str]:
    """What was found, whichever order and moment it was found at."""
    return frozenset(_NUMBERS.sub("#", finding) for finding in run.findings)


def _groups(scenario: Scenario, faults: Sequence[Fault]) -> list[frozenset[str]]:
    """Orders that can be left out only together: those that a fault ties to one another."""
    group_of = {order.acceptance: frozenset({order.acceptance}) for order in scenario.orders}
    for fault in (*scenario.faults, *faults):
        if fault.other:
            tied = group_of[fault.kit] | group_of[fault.other]
            group_of.update(dict.fromkeys(tied, tied))
    return list(dict.fromkeys(group_of.values()))
