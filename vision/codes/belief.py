"""When a reading is believed: rules against values that are plausible and wrong.

Of readings on hard pictures about one in a hundred was seen to be wrong with its check character right, and two readers
were seen to agree on the same wrong value. So a vote of readers counts nothing. What counts: the kind's own error
correction, a reading that rests on enough of the code's height, strips of the code that share no pixel and agree, or
equality with what the order expects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.codes.code import LINEAR, WEAK, Code, same_place
from vision.verdict import Symbology

Says = tuple[str, Symbology]

STRIPS_AGREED = 2
"""Bands of one code without a common pixel that must say the same."""
VIEWS_AGREED = 2
"""Ways of working on a picture after which an area code must say the same: its error correction can correct wrongly
(seen: a PDF417 whose text was garbage in one view)."""
OUTVOTED = 3
"""A reading is no more believed once another at its place rests on so many times as many strips."""
MIN_SUPPORT = 0.032
"""Height on which a weak kind must have been read, as a share of its length, when no strip confirms it; of real
photographs wrong readings with a right check digit stood on up to 0.026, right ones from 0.0385 on needed it."""
SHORTEST_ITF = 6
"""Fewer digits of this kind, which has neither check nor closed ends, are seen in strips of other kinds' bars."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading and what it rests on.

    :ivar strips: bands without a common pixel that said so; 0: the reading was made of the picture as a whole.
    :ivar hard: of a picture that was worked on, or by the second reader. :ivar view: name of that working.
    """

    code: Code
    strips: int = 0
    hard: bool = False
    view: str = ""


def believed(sightings: list[Sighting], expected: frozenset[Says]) -> list[Code]:
    """The codes that stand, each once."""
    kept: list[Code] = []
    for sighting in sorted(sightings, key=_rank):
        code = sighting.code
        if any(code.says == other.says and same_place(code, other) for other in kept):
            continue
        if _stands(sighting, sightings, expected):
            kept.append(code)
    return kept


def _rank(sighting: Sighting) -> tuple[bool, int]:
    """Readings of the picture as it is first: their corners are the exactest."""
    return sighting.hard, -sighting.strips


def _stands(sighting: Sighting, all_of_them: list[Sighting], expected: frozenset[Says]) -> bool:
    code = sighting.code
    if code.says in expected:
        return True
    if code.symbology not in LINEAR:
        return not sighting.hard or _views_for(code, all_of_them) >= VIEWS_AGREED
    if sighting.hard and code.symbology is Symbology.ITF and len(code.text) < SHORTEST_ITF:
        return False
    mine = _strips_for(code, all_of_them)
    others = _strips_against(code, all_of_them)
    if mine >= STRIPS_AGREED:
        return mine >= OUTVOTED * others
    if sighting.hard or others >= STRIPS_AGREED:
        return False
    if code.symbology in WEAK:
        return _support(code) >= MIN_SUPPORT and not _contradicted(code, all_of_them, 1 / OUTVOTED)
    # Of a good Code 128 two rows at its edge were seen to read as another, with a right check character.
    return _support(code) >= MIN_SUPPORT or not _contradicted(code, all_of_them, OUTVOTED)


def _views_for(code: Code, sightings: list[Sighting]) -> int:
    return len({each.view for each in sightings if each.code.says == code.says and same_place(each.code, code)})


def _strips_for(code: Code, sightings: list[Sighting]) -> int:
    return max(
        (each.strips for each in sightings if each.code.says == code.says and same_place(each.code, code)), default=0
    )


def _strips_against(code: Code, sightings: list[Sighting]) -> int:
    return max(
        (
            each.strips
            for each in sightings
            if each.code.says != code.says and each.code.symbology in LINEAR and same_place(each.code, code)
        ),
        default=0,
    )


def _contradicted(code: Code, sightings: list[Sighting], times: float) -> bool:
    """Whether another reading of the same bars rests on so many times as much of their height."""
    return any(
        each.code.symbology is code.symbology
        and each.code.text != code.text
        and same_place(each.code, code)
        and _support(each.code) > times * _support(code)
        for each in sightings
    )


def _support(code: Code) -> float:
    """Height of the rows that said so, as a share of the code's length."""
    corners = np.array(code.corners)
    length = float(np.linalg.norm(corners[1] - corners[0]))
    height = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    return float((height + 1) / max(length, 1.0))
