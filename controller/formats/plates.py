"""Number grammars of the plate types (types by GA/T 16.7, sizes and marks by GA 36).

The standards' full texts were not at hand: the grammars follow public tables, and a recipe may name none of them
and set its own pattern. Temporary plates have no grammar here, their number is what the order says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.formats.grammar import CLEAR, CLEAR_LETTERS, DIGITS, Format, misfit
from controller.words.text import Text

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
NEV_LETTERS = "ABCDEFGHJK"
"""Battery electric A, B, C, D, E; other new-energy vehicles F, G, H, J, K."""

_NORMAL = (PROVINCES, CLEAR_LETTERS, *[CLEAR] * 5)
_NEV_SMALL = (PROVINCES, CLEAR_LETTERS, NEV_LETTERS, CLEAR, *[DIGITS] * 4)
_NEV_LARGE = (PROVINCES, CLEAR_LETTERS, *[DIGITS] * 5, NEV_LETTERS)
_TRAILER = (PROVINCES, CLEAR_LETTERS, *[CLEAR] * 4, "挂")
_COACH = (PROVINCES, CLEAR_LETTERS, *[CLEAR] * 4, "学")
_POLICE = (PROVINCES, CLEAR_LETTERS + "O", *[CLEAR] * 4, "警")
_HK_MO = ("粤", "Z", *[CLEAR] * 4, "港澳")
_EMBASSY = (*[DIGITS] * 6, "使")
_CONSULATE = (PROVINCES, *[DIGITS] * 5, "领")
_CONSULATE_OLD = (PROVINCES, CLEAR_LETTERS, *[DIGITS] * 4, "领")
_EBIKE = (CLEAR,) * 6


def _by(grammar: Sequence[str]) -> Callable[[str], Text | None]:
    return lambda number: misfit(number, grammar)


def _check_consulate(number: str) -> Text | None:
    old = number[1:2] in CLEAR_LETTERS and number[1:2] != ""
    return misfit(number, _CONSULATE_OLD if old else _CONSULATE)


FORMATS = (
    Format("plate_large", "large vehicle plate (01)", "大型汽车号牌", _by(_NORMAL)),
    Format("plate_small", "small vehicle plate (02)", "小型汽车号牌", _by(_NORMAL)),
    Format("plate_embassy", "embassy plate (03)", "使馆汽车号牌", _by(_EMBASSY)),
    Format("plate_consulate", "consulate plate (04)", "领馆汽车号牌", _check_consulate),
    Format("plate_motorcycle", "motorcycle plate (07)", "普通摩托车号牌", _by(_NORMAL)),
    Format("plate_motorcycle_light", "light motorcycle plate (08)", "轻便摩托车号牌", _by(_NORMAL)),
    Format("plate_trailer", "trailer plate (15)", "挂车号牌", _by(_TRAILER)),
    Format("plate_coach", "learner plate (16)", "教练汽车号牌", _by(_COACH)),
    Format("plate_police", "police plate (23)", "警用汽车号牌", _by(_POLICE)),
    Format("plate_hk_mo", "Hong Kong and Macao plate (26, 27)", "港澳入出境车号牌", _by(_HK_MO)),
    Format("plate_nev_large", "large new-energy plate (51)", "大型新能源汽车号牌", _by(_NEV_LARGE)),
    Format("plate_nev_small", "small new-energy plate (52)", "小型新能源汽车号牌", _by(_NEV_SMALL)),
    Format("plate_ebike", "e-bike plate", "电动自行车号牌", _by(_EBIKE)),
)
