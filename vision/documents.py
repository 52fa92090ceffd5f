"""Proving one certificate: the code in its place is exactly the expected one, in the expected symbology."""

from __future__ import annotations

from vision.barcodes import Code, read_hard
from vision.pictures import Picture
from vision.plane import Plane
from vision.verdict import Box, Check, ExpectedDocument, Outcome

PLACE_MARGIN_MM = 10.0
"""How far outside its box a certificate's code may stand."""


def check_document(picture: Picture, plane: Plane, codes: list[Code], document: ExpectedDocument, lies: bool) -> Check:
    """Compare the codes read in the document's box with the expected code.

    :param codes: all codes of the picture.
    :param lies: whether anything lies there at all: a document without a readable code is unsure, none is a reject.
    """
    here = codes_in(codes, plane, document.box, PLACE_MARGIN_MM)
    if not here and lies:
        region = plane.region(document.box, PLACE_MARGIN_MM)
        here = read_hard(picture, frozenset({document.symbology}), region)
    expected = f"{document.symbology.value} {document.code}"
    if not here:
        outcome = Outcome.UNSURE if lies else Outcome.REJECT
        return Check("document_code", outcome, document.role, expected, region=plane.corners(document.box))
    wrong = next((code for code in here if (code.text, code.symbology) != (document.code, document.symbology)), None)
    code, outcome = (here[0], Outcome.ACCEPT) if wrong is None else (wrong, Outcome.REJECT)
    found = f"{code.symbology.value} {code.text}"
    return Check("document_code", outcome, document.role, expected, found, region=code.corners)


def codes_in(codes: list[Code], plane: Plane, box: Box, margin_mm: float) -> list[Code]:
    """The codes whose middle lies in a box or within a margin around it."""
    region = plane.region(box, margin_mm)
    return [
        code
        for code in codes
        if region.left <= code.centre[0] <= region.right and region.top <= code.centre[1] <= region.bottom
    ]
