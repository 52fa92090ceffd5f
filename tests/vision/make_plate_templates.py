"""Makes `vision/plate/templates.npz`: `python tests/vision/make_plate_templates.py [OUT]`.

The dies are those of the renderer. A line replaces the file by one made of its own press's characters.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from simulators.render.glyphs import glyph_ink
from simulators.render.strokes import has_strokes, stroke_ink
from vision.alignment import SYMBOLS
from vision.plate.templates import bounded

DIES = (8.6, 10.2, 11.8, 0.0)
"""Stroke widths in mm; 0: the sans-serif set."""
BOX_PX = (90, 180)


def die(character: str, stroke: float) -> np.ndarray:
    """One character's picture, slightly blurred as a camera sees it."""
    drawn = stroke and has_strokes(character)
    ink = stroke_ink(character, *BOX_PX, stroke) if drawn else glyph_ink(character, *BOX_PX)
    padded = cv2.copyMakeBorder(ink, 8, 8, 8, 8, cv2.BORDER_CONSTANT).astype(np.float32) / 255
    return cv2.GaussianBlur(bounded(cv2.GaussianBlur(padded, (0, 0), 2)), (3, 3), 0)


def main() -> None:
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "vision/plate/templates.npz")
    dies = np.array([[die(character, stroke) for character in SYMBOLS] for stroke in DIES])
    np.savez_compressed(out, dies=np.round(dies * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
