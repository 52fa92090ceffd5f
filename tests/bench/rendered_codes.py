"""How well drawn codes are read, turned, tilted, fine, blurred, grained: `python -m tests.bench.rendered_codes`.

Each picture holds one code of each kind, all turned alike. What is counted as wrong is any text that does not stand in
the picture. Rendered: real photographs are `sealline vision bench`'s.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Annotated

import cv2
import numpy as np
import typer
import zxingcpp
from rich.console import Console
from rich.table import Table

from controller.commands.vision.bench_codes import try_codes
from controller.commands.vision.bench_labels import NONE, Labelled
from vision.pictures import Picture
from vision.verdict import Symbology

PAGE = (1280, 1024)
CELLS = tuple((x, y) for y in (170, 512, 854) for x in (213, 640, 1067))
_FINER = 2
"""The page is drawn so many times larger, and made smaller as a sensor does."""
_BAR_MODULES = 32
_PAPER, _INK = 225, 30
_FORMATS = {
    Symbology.CODE128: zxingcpp.BarcodeFormat.Code128,
    Symbology.CODE39: zxingcpp.BarcodeFormat.Code39,
    Symbology.ITF: zxingcpp.BarcodeFormat.ITF,
    Symbology.EAN13: zxingcpp.BarcodeFormat.EAN13,
    Symbology.QR: zxingcpp.BarcodeFormat.QRCode,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.PDF417: zxingcpp.BarcodeFormat.PDF417,
}
_AREA = (Symbology.QR, Symbology.DATA_MATRIX, Symbology.PDF417)


@dataclass(frozen=True, slots=True)
class Hardness:
    """What is done to a page.

    :ivar module_px: linear and PDF417; QR and Data Matrix are drawn half as large again. :ivar tilt: degrees.
    :ivar blur_px: standard deviation. :ivar grain: likewise, in grey levels. :ivar contrast: 1: full.
    """

    name: str
    module_px: float = 2.5
    tilt: float = 0.0
    blur_px: float = 0.5
    grain: float = 2.0
    contrast: float = 1.0


HARDNESSES = (
    Hardness("turned"),
    Hardness("2 px a module", module_px=2.0),
    Hardness("1.5 px a module", module_px=1.5),
    Hardness("tilted 30°", tilt=30),
    Hardness("tilted 45°", tilt=45),
    Hardness("blurred 1.2 px", blur_px=1.2),
    Hardness("blurred 1.6 px", blur_px=1.6),
    Hardness("grain 20", grain=20),
    Hardness("contrast 0.15", contrast=0.15),
)


def bench(
    step: Annotated[int, typer.Option(min=1, max=360, help="Degrees from one turn to the next.")] = 15,
    seed: Annotated[int, typer.Option(help="Of texts, places and grain.")] = 1,
    only: Annotated[str, typer.Option(help="Only the hardness whose name holds this.")] = "",
) -> None:
    """Print codes read, by kind and hardness: ours, and zxing-cpp or pyzbar with all options on."""
    cv2.setNumThreads(1)
    for hardness in HARDNESSES:
        if only in hardness.name:
            _report(hardness, range(0, 360, step), seed)


def _report(hardness: Hardness, turns: range, seed: int) -> None:
    read: dict[str, Counter[Symbology]] = {}
    wrong: Counter[str] = Counter()
    cpu_ms: dict[str, list[float]] = {}
    for turn in turns:
        chance = np.random.default_rng((seed, turn))
        texts = {kind: text_of(kind, chance) for kind in Symbology}
        result = try_codes(Labelled("", NONE, "", ""), page(texts, turn, hardness, chance), at_least=len(texts))
        there = {(text, kind.value) for kind, text in texts.items()}
        for reader, said in result.said.items():
            read.setdefault(reader, Counter()).update(kind for text, kind in _kinds(said & there))
            wrong[reader] += len(said - there)
            cpu_ms.setdefault(reader, []).append(result.cpu_ms[reader])
    table = Table("reader", *Symbology, "wrong", "median ms", title=f"{hardness.name}: read of {len(turns)}")
    for reader, counts in read.items():
        median = f"{np.median(cpu_ms[reader]):.0f}"
        table.add_row(reader, *(str(counts[kind]) for kind in Symbology), str(wrong[reader]), median)
    Console(width=120).print(table)


def _kinds(said: frozenset[tuple[str, str]]) -> list[tuple[str, Symbology]]:
    return [(text, Symbology(kind)) for text, kind in said]


def text_of(kind: Symbology, chance: np.random.Generator) -> str:
    """A text that the kind can bear, as the line has them."""
    digits = "".join(str(digit) for digit in chance.integers(0, 10, 13))
    match kind:
        case Symbology.EAN13:
            total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
            return f"{digits[:12]}{-total % 10}"
        case Symbology.ITF:
            return digits[:10]
        case Symbology.CODE39:
            return f"PM{digits[:6]}"
        case _:
            return digits


def page(texts: dict[Symbology, str], turn: float, hardness: Hardness, chance: np.random.Generator) -> Picture:
    """One picture with one code of each kind."""
    size = PAGE[0] * _FINER, PAGE[1] * _FINER
    ink = np.zeros((size[1], size[0]), np.uint8)
    for (x, y), (kind, text) in zip(chance.permutation(CELLS), texts.items(), strict=False):
        middle = (x + chance.uniform(-20, 20)) * _FINER, (y + chance.uniform(-20, 20)) * _FINER
        larger = 1.5 if kind in _AREA[:2] else 1.0
        own_turn = turn + chance.uniform(-4, 4)
        onto = _onto(ink_of(kind, text).shape, middle, own_turn, hardness.tilt, hardness.module_px * _FINER * larger)
        ink = np.maximum(ink, cv2.warpPerspective(ink_of(kind, text), onto, size, flags=cv2.INTER_AREA))
    small = cv2.resize(ink, PAGE, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    soft = cv2.GaussianBlur(small, (0, 0), hardness.blur_px)
    middle_grey = (_PAPER + _INK) / 2
    grey = middle_grey + (_PAPER - (_PAPER - _INK) * soft - middle_grey) * hardness.contrast
    grainy = np.clip(grey + chance.normal(0, hardness.grain, grey.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grainy, cv2.COLOR_GRAY2BGR), np.uint8)


def ink_of(kind: Symbology, text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A code's ink, 8 px a module."""
    drawn = zxingcpp.create_barcode(text, _FORMATS[kind]).to_image(scale=1, add_quiet_zones=False)
    modules = 255 - np.asarray(drawn, np.uint8)
    if kind not in _AREA:
        modules = np.repeat(modules[:1], _BAR_MODULES, axis=0)
    return np.asarray(modules.repeat(8, axis=0).repeat(8, axis=1), np.uint8)


def _onto(
    shape: tuple[int, ...], middle: tuple[float, float], turn: float, tilt: float, module_px: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """From a code's ink to the page: turned, leaning away from a camera that is four code widths off."""
    height, width = shape[:2]
    away = 4.0 * width
    flat = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float64) - (width / 2, height / 2)
    depth = away / (away + flat[:, 0] * sin(radians(tilt)))
    seen = flat * np.array((cos(radians(tilt)), 1.0)) * depth[:, None] * module_px / 8
    along = np.array((cos(radians(turn)), sin(radians(turn))))
    turned = np.stack((seen @ (along * (1, -1)), seen @ along[::-1]), axis=1) + middle
    source = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, turned.astype(np.float32)), np.float64)


if __name__ == "__main__":
    typer.run(bench)
