"""Makes `vision/plate/cities.npz`: `python tests/vision/make_city_templates.py FONT[:INDEX]... [OUT.npz]`.

Each font gives one type of every name. The shipped file was made of Noto Sans CJK Regular, Noto Serif CJK Bold and Noto
Serif CJK Regular (`….ttc:2` is their simplified Chinese); never of the bold sans-serif in which the renderer prints.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vision.plate.city import CITIES, SIZE

DRAWN_PX = 96


def name_in(font: ImageFont.FreeTypeFont, city: str) -> np.ndarray:
    """One name's ink, 0 or 1, of `SIZE`."""
    canvas = Image.new("L", (DRAWN_PX * (len(city) + 2), DRAWN_PX * 2))
    ImageDraw.Draw(canvas).text((DRAWN_PX // 2, DRAWN_PX // 4), city, fill=255, font=font)
    ink = np.array(canvas)
    x, y, width, height = cv2.boundingRect(ink)
    sized = cv2.resize(ink[y : y + height, x : x + width], SIZE, interpolation=cv2.INTER_AREA)
    return (sized > 110).astype(np.uint8)


def main() -> None:
    fonts = [each for each in sys.argv[1:] if not each.endswith(".npz")]
    out = Path(next((each for each in sys.argv[1:] if each.endswith(".npz")), "vision/plate/cities.npz"))
    types = []
    for each in fonts:
        path, _, index = each.partition(":")
        font = ImageFont.truetype(path, DRAWN_PX, index=int(index or 0))
        types.append([name_in(font, city).reshape(-1) for city in CITIES])
    np.savez_compressed(out, names=np.packbits(np.array(types), axis=-1))


if __name__ == "__main__":
    main()
