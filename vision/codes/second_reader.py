"""pyzbar, asked after a no-read and in audits: another way of looking, never a vote."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from vision.codes.code import Code
from vision.pictures import Grey
from vision.verdict import Symbology

_NAMES = {
    Symbology.CODE128: "CODE128",
    Symbology.CODE39: "CODE39",
    Symbology.ITF: "I25",
    Symbology.EAN13: "EAN13",
    Symbology.QR: "QRCODE",
}

_AIM = {
    Symbology.CODE128: "]C0",
    Symbology.CODE39: "]A0",
    Symbology.ITF: "]I0",
    Symbology.EAN13: "]E0",
    Symbology.QR: "]Q1",
}
"""Identifier of each kind in its plain form (ISO/IEC 15424): this reader does not tell a GS1 code from another."""


def second_reader(picture: Grey, formats: frozenset[Symbology]) -> list[Code]:
    """All codes that it finds; texts beyond ASCII are left out, since it guesses their encoding (seen: garbage).

    Its Code 39 is taken as the letters that it reads, never as full ASCII: where these hold an escape it is left out.
    """
    reader = _library()
    names = {name: kind for kind, name in _NAMES.items() if kind in formats}
    if reader is None or not names or picture.size == 0:
        return []
    try:
        found = reader.decode(picture, symbols=[reader.ZBarSymbol[name] for name in names])
    except ValueError:
        # Of a turn that libzbar could not tell pyzbar makes an error, and the whole picture is without a second look.
        return []
    codes = [_code(each, names[each.type]) for each in found if each.type in names and each.data.isascii()]
    return [code for code in codes if not _escaped(code)]


def _code(found: object, kind: Symbology) -> Code:
    x, y, width, height = found.rect  # type: ignore[attr-defined]
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Code(found.data.decode("ascii"), kind, _AIM[kind], corners)  # type: ignore[attr-defined]


def _escaped(code: Code) -> bool:
    return code.symbology is Symbology.CODE39 and any(sign in code.text for sign in "+%$/")


@lru_cache(maxsize=1)
def _library() -> ModuleType | None:
    """pyzbar, or None where libzbar is not installed: the first reader then stands alone."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):
        return None
    return pyzbar  # type: ignore[no-any-return]
