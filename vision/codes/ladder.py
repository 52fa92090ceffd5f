"""From the quick look to the hard tries: steps with declared costs, climbed until enough is believed.

The budget is counted in nominal milliseconds, never by a clock: the same picture gives the same answer on
any machine under any load.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import pi

import numpy as np

from vision.codes.bars import QUICK_WINDOWS, WINDOWS, Bars, find_bars
from vision.codes.belief import Says, Sighting, believed
from vision.codes.code import LINEAR, MATRIX, Code, distinct, moved
from vision.codes.first_reader import Threshold, first_reader, flat_reader, unread_grids
from vision.codes.lively import lively_parts
from vision.codes.mesh import Grid, flattened
from vision.codes.second_reader import second_reader
from vision.codes.unread import FEWEST_STACKED_EDGES, code_like, unexplained
from vision.codes.views import (
    ViewOf,
    Work,
    as_it_is,
    enlarged,
    equalised,
    median,
    reduced,
    relaid,
    sharpened,
    smoothed,
    turned,
)
from vision.codes.votes import likely_numbers, read_bars
from vision.pictures import Grey
from vision.verdict import Symbology

QUICK_MS = 0.0
"""Budget for the first look alone."""
FULL_MS = 1000.0
"""Budget for every step, at two megapixels."""
_LEVEL = pi / 60
"""Turns nearer to the picture's axes than this need no turned view."""
_COLUMNS = 512
"""The first reader looks at so many columns of a wide picture at least."""
_LIKELY_PLACES = 4
_CUT_WIDER = 5.0
"""Half a cut-out's side as a share of its place's longer side: a PDF417 is up to fourteen starts long."""
_BENT_GRIDS = 3
_BENT_MODULE_PX = (8, 10, 6)
_OTHER_PIXELS = ((0.02, 1.3), (-0.02, 1.15), (0.0, 2.0), (0.05, 1.0))
"""Turn in radians and scale of a view that is looked at again."""
_DIAGONALS = (pi / 8, pi / 4, 3 * pi / 8)
_TURNED = frozenset({Symbology.PDF417, Symbology.DATA_MATRIX})
"""Kinds that the first reader finds near the picture's axes only, or best there."""


@dataclass(slots=True)
class Climb:
    """One picture on its way up."""

    grey: Grey
    formats: frozenset[Symbology]
    expected: frozenset[Says]
    at_least: int
    every: bool
    sightings: list[Sighting] = field(default_factory=list)
    bars: list[Bars] | None = None
    quick_bars: list[Bars] | None = None
    alike: dict[Bars, bool] = field(default_factory=dict)
    known: tuple[int, list[Code]] = (0, [])

    def codes(self) -> list[Code]:
        """What is believed so far; weighed anew when more was seen."""
        if self.known[0] != len(self.sightings):
            self.known = len(self.sightings), believed(self.sightings, self.expected)
        return self.known[1]

    def enough(self) -> bool:
        """Whether the codes that are expected, or so many as are asked for, are believed, and none is in doubt."""
        codes = self.codes()
        if self.expected:
            return self.expected <= {code.says for code in codes}
        doubted = len(distinct(each.code for each in self.sightings)) > len(codes)
        return len(codes) >= self.at_least and not doubted

    def left(self) -> list[Bars]:
        """Places where bars stand as a linear code's and none is believed, when every one is to be read."""
        if not self.every or not self.formats & LINEAR:
            return []
        # What a code explains needs no look of its own, and no place a second one.
        places = unexplained(self.quick_places(), self.codes())
        self.alike |= {place: bool(code_like(self.grey, [place])) for place in places if place not in self.alike}
        return [place for place in places if self.alike[place]]

    def quick_places(self) -> list[Bars]:
        """Where bars of common size stand; found once. A PDF417 shows its start alone, which is smaller."""
        if self.quick_bars is None:
            windows = WINDOWS[1:] if Symbology.PDF417 in self.formats else QUICK_WINDOWS
            self.quick_bars = find_bars(self.grey, windows=windows)
        return self.quick_bars

    def places(self) -> list[Bars]:
        """Where bars stand; found once."""
        if self.bars is None:
            self.bars = find_bars(self.grey)
        return self.bars


@dataclass(frozen=True, slots=True)
class Step:
    """One try.

    :ivar fixed_ms: nominal cost whatever the picture's size, on one core; :ivar mpx_ms: and for each megapixel.
    :ivar kinds: for which it is made; others are not looked for in it.
    """

    name: str
    fixed_ms: float
    mpx_ms: float
    kinds: frozenset[Symbology]
    look: Callable[[Climb, frozenset[Symbology]], list[Sighting]]

    def cost_ms(self, grey: Grey) -> float:
        """Nominal cost on a picture."""
        return self.fixed_ms + self.mpx_ms * grey.size / 1e6


@dataclass(frozen=True, slots=True)
class Climbed:
    """What a climb brought. :ivar step: name of the step after which it ended. :ivar spent_ms: nominal."""

    codes: list[Code]
    step: str
    spent_ms: float


def climb(
    grey: Grey,
    formats: frozenset[Symbology],
    budget_ms: float = QUICK_MS,
    expected: frozenset[Says] = frozenset(),
    at_least: int = 1,
    every: bool = False,
) -> Climbed:
    """Read a picture step by step.

    :param budget_ms: nominal cost that may be spent after the first look; a step that does not fit ends the climb.
    :param expected: what must be read; empty: stop at `at_least` codes.
    :param every: leave no bars unread: the first look takes them up, and while any are left reading goes on.
    """
    climbing = Climb(grey, formats, expected, at_least, every)
    spent, last, enough = 0.0, "", False
    for step in STEPS:
        kinds = formats & step.kinds
        if not kinds or (enough and not kinds & LINEAR):
            # Only bars are left: what looks for area codes alone can't read them.
            continue
        cost = step.cost_ms(grey)
        if last and spent + cost > budget_ms:
            break
        climbing.sightings += step.look(climbing, kinds)
        spent, last = spent + (cost if last else 0.0), step.name
        enough = climbing.enough()
        if enough and not climbing.left():
            break
    return Climbed(climbing.codes(), last, spent)


def _first_look(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    in_parts = climbing.every and bool(kinds & LINEAR) and kinds <= LINEAR | {Symbology.QR}
    look = _in_parts if in_parts else first_reader
    climbing.sightings += [Sighting(code) for code in look(climbing.grey, kinds)]
    for place in climbing.left():
        climbing.sightings += read_bars(climbing.grey, place, kinds & LINEAR)
    return _stacked(climbing) if climbing.every and Symbology.PDF417 in kinds else []


def _in_parts(grey: Grey, kinds: frozenset[Symbology]) -> list[Code]:
    """What the first reader sees where bars and QR can stand at all, which is all that the line's pictures are asked.

    Of the columns it looks at every so many-th, as it would by itself in a picture of that width.
    """
    apart = max(1, grey.shape[1] // _COLUMNS)
    found: list[Code] = []
    for part in lively_parts(grey):
        cut = grey[part.top : part.bottom, part.left : part.right]
        along = first_reader(cut, kinds, turned=False)
        upright = np.ascontiguousarray(np.rot90(cut[:, ::apart]))
        down = first_reader(upright, kinds & LINEAR, turned=False)
        right = part.left + apart * (upright.shape[0] - 1)
        found += [moved(code, np.array(((1.0, 0.0, part.left), (0.0, 1.0, part.top)))) for code in along]
        found += [moved(code, np.array(((0.0, -apart, right), (1.0, 0.0, part.top)))) for code in down]
    return found


def _stacked(climbing: Climb) -> list[Sighting]:
    """PDF417 that lie turned: around what may be one's start or stop, cut out and turned level."""
    found: list[Sighting] = []
    tried: list[float] = []
    starts = code_like(climbing.grey, climbing.quick_places(), FEWEST_STACKED_EDGES)
    for place in unexplained(starts, climbing.codes()):
        near = any(abs((place.turn - turn + pi / 4) % (pi / 2) - pi / 4) < _LEVEL for turn in tried)
        if not near and min(place.turn % (pi / 2), -place.turn % (pi / 2)) >= _LEVEL:
            tried.append(place.turn)
            found += _upright(climbing.grey, place, frozenset({Symbology.PDF417}))
    return found


def _upright(grey: Grey, place: Bars, kinds: frozenset[Symbology]) -> list[Sighting]:
    """What stands around one place, cut out and turned level."""
    reach = max(place.length, place.height) * _CUT_WIDER
    left, top = max(0, int(place.x - reach)), max(0, int(place.y - reach))
    part = grey[top : int(place.y + reach) + 1, left : int(place.x + reach) + 1]
    view = turned(np.ascontiguousarray(part), place.turn)
    onto = view.onto + np.array(((0, 0, left), (0, 0, top)))
    return _seen_in(ViewOf(view.grey, onto), kinds, f"upright at {place.x:.0f}, {place.y:.0f}", first_reader)


def _all_round(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    found = first_reader(climbing.grey, kinds, inverted=True, smaller=True)
    return [Sighting(code) for code in found]


def _strips(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    return [sighting for bars in climbing.places() for sighting in read_bars(climbing.grey, bars, kinds)]


def _likelihood(climbing: Climb, _kinds: frozenset[Symbology]) -> list[Sighting]:
    return [sighting for bars in climbing.places()[:_LIKELY_PLACES] for sighting in likely_numbers(climbing.grey, bars)]


def _bent(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    """Matrix codes that were found and not read, their grids bent; each rectified at several sizes: its views."""
    found: list[Sighting] = []
    for threshold in (Threshold.LOCAL, Threshold.GLOBAL):
        for grid in unread_grids(climbing.grey, kinds, threshold)[:_BENT_GRIDS]:
            found += _unbent(climbing.grey, grid, kinds)
        if believed(found, climbing.expected):
            break
    return found


def _unbent(grey: Grey, grid: Grid, kinds: frozenset[Symbology]) -> list[Sighting]:
    found: list[Sighting] = []
    for module_px in _BENT_MODULE_PX:
        flat = flattened(grey, grid, module_px)
        code = None if flat is None else flat_reader(flat, kinds)
        if code is not None:
            found.append(Sighting(replace(code, corners=grid.corners), hard=True, view=f"bent at {module_px}"))
            if believed(found, frozenset()):
                break
    return found


Reader = Callable[[Grey, frozenset[Symbology]], list[Code]]


def _global_threshold(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    return _seen_in(as_it_is(climbing.grey), kinds, "global threshold", _globally)


def _globally(grey: Grey, kinds: frozenset[Symbology]) -> list[Code]:
    return first_reader(grey, kinds, threshold=Threshold.GLOBAL, inverted=True)


def _everywhere(grey: Grey, kinds: frozenset[Symbology]) -> list[Code]:
    return first_reader(grey, kinds, inverted=True, smaller=True)


def _worked(work: Work) -> Callable[[Climb, frozenset[Symbology]], list[Sighting]]:
    def look(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
        return _seen_in(work(climbing.grey), kinds, work.__name__, _everywhere)

    return look


def _level(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    """Turned by what the gradients say, and where they say nothing by eighths."""
    turns = [bars.turn for bars in climbing.places()[:2]]
    found: list[Sighting] = []
    for turn in [*turns, *_DIAGONALS]:
        if min(turn % (pi / 2), -turn % (pi / 2)) >= _LEVEL:
            found += _seen_in(turned(climbing.grey, turn), kinds, f"turned {turn:.3f}", first_reader)
    return found


def _second(climbing: Climb, kinds: frozenset[Symbology]) -> list[Sighting]:
    return _seen_in(as_it_is(climbing.grey), kinds, "second reader", second_reader)


def _seen_in(view: ViewOf, kinds: frozenset[Symbology], name: str, reader: Reader) -> list[Sighting]:
    """What a reader sees in a view; where it sees an area code, also in the same view laid on other pixels.

    A wrong correction does not survive that: it hangs on the very pixels that it was made of.
    """
    codes = [moved(code, view.onto) for code in reader(view.grey, kinds)]
    found = [Sighting(code, hard=True, view=name) for code in codes]
    if any(code.symbology not in LINEAR for code in codes):
        for turn, scale in _OTHER_PIXELS:
            again = relaid(view, turn, scale)
            seen = [moved(code, again.onto) for code in reader(again.grey, kinds)]
            found += [Sighting(code, hard=True, view=f"{name}, relaid by {turn}") for code in seen]
            if {code.says for code in codes} <= {code.says for code in seen}:
                break
    return found


_ALL = frozenset(Symbology)
_AREA = _ALL - LINEAR
STEPS = (
    Step("first look", 0, 5, _ALL, _first_look),
    Step("all round", 0, 12, _ALL, _all_round),
    Step("strips", 40, 15, LINEAR, _strips),
    Step("bent grid", 60, 10, MATRIX, _bent),
    Step("contrast", 0, 15, _AREA, _worked(equalised)),
    Step("global threshold", 0, 12, _AREA, _global_threshold),
    Step("smoothed", 0, 15, _AREA, _worked(smoothed)),
    Step("median", 0, 15, _AREA, _worked(median)),
    Step("sharpened", 0, 15, _AREA, _worked(sharpened)),
    Step("level", 10, 50, _TURNED, _level),
    Step("enlarged", 0, 40, _AREA, _worked(enlarged)),
    Step("reduced", 0, 5, _AREA, _worked(reduced)),
    Step("second reader", 0, 60, _ALL, _second),
    Step("likelihood", 300, 0, frozenset({Symbology.EAN13}), _likelihood),
)
"""Cheapest and most fruitful first."""
