"""Makes `vision/plate/own_reading.npz`: `python tests/vision/train_plate_reading.py [COUNT] [OUT]` (about an hour).

Rendered plates alone are learned from: numbers drawn at random with confusable characters in plenty, thrown into
road-like and line-like pictures far worse than a line's. Which step shows which character is not told but aligned, by
the recogniser's own reading first and by the learner's later on. Seeds from 1,000,000 on; no test uses them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from simulators.render.glyphs import glyph_ink
from simulators.render.strokes import has_strokes, stroke_ink
from vision.alignment import BLANK, DIGITS, ENDINGS, LETTERS, PROVINCES, SYMBOLS
from vision.characters import read_line
from vision.likelihood import normalised
from vision.plate.straight import lie_of, straightened

FIRST_SEED = 1_000_000
WHITE, BLACK = (238, 238, 238), (26, 26, 26)
LOOKS = [((165, 75, 20), WHITE)] * 5 + [
    ((20, 185, 240), BLACK),
    ((26, 26, 26), WHITE),
    ((238, 238, 238), BLACK),
    ((120, 215, 120), BLACK),
]
CONFUSED = ("0DQ", "8B", "5S", "2Z", "6G", "17T", "GC", "VY", "UV0", "MNHW", "KX", "EF", "LJ", "PF", "38", "A4", "R8")
WIDTHS_PX = (72, 80, 94, 94, 94, 110, 136, 160, 200, 280, 380, 500)
HIDDEN, EPOCHS, BATCH = 128, 10, 256


def number(chance: np.random.Generator) -> str:
    text = chance.choice(list(PROVINCES)) + chance.choice(list(LETTERS))
    while len(text) < 7 or (len(text) == 7 and chance.random() < 0.2):
        part = chance.choice(3, p=(0.45, 0.35, 0.2))
        pool = (DIGITS, LETTERS, chance.choice(CONFUSED))[part]
        text += chance.choice(list(pool))
    return text[:-1] + chance.choice(list(ENDINGS)) if chance.random() < 0.08 else str(text)


def plate(text: str, chance: np.random.Generator) -> np.ndarray:
    ground, ink = LOOKS[chance.integers(len(LOOKS))]
    width, box, gap, dot = (440, 45, 12, 34) if len(text) == 7 else (480, 43, 9, 49)
    picture = np.empty((140, width, 3), np.float32)
    picture[:] = np.array(ground) * chance.uniform(0.5, 1.2)
    colour = tuple(float(part) for part in ink)
    cv2.rectangle(picture, (3, 3), (width - 4, 136), colour, 3)
    stroke, x = float(chance.uniform(8, 12.5)), (width - len(text) * box - (len(text) - 2) * gap - dot) / 2
    for place, character in enumerate(text):
        mask = drawn(character, box, stroke, chance)
        left, share = int(x + (box - mask.shape[1]) // 2), (mask.astype(np.float32) / 255)[:, :, None]
        room = picture[25:115, left : left + mask.shape[1]]
        room[:] = room * (1 - share) + np.array(ink, np.float32) * share
        x += box + (dot if place == 1 else gap)
        if place == 1 and len(text) == 7:
            cv2.circle(picture, (int(x - dot / 2), 70), 5, colour, -1)
    for middle in (width / 4, 3 * width / 4):
        if chance.random() < 0.6:
            screw = (int(middle + chance.integers(-10, 10)), int(chance.choice((12, 128))))
            cv2.circle(picture, screw, int(chance.integers(5, 10)), tuple(map(float, chance.uniform(40, 200, 3))), -1)
    return picture


def drawn(character: str, width: int, stroke: float, chance: np.random.Generator) -> np.ndarray:
    if has_strokes(character) and chance.random() < 0.85:
        return stroke_ink(character, width, 90, stroke)
    worn = int(chance.choice((0, 0, 2, 3)))
    ink = glyph_ink(character, width, 90)
    return cv2.erode(ink, np.ones((worn, worn), np.uint8)) if worn else ink


def seen(picture: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Askew, before another ground, blurred, unevenly lit, pale or over-exposed, grainy, and as JPEG."""
    width = int(chance.choice(WIDTHS_PX))
    height = round(width * (24 / 94 if chance.random() < 0.5 else chance.uniform(0.22, 0.34)))
    fine = 3 if width < 250 else 1
    size = (width * fine, height * fine)
    matrix = cv2.getPerspectiveTransform(corners(picture.shape[1], 140), askew(chance) * np.float32(size))
    inside = cv2.warpPerspective(np.ones(picture.shape[:2], np.float32), matrix, size)[:, :, None]
    behind = chance.uniform(10, 200, 3) + cv2.resize(chance.normal(0, 20, (6, 10, 3)).astype(np.float32), size)
    scene = cv2.warpPerspective(picture, matrix, size) * inside + behind * (1 - inside)
    scene = cv2.GaussianBlur(scene, (0, 0), chance.uniform(0.2, 1.1) * fine * (width / 94) ** 0.3)
    if chance.random() < 0.35:
        length = int(chance.integers(2, 4) * fine)
        scene = cv2.blur(scene, (length, 1) if chance.random() < 0.7 else (1, length))
    scene = cv2.resize(scene, (width, height), interpolation=cv2.INTER_AREA)
    light = cv2.resize(chance.uniform(0.6, 1.4, (2, 4)).astype(np.float32), (width, height))[:, :, None]
    scene = scene * light * chance.uniform(0.12, 1.3) + chance.uniform(0, 110) * (chance.random() < 0.6)
    scene = scene * chance.uniform(0.7, 1.25, 3) + chance.normal(0, chance.uniform(0, 8), scene.shape)
    pixels = np.clip(scene, 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(35, 96))))[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def corners(width: float, height: float) -> np.ndarray:
    return np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)


def askew(chance: np.random.Generator) -> np.ndarray:
    """Where the plate's corners lie, as shares of the picture."""
    inset = np.column_stack((chance.uniform(-0.02, 0.05, 4), chance.uniform(-0.03, 0.14, 4))).astype(np.float32)
    place = corners(1, 1) + inset * np.array(((1, 1), (-1, 1), (-1, -1), (1, -1)), np.float32)
    slope = float(chance.normal(0, 0.06))
    place[:, 1] += (place[:, 0] - 0.5) * slope * 2.2
    if abs(slope) > 0.05:
        place[:, 1] = (place[:, 1] - 0.5) * (1 - abs(slope) * 1.2) + 0.5
    return place


def sample(seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """The recogniser's frames and features of one picture, and what it shows."""
    chance = np.random.default_rng(seed)
    text = number(chance)
    picture = seen(plate(text, chance), chance)
    view = straightened(picture, lie_of(picture), (160, 48), 0.25 if seed % 2 else None)
    look = read_line(picture if seed % 3 == 0 else view)
    return look.frames.astype(np.float32), look.features.astype(np.float16), normalised(text)


def aligned(frames: np.ndarray, text: str) -> np.ndarray:
    """How likely each step shows each symbol, the text being known: the gradient that CTC learns by."""
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = [SYMBOLS.index(character) for character in text]
    skip = np.zeros(states.size)
    skip[3::2] = states[3::2] != states[1:-2:2]
    emitted = np.maximum(frames[:, states], 1e-5).astype(np.float64)
    forward, backward = np.zeros(emitted.shape), np.zeros(emitted.shape)
    forward[0, :2], backward[-1, -2:] = emitted[0, :2], 1
    for step in range(1, len(emitted)):
        before = np.pad(forward[step - 1], (2, 0))
        forward[step] = (before[2:] + before[1:-1] + before[:-2] * skip) * emitted[step]
        forward[step] /= forward[step].sum()
    onward = np.pad(skip, (0, 2))[2:]
    for step in range(len(emitted) - 2, -1, -1):
        after = np.pad(backward[step + 1] * emitted[step + 1], (0, 2))
        backward[step] = after[:-2] + after[1:-1] + after[2:] * onward
        backward[step] /= backward[step].sum()
    shares = np.zeros(frames.shape)
    np.add.at(shares.T, states, (forward * backward).T)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


class Learner:
    """A network of one hidden layer, taught by Adam."""

    def __init__(self, features: int) -> None:
        chance = np.random.default_rng(0)
        wide = (features, HIDDEN, len(SYMBOLS) + 1)
        self.parts = [chance.normal(0, (2 / wide[0]) ** 0.5, wide[:2]), np.zeros(HIDDEN)]
        self.parts += [chance.normal(0, (1 / HIDDEN) ** 0.5, wide[1:]), np.zeros(wide[2])]
        self.parts = [part.astype(np.float32) for part in self.parts]
        self.mean, self.square = ([np.zeros_like(part) for part in self.parts] for _ in range(2))
        self.steps = 0

    def read(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = np.maximum(features @ self.parts[0] + self.parts[1], 0)
        scores = hidden @ self.parts[2] + self.parts[3]
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return hidden, shares / shares.sum(axis=-1, keepdims=True)

    def learn(self, features: np.ndarray, wanted: np.ndarray, rate: float) -> float:
        hidden, shares = self.read(features)
        off = (shares - wanted) / len(features)
        back = off @ self.parts[2].T * (hidden > 0)
        self.steps += 1
        for place, slope in enumerate((features.T @ back, back.sum(0), hidden.T @ off, off.sum(0))):
            self.mean[place] = 0.9 * self.mean[place] + 0.1 * slope
            self.square[place] = 0.999 * self.square[place] + 0.001 * slope**2
            unbiased = self.square[place] / (1 - 0.999**self.steps)
            step = self.mean[place] / (1 - 0.9**self.steps) / (np.sqrt(unbiased) + 1e-8)
            self.parts[place] -= np.float32(rate) * (step + 1e-4 * self.parts[place])
        return float(-(wanted * np.log(shares + 1e-9)).sum(axis=1).mean())


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "vision/plate/own_reading.npz")
    cv2.setNumThreads(1)
    samples = [sample(FIRST_SEED + place) for place in range(count)]
    print(f"{count} plates rendered and read", flush=True)
    frames, features, texts = (list(part) for part in zip(*samples, strict=True))
    flat = np.stack(features).reshape(-1, features[0].shape[1])
    centre, spread = flat.mean(axis=0, dtype=np.float64), flat.std(axis=0, dtype=np.float64) + 1e-3
    learner, chance = Learner(flat.shape[1]), np.random.default_rng(1)
    wanted = np.concatenate([aligned(*pair) for pair in zip(frames, texts, strict=True)])
    scaled = lambda part: ((part - centre) / spread).astype(np.float32)  # noqa: E731
    for epoch in range(EPOCHS):
        if epoch in (2, 5):
            read = [
                learner.read(scaled(each))[1] * np.sqrt(np.maximum(frame, 1e-3))
                for each, frame in zip(features, frames, strict=True)
            ]
            wanted = np.concatenate([aligned(*pair) for pair in zip(read, texts, strict=True)])
        telling = np.nonzero((wanted[:, BLANK] < 0.97) | (chance.random(len(wanted)) < 0.35))[0]
        chance.shuffle(telling)
        rate = 1e-3 * (1 + np.cos(np.pi * epoch / EPOCHS)) + 5e-5
        losses = []
        for first in range(0, len(telling), BATCH):
            part = telling[first : first + BATCH]
            kept = (chance.random(flat.shape[1]) > 0.1) / np.float32(0.9)
            losses.append(learner.learn((scaled(flat[part]) * kept).astype(np.float32), wanted[part], float(rate)))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    inner = learner.parts[0] / spread[:, None]
    bias = learner.parts[1] - (centre / spread) @ learner.parts[0]
    kept_parts = {"inner": inner.astype(np.float16), "inner_bias": bias.astype(np.float32)}
    np.savez_compressed(out, **kept_parts, outer=learner.parts[2].astype(np.float16), outer_bias=learner.parts[3])


if __name__ == "__main__":
    main()
