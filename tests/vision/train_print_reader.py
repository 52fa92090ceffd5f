"""Makes `vision/print_reader.npz`: `python tests/vision/train_print_reader.py FONT_FOLDER [OUT]`.

Each training character is drawn in a printing font (serif, sans, condensed, monospaced; no italic), worn, blurred,
coarsened and cut out a little wrong. Two families and every CJK font stay out: they are the test of a font never seen.
Four minutes on one core; the seed makes the file repeat.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vision.print_reader import CELL, CHARACTERS, cell

HELD_OUT = ("NotoSansCJK", "LiberationMono", "DejaVuSerif-")
LEFT_OUT = (
    "Italic",
    "Oblique",
    "Symbols",
    "Dingbats",
    "Z003",
    "Standard",
    "ExtraLight",
    "Math",
    "Chancery",
    "D050000L",
)
HIDDEN = 160
EACH = 260
"""Samples of one character in one font."""
DRAWN_PX = 80
Cells = NDArray[np.float32]


def fonts(folder: Path, held_out: bool) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".ttf", ".otf", ".ttc"))
    found = [path for path in found if not any(name in path.name for name in LEFT_OUT)]
    return [path for path in found if any(name in path.name for name in HELD_OUT) == held_out]


def glyphs(path: Path) -> dict[str, Cells] | None:
    """Ink of each character over the height of the font's capitals and digits."""
    font = ImageFont.truetype(str(path), DRAWN_PX)
    boxes = [font.getbbox(character) for character in CHARACTERS]
    if any(box[2] <= box[0] for box in boxes):
        return None
    top, bottom = font.getbbox("H0E8")[1], font.getbbox("H0E8")[3]
    drawn = {}
    for character in CHARACTERS:
        canvas = Image.new("L", (DRAWN_PX * 2, DRAWN_PX * 2), 0)
        ImageDraw.Draw(canvas).text((DRAWN_PX // 2, 0), character, font=font, fill=255)
        ink = np.asarray(canvas, np.float32)[max(0, top - 8) : bottom + 8] / 255
        columns = np.flatnonzero(ink.max(axis=0) > 0.3)
        drawn[character] = ink[:, max(0, columns[0] - 8) : columns[-1] + 9]
    return drawn


def worn(ink: Cells, chance: np.random.Generator) -> Cells:
    """As a camera sees a print of it and `print_reader` cuts it out."""
    weight = int(chance.integers(-3, 5))
    kernel = np.ones((abs(weight) + 1, abs(weight) + 1), np.uint8)
    ink = cv2.dilate(ink, kernel) if weight > 0 else cv2.erode(ink, kernel) if weight < -1 else ink
    turn, lean = np.radians(chance.uniform(-2.5, 2.5)), chance.uniform(-0.05, 0.05)
    height = chance.uniform(13, 32)
    scale = height / (ink.shape[0] - 16)
    wide = chance.uniform(0.85, 1.18)
    matrix = np.array(
        (
            (scale * wide * np.cos(turn), -scale * (np.sin(turn) + lean), 3.0),
            (scale * np.sin(turn), scale * np.cos(turn), 3.0),
        )
    )
    size = int(ink.shape[1] * scale * wide + 6), int(ink.shape[0] * scale + 6)
    soft = cv2.GaussianBlur(ink, (0, 0), max(0.3, 0.45 / scale))
    seen = cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR)
    seen = cv2.GaussianBlur(seen, (0, 0), chance.uniform(0.3, 0.055 * height))
    seen = np.clip(
        seen * chance.uniform(0.85, 1.25) + chance.normal(0, chance.uniform(0, 0.07), seen.shape), 0, 1
    ).astype(np.float32)
    top = 3 + 8 * scale + chance.normal(0, 0.035 * height)
    first, last = round(top), round(top + height + chance.normal(0, 0.035 * height))
    band = seen[max(0, first) : max(first + 8, last)]
    columns = np.flatnonzero(band.max(axis=0) > 0.35)
    if len(columns) < 2:
        return np.zeros(CELL, np.float32)
    left, right = columns[0] + int(chance.integers(-1, 2)), columns[-1] + 1 + int(chance.integers(-1, 2))
    return cell(band[:, max(0, left) : max(left + 2, right)])


def samples(paths: list[Path], each: int, seed: int) -> tuple[Cells, NDArray[np.int64]]:
    chance = np.random.default_rng(seed)
    cells, labels = [], []
    for path in paths:
        drawn = glyphs(path)
        for place, character in enumerate(CHARACTERS if drawn else ""):
            assert drawn is not None
            cells += [worn(drawn[character], chance) for _ in range(each)]
            labels += [place] * each
    return np.stack(cells).reshape(len(cells), -1), np.array(labels)


def train(cells: Cells, labels: NDArray[np.int64], seed: int, rounds: int = 20) -> list[Cells]:
    """Two layers by Adam on the softmax's cross entropy, with a little label smoothing."""
    chance = np.random.default_rng(seed)
    many = len(CHARACTERS)
    sizes = ((cells.shape[1], HIDDEN), (HIDDEN,), (HIDDEN, many), (many,))
    weights = [
        chance.normal(0, np.sqrt(2 / size[0]), size).astype(np.float32) if len(size) > 1 else np.zeros(size, np.float32)
        for size in sizes
    ]
    mean, square = [np.zeros_like(each) for each in weights], [np.zeros_like(each) for each in weights]
    step, batch = 0, 512
    total = rounds * (len(cells) // batch)
    for _ in range(rounds):
        order = chance.permutation(len(cells))
        for start in range(0, len(cells) - batch + 1, batch):
            rows = order[start : start + batch]
            given = cells[rows]
            hidden = np.maximum(given @ weights[0] + weights[1], 0)
            logits = hidden @ weights[2] + weights[3]
            share = np.exp(logits - logits.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            wanted = np.full_like(share, 0.02 / many)
            wanted[np.arange(batch), labels[rows]] += 0.98
            error = (share - wanted) / batch
            back = (error @ weights[2].T) * (hidden > 0)
            slopes = [given.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
            step += 1
            rate = 2e-3 * (1 - step / (total + 1))
            for place, slope in enumerate(slopes):
                slope = slope + 1e-5 * weights[place]
                mean[place] = 0.9 * mean[place] + 0.1 * slope
                square[place] = 0.999 * square[place] + 0.001 * slope**2
                weights[place] -= (
                    rate * (mean[place] / (1 - 0.9**step)) / (np.sqrt(square[place] / (1 - 0.999**step)) + 1e-8)
                )
    return weights


def right(weights: list[Cells], cells: Cells, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Share read right, with and without pairs that many fonts print alike."""
    best = (np.maximum(cells @ weights[0] + weights[1], 0) @ weights[2] + weights[3]).argmax(axis=1)
    alike = np.arange(len(CHARACTERS))
    alike[CHARACTERS.index("O")], alike[CHARACTERS.index("I")] = CHARACTERS.index("0"), CHARACTERS.index("1")
    return float((best == labels).mean()), float((alike[best] == alike[labels]).mean())


def main() -> None:
    folder, out = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "vision/print_reader.npz")
    cells, labels = samples(fonts(folder, held_out=False), EACH, seed=1)
    print(f"{len(fonts(folder, held_out=False))} fonts, {len(cells)} samples")
    weights = train(cells, labels, seed=2)
    names = ("first", "first_bias", "second", "second_bias")
    np.savez_compressed(out, **{name: each.astype(np.float16) for name, each in zip(names, weights, strict=True)})
    print("fonts seen, other samples:", right(weights, *samples(fonts(folder, held_out=False), 5, seed=3)))
    for path in fonts(folder, held_out=True):
        if glyphs(path):
            print(path.name, right(weights, *samples([path], 40, seed=4)))


if __name__ == "__main__":
    main()
