"""Makes `vision/plate/signs.npz`: `python tests/vision/train_sign_reader.py [COUNT] [OUT]` (a quarter of an hour).

Rendered plates of one row alone are learned from: the renderer's and coarser ones, in light, blur and grain far worse
than the line's, cut out a little wrong. Some characters are hidden by things; what is hidden to a quarter is no sign,
and so is what is seen between two places. Seeds from 1,100,000 on; no test uses them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from train_plate_reading import number, plate

from simulators.render.plates import plate_sprite
from vision.alignment import BLANK, SYMBOLS
from vision.likelihood import normalised
from vision.plate.kinds import ONE_ROW
from vision.plate.reading import line_view
from vision.plate.rows import places_of_rows
from vision.plate.signs import CELL, KERNELS, patches, sign_cells
from vision.plate.visible import cells_amid
from vision.pocket import SCALE_PX_PER_MM

FIRST_SEED = 1_100_000
STYLES = {7: ("blue", "yellow", "white", "black"), 8: ("green", "yellow_green")}
WIDTHS_MM, HEIGHT_MM, ROW_MM = {7: 440.0, 8: 480.0}, 140.0, (25.0, 115.0)
CHANNELS, HIDDEN, EPOCHS, BATCH, RATE, SMOOTHED = (12, 24), 96, 10, 128, 1.5e-3, 0.01
IGNORED = -1
"""Of a character that is hidden a little: neither a sign nor none."""
NO_SIGN_FROM, SIGN_TO = 0.25, 0.08
"""Shares of a character that are changed by what lies on it."""


def sample(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What the reader sees of each character of one plate, and which symbol it is."""
    chance = np.random.default_rng(seed)
    text = number(chance)
    grey, hidden = covered(drawn(text, chance), text, chance)
    picture = cv2.cvtColor(seen(grey, chance), cv2.COLOR_GRAY2BGR)
    (place,) = places_of_rows(picture, 1, normalised(text), trimmed=True)
    view = line_view(picture[place], text)
    if between := chance.random() < 0.04:
        view = np.ascontiguousarray(np.roll(view, int(chance.choice((-12, 12))), 1))
    width, gap, _ = ONE_ROW[len(text)]
    pitch = (width + gap) / WIDTHS_MM[len(text)] * picture.shape[1] / picture[place].shape[1] * view.shape[1]
    cells = sign_cells(view, [sum(each) / 2 for each in cells_amid(view.shape[1], pitch, len(text))])
    symbols = np.array([SYMBOLS.index(character) for character in normalised(text)])
    symbols = np.where(hidden > NO_SIGN_FROM, BLANK, np.where(hidden > SIGN_TO, IGNORED, symbols))
    if between:
        symbols[:] = BLANK
        symbols[[0, -1]] = IGNORED
    return cells, symbols


def drawn(text: str, chance: np.random.Generator) -> np.ndarray:
    """Brightness of a plate under light of some colour, in px of the line's flattened plates."""
    size = (WIDTHS_MM[len(text)], HEIGHT_MM)
    if chance.random() < 0.55:
        code = f"PM{chance.integers(10**9):010d}" if chance.random() < 0.8 else ""
        picture = plate_sprite(str(chance.choice(STYLES[len(text)])), text, code, size, SCALE_PX_PER_MM).picture
    else:
        pixels = (round(size[0] * SCALE_PX_PER_MM), round(size[1] * SCALE_PX_PER_MM))
        picture = cv2.resize(plate(text, chance), pixels, interpolation=cv2.INTER_LINEAR)
    shares = np.array((0.114, 0.587, 0.299)) * chance.uniform(0.7, 1.3, 3)
    return picture.astype(np.float32) @ shares.astype(np.float32)


def covered(grey: np.ndarray, text: str, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The plate with something on it, in two of five; and the share of each character that it changes."""
    hidden = np.zeros(len(text))
    if chance.random() < 0.62:
        return grey, hidden
    (height, width), (box, gap, _) = grey.shape, ONE_ROW[len(text)]
    pitch = (box + gap) * SCALE_PX_PER_MM
    middles = [sum(cell) / 2 for cell in cells_amid(width, pitch, len(text))]
    mask = np.zeros(grey.shape, np.float32)
    for _ in range(int(chance.integers(1, 3))):
        middle = middles[int(chance.integers(len(text)))] + chance.normal(0, 14) * SCALE_PX_PER_MM
        place = (int(middle), int((HEIGHT_MM / 2 + chance.normal(0, 28)) * SCALE_PX_PER_MM))
        half = chance.uniform((4, 4), (34, 50)) * SCALE_PX_PER_MM
        turn = float(chance.uniform(0, 180))
        if chance.random() < 0.5:
            cv2.fillPoly(mask, [np.int32(cv2.boxPoints((place, tuple(2 * half), turn)))], 1.0, cv2.LINE_AA)
        else:
            cv2.ellipse(mask, place, (int(half[0]), int(half[1])), turn, 0, 360, 1.0, -1, cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), float(chance.uniform(0.5, 2)))
    if chance.random() < 0.2:
        mask *= np.float32(chance.uniform(0.3, 1))
    texture = cv2.resize(
        chance.uniform(10, 250, (14, 44)).astype(np.float32), (width, height), interpolation=int(chance.choice((0, 1)))
    )
    colours = (chance.uniform(10, 250), np.median(grey), np.percentile(grey, 94), texture)
    out = grey * (1 - mask) + colours[chance.integers(4)] * mask
    rows = slice(*(int(each * SCALE_PX_PER_MM) for each in ROW_MM))
    for at, middle in enumerate(middles):
        part = (rows, slice(*(max(0, int(middle + side * box / 2 * SCALE_PX_PER_MM)) for side in (-1, 1))))
        hidden[at] = (np.abs(out[part] - grey[part]) > 18).mean()
    return out.astype(np.float32), hidden


def seen(grey: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Blurred, cut out a little wrong, unevenly lit, pale, with a glare, grainy, and as JPEG."""
    height, width = grey.shape
    blurred = cv2.GaussianBlur(grey, (0, 0), float(chance.uniform(0.3, 1.5)))
    if chance.random() < 0.25:
        length = int(chance.integers(2, 5))
        blurred = cv2.blur(blurred, (length, 1) if chance.random() < 0.6 else (1, length))
    turn, scale, lean = np.radians(chance.normal(0, 0.25)), 1 + chance.normal(0, 0.007, 2), chance.normal(0, 0.008)
    onto = np.array(((np.cos(turn) * scale[0], lean - np.sin(turn)), (np.sin(turn), np.cos(turn) * scale[1])))
    middle = np.array((width, height)) / 2
    shift = middle - onto @ middle + chance.normal(0, 1.2, 2) * SCALE_PX_PER_MM
    film = float(chance.uniform(90, 150))
    scene = cv2.warpAffine(
        blurred, np.hstack((onto, shift[:, None])), (width, height), borderMode=cv2.BORDER_CONSTANT, borderValue=film
    )
    light = cv2.resize(chance.uniform(0.65, 1.2, (2, 4)).astype(np.float32), (width, height))
    scene = scene * light * np.float32(chance.uniform(0.35, 1.15)) + chance.uniform(0, 70) * (chance.random() < 0.4)
    if chance.random() < 0.3:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        away = np.hypot(x - chance.uniform(0, width), y - chance.uniform(0, height)) / height
        scene += np.exp(-((away / chance.uniform(0.2, 1.3)) ** 2)) * chance.uniform(15, 110)
    scene = scene + chance.normal(0, chance.uniform(0.5, 6), scene.shape)
    pixels = np.clip(scene, 0, 255).astype(np.uint8)
    if chance.random() < 0.4:
        return pixels
    data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(55, 96))))[1]
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


class Learner:
    """Two layers of kernels, one hidden layer, taught by Adam; as `vision.plate.signs` reads."""

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        rows, columns = ((side + 3) // 4 for side in CELL)
        sizes = [
            (KERNELS[0] ** 2, CHANNELS[0]),
            (KERNELS[1] ** 2 * CHANNELS[0], CHANNELS[1]),
            (rows * columns * CHANNELS[1], HIDDEN),
            (HIDDEN, len(SYMBOLS) + 1),
        ]
        self.parts: list[np.ndarray] = []
        for size in sizes:
            self.parts += [chance.normal(0, (2 / size[0]) ** 0.5, size), np.zeros(size[1])]
        self.parts = [part.astype(np.float32) for part in self.parts]
        self.mean, self.square = ([np.zeros_like(part) for part in self.parts] for _ in range(2))
        self.steps = 0

    def read(self, cells: np.ndarray, kept: np.ndarray | float = 1.0) -> list[np.ndarray]:
        """What each layer takes and gives, the scores last. :param kept: of the last kernels' answers."""
        given = [cells[..., None]]
        for layer, kernel in enumerate(KERNELS):
            taken = patches(given[-1], kernel)
            given += [taken, np.maximum(taken @ self.parts[2 * layer] + self.parts[2 * layer + 1], 0)]
        given.append(given[-1].reshape(len(cells), -1) * np.float32(kept))
        given.append(np.maximum(given[-1] @ self.parts[4] + self.parts[5], 0))
        given.append(given[-1] @ self.parts[6] + self.parts[7])
        return given

    def learn(self, cells: np.ndarray, symbols: np.ndarray, rate: float, chance: np.random.Generator) -> float:
        flat = self.parts[4].shape[0]
        kept = (chance.random((len(cells), flat)) > 0.15) / np.float32(0.85)
        _, first, one, second, two, joined, hidden, scores = self.read(cells, kept)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        wanted = np.full_like(shares, SMOOTHED / shares.shape[1])
        wanted[np.arange(len(symbols)), symbols] += 1 - SMOOTHED
        off = (shares - wanted) / np.float32(len(cells))
        to_hidden = off @ self.parts[6].T * (hidden > 0)
        to_two = ((to_hidden @ self.parts[4].T) * kept).reshape(two.shape) * (two > 0)
        to_one = spread(to_two @ self.parts[2].T, one.shape, KERNELS[1]) * (one > 0)
        slopes = [slope for pair in ((first, to_one), (second, to_two)) for slope in sloped(*pair)]
        slopes += [*sloped(joined, to_hidden), *sloped(hidden, off)]
        self._step(slopes, rate)
        return float(-np.log(shares[np.arange(len(symbols)), symbols] + 1e-9).mean())

    def _step(self, slopes: list[np.ndarray], rate: float) -> None:
        self.steps += 1
        for place, slope in enumerate(slopes):
            self.mean[place] = 0.9 * self.mean[place] + 0.1 * slope
            self.square[place] = 0.999 * self.square[place] + 0.001 * slope**2
            unbiased = self.square[place] / (1 - 0.999**self.steps)
            step = self.mean[place] / (1 - 0.9**self.steps) / (np.sqrt(unbiased) + 1e-8)
            decay = 2e-4 * self.parts[place] if slope.ndim == 2 else 0
            self.parts[place] -= np.float32(rate) * (step + decay).astype(np.float32)


def sloped(taken: np.ndarray, back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of a layer's weights and bias."""
    taken, back = taken.reshape(-1, taken.shape[-1]), back.reshape(-1, back.shape[-1])
    return taken.T @ back, back.sum(axis=0)


def spread(back: np.ndarray, shape: tuple[int, ...], kernel: int) -> np.ndarray:
    """What came to each patch given back to the values that the patches were cut from."""
    count, height, width, channels = shape
    reach, rows, columns = kernel // 2, back.shape[1], back.shape[2]
    back = back.reshape(count, rows, columns, kernel, kernel, channels)
    around = np.zeros((count, height + 2 * reach, width + 2 * reach, channels), np.float32)
    for down in range(kernel):
        for right in range(kernel):
            around[:, down : down + 2 * rows - 1 : 2, right : right + 2 * columns - 1 : 2] += back[:, :, :, down, right]
    return around[:, reach : reach + height, reach : reach + width]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12_000
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "vision/plate/signs.npz")
    cv2.setNumThreads(1)
    pairs = [sample(FIRST_SEED + place) for place in range(count)]
    cells, symbols = (np.concatenate(part) for part in zip(*pairs, strict=True))
    cells, symbols = cells[symbols != IGNORED].astype(np.float16), symbols[symbols != IGNORED]
    held = len(cells) // 20
    print(f"{len(cells)} characters of {count} plates, one in twenty held out", flush=True)
    learner, chance = Learner(), np.random.default_rng(1)
    for epoch in range(EPOCHS):
        order, losses = held + chance.permutation(len(cells) - held), []
        for first in range(0, len(order) - BATCH, BATCH):
            done = (epoch + first / len(order)) / EPOCHS
            rate = RATE / 2 * (1 + np.cos(np.pi * done)) + 1e-5
            part = order[first : first + BATCH]
            losses.append(learner.learn(cells[part].astype(np.float32), symbols[part], float(rate), chance))
        right = learner.read(cells[:held].astype(np.float32))[-1].argmax(axis=1) == symbols[:held]
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, held out {right.mean():.4f} right", flush=True)
    names = [f"{name}{part}" for name in ("first", "second", "hidden", "outer") for part in ("", "_bias")]
    np.savez_compressed(out, **{name: part.astype(np.float16) for name, part in zip(names, learner.parts, strict=True)})


if __name__ == "__main__":
    main()
