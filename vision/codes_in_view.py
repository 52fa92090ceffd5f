"""What the codes of a picture say beside the one that is asked for: whose carrier it is, and whether any is foreign."""

from __future__ import annotations

from vision.barcodes import DOCUMENT_MODULE_MM, MIN_MODULE_PX, Code, bar_module_px
from vision.plane import tile_of
from vision.verdict import Check, Outcome, Symbology, View


def formats_for(view: View, expected: frozenset[Symbology] = frozenset()) -> frozenset[Symbology]:
    """The symbologies to look for: the carrier's, the expected, and Code 128 wherever the camera resolves its bars."""
    formats = expected | {Symbology.QR}
    resolves = bar_module_px(view.px_per_mm, DOCUMENT_MODULE_MM) >= MIN_MODULE_PX
    return formats | {Symbology.CODE128} if resolves else formats


def check_carrier(codes: list[Code], carrier_code: str, view: View) -> Check:
    """The codes in the carrier's own places must all be the expected one; at least one must be read."""
    own = [code for code in codes if tile_of(code, view) is not None]
    wrong = next((code for code in own if code.text != carrier_code), None)
    if wrong is not None:
        return Check("carrier_code", Outcome.REJECT, "", carrier_code, wrong.text, region=wrong.corners)
    if not own:
        return Check("carrier_code", Outcome.UNSURE, "", carrier_code)
    return Check("carrier_code", Outcome.ACCEPT, "", carrier_code, own[0].text, region=own[0].corners)


def check_foreign(codes: list[Code], view: View, expected: frozenset[tuple[str, Symbology]]) -> Check:
    """No code may be in view but the carrier's, in their places, and the expected ones."""
    others = [code for code in codes if tile_of(code, view) is None and (code.text, code.symbology) not in expected]
    if not others:
        return Check("foreign_code", Outcome.ACCEPT, found="none")
    found = ", ".join(sorted(f"{code.symbology.value} {code.text}" for code in others))
    return Check("foreign_code", Outcome.REJECT, expected="none", found=found, region=others[0].corners)
