"""The characters of a plate: is it this number, and no other? Two looks, the second only when the first leaves doubt.

Each look is a view of the line set straight, the second cut to the characters' height, narrower, and with its contrast
evened from place to place besides, so that the network meets each character at another place of its grid, in another
size and light; what it takes for another character by chance, it seldom takes twice. Each look is read twice: by the
recogniser's last layer and by our own (`vision.plate.own_reading`). All readings count alike, by the mean of their
log-likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.alignment import Frames, best_text, log_likelihoods
from vision.characters import LINE_HEIGHT_PX, LINE_WIDTH_PX, STEP_PX, Look, line_width, read_line
from vision.likelihood import Margins, explainable, margins, margins_in_place
from vision.pictures import Picture
from vision.plate.own_reading import own_frames
from vision.plate.signs import read_signs
from vision.plate.straight import LEVEL, Lie, lie_of, straightened
from vision.plate.visible import HALF_SURE, SURE, Seen, cells_amid, cells_by, seen_in

SURE_MARGIN = 3.5
"""From this log-likelihood margin on, one look is enough."""
_NARROWED = 0.85
"""Width of a view as a share of the line's: the network reads coarse plates best a little narrower than they are."""
_AGAIN_NARROWED = 0.78
"""The same in the second look."""
_ROW_SHARES = {2: (0.7, 0.85), 5: (1.15, 1.3)}
"""The same in both looks for other rows, by their characters: the two of an upper row are wide as no print is; below,
equal neighbours, as SSS, need the width to be told apart."""
_FINE_PX = 60
"""Height from which on a line is fine enough for its full width in the first look, where provinces need it."""
_MOST_STRETCHED, _STRETCHED_PLACES = 2.0, (2, 4)
"""Limit by which contrast may be stretched, and how many places there are across and down (CLAHE)."""
_PADDED_PX, _FINE_PADDED_PX = 256, 224
"""Width that a coarse and a fine line are padded to at least in the first look; the second has the network's own."""
_PADDING_PX = 36
"""What is put behind a line at least."""
_SPARE = 0.25
"""Share of the characters' height that the second view keeps above and below them."""
_ASPECTS = {7: 188 / 48, 8: 206 / 48}
"""Width in heights to which a row of so many characters is brought: cut-outs come in whatever proportion."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the looks say of a number.

    :ivar found: for and against the number. :ivar text: what reads best. :ivar seen: for each character.
    """

    found: Margins
    text: str
    seen: tuple[Seen, ...]
    looks: int


def read_in_place(line: Picture, number: str, pitch: float) -> Reading | None:
    """Look at each character of a fine level row alone, without the recogniser; None: it takes that to be sure.

    :param number: of `vision.alignment.SYMBOLS`, whose characters the middle of the line must bear.
    :param pitch: from one character to the next, as a share of the line's width.
    """
    view = line_view(line, number)
    width = view.shape[1]
    cells = cells_amid(width, pitch * width, len(number))
    found = margins_in_place(read_signs(view, [(left + right) / 2 for left, right in cells]), number)
    if found.margin < SURE_MARGIN:
        return None
    seen = tuple(seen_in([view], [cells], [number]))
    return Reading(found, number, seen, 1) if min(each.score for each in seen) >= 1 else None


def line_view(line: Picture, number: str) -> Picture:
    """A level line at the height and width in which it is looked at first."""
    return _view(line, LEVEL, number, spare=None)


def read_number(lines: Sequence[Picture], number: str, *, level: bool = False) -> Reading:
    """Look at the rows of a plate for a number.

    :param lines: its rows, each cropped. :param number: in the alphabet of `vision.alignment.SYMBOLS`.
    :param level: whether they were cut out along the plate's own edges; how they lie is then asked in doubt alone.
    """
    texts = _split(number, len(lines))
    lies = [LEVEL if level else lie_of(line) for line in lines]
    views = [_view(*each, spare=None) for each in zip(lines, lies, texts, strict=True)]
    rows = [_read_twice(read_line(view, _padded(line, view))) for line, view in zip(lines, views, strict=True)]
    looks = [*np.concatenate(rows, axis=1)]
    found = margins(looks, number)
    if found.margin < SURE_MARGIN:
        lies = [lie_of(line) for line in lines] if level else lies
        again = [_view(*each, spare=_SPARE) for each in zip(lines, lies, texts, strict=True)]
        looks += [*np.concatenate([_read_twice(read_line(_evened(view))) for view in again], axis=1)]
        found = margins(looks, number)
    seen = []
    if explainable(number):
        cells = [cells_by(_clearer(*each), each[1]) for each in zip(rows, texts, strict=True)]
        seen = seen_in(views, cells, texts, _margin_of_each(found.leads, number))
    return Reading(found, best_text(looks[0]), tuple(seen), len(looks) // 2)


def _margin_of_each(leads: Sequence[tuple[str, float]], number: str) -> list[float]:
    """By how much each character leads over every other in its place and over none there.

    :param leads: of the number over its rivals.
    """
    least = [SURE] * len(number)
    for rival, lead in leads:
        if lead >= HALF_SURE:
            continue
        for place in range(len(number)):
            lacks = rival == number[:place] + number[place + 1 :]
            if lacks or (len(rival) == len(number) and rival[place] != number[place]):
                least[place] = min(least[place], lead)
    return least


def _read_twice(row: Look) -> Frames:
    """A row as either last layer reads it: the recogniser's first, then ours."""
    return np.stack((row.frames, own_frames(row.features)))


def _clearer(row: Frames, text: str) -> Frames:
    """The reading of a row that explains its text better: it tells better where each character stands."""
    return np.asarray(row[int(log_likelihoods(row, [text])[:, 0].argmax())], np.float64)


def _split(number: str, rows: int) -> list[str]:
    """What stands in each row: the first two characters above, the others below."""
    return [number] if rows == 1 else [number[:2], number[2:]]


def _padded(line: Picture, view: Picture) -> int:
    """Width that the view of a line is padded to in the first look."""
    padded = -(-(line_width(view) + _PADDING_PX) // STEP_PX) * STEP_PX
    least = _FINE_PADDED_PX if line.shape[0] >= _FINE_PX else _PADDED_PX
    return min(LINE_WIDTH_PX, max(least, padded))


def _evened(view: Picture) -> Picture:
    """The view with brightness stretched from place to place: what is over-exposed or in the shade gains contrast."""
    lightness, *colours = cv2.split(cv2.cvtColor(view, cv2.COLOR_BGR2LAB))
    evened = cv2.createCLAHE(_MOST_STRETCHED, _STRETCHED_PLACES).apply(lightness)
    return np.asarray(cv2.cvtColor(cv2.merge((evened, *colours)), cv2.COLOR_LAB2BGR), np.uint8)


def _view(line: Picture, lie: Lie, text: str, *, spare: float | None) -> Picture:
    """The line set straight, at the recogniser's height."""
    height, width = line.shape[:2]
    aspect = _ASPECTS.get(len(text), width / height)
    full = 1.0 if height >= _FINE_PX else _NARROWED
    share = _ROW_SHARES.get(len(text), (full, _AGAIN_NARROWED))[0 if spare is None else 1]
    return straightened(line, lie, (max(2, round(aspect * LINE_HEIGHT_PX * share)), LINE_HEIGHT_PX), spare)
