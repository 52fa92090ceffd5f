"""How much better an expected text explains a recogniser's frames than any text that it could be confused with.

The frames are connectionist temporal classification (CTC) outputs: for each step along the line a probability for
each symbol and for the blank. The score is log P(expected) minus log P(best alternative), alternatives being every
substitution of one character by one of its class, every swap of neighbours, every text that lacks one character, and
the text that reads best. Several looks at one plate are judged together by the mean of their log-likelihoods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are never used in a plate's serial."""
DIGITS = "0123456789"
ENDINGS = "挂学警港澳使领"
SYMBOLS = PROVINCES + LETTERS + DIGITS + ENDINGS
BLANK = len(SYMBOLS)
FLOOR = 1e-6
"""Least probability of a symbol in a frame: what the recogniser rules out is unlikely, not impossible."""

_LEAST = 1e-300
UNEXPLAINED = -1000.0
"""Margin of a text that can't stand on a plate."""

Frames = NDArray[np.float64]
"""Shape (steps, len(SYMBOLS) + 1), the blank last; the rows need not sum to 1."""

_INDEX = {symbol: place for place, symbol in enumerate(SYMBOLS)}
_SERIAL = LETTERS + DIGITS


def normalised(text: str) -> str:
    """A plate's number in the alphabet of `SYMBOLS`: no dots and blanks, O and I as the digits they would be."""
    return text.replace("·", "").replace(" ", "").replace("粵", "粤").replace("O", "0").replace("I", "1")


def margin(frames: Frames, expected: str, rivals: Iterable[str]) -> tuple[float, str]:
    """Log-likelihood of `expected` minus that of the best of the rivals, and that rival; see `joint_margin`."""
    return joint_margin([frames], expected, rivals)


def joint_margin(looks: Sequence[Frames], expected: str, rivals: Iterable[str]) -> tuple[float, str]:
    """Mean log-likelihood of `expected` over several looks minus that of the best of the rivals, and that rival.

    :returns: positive when the expected text explains the frames best; a text that holds anything but `SYMBOLS`
        explains nothing and has `UNEXPLAINED`.
    """
    if not explainable(expected):
        return UNEXPLAINED, ""
    others = [rival for rival in dict.fromkeys(rivals) if rival and rival != expected]
    if not others:
        raise ValueError(f"{expected!r} has no rival: a margin must be against something")
    scores = _log_likelihoods(looks, [expected, *others]).mean(axis=0)
    best = int(np.argmax(scores[1:]))
    return float(scores[0] - scores[1 + best]), others[best]


def explainable(text: str) -> bool:
    """Whether a text consists of `SYMBOLS` alone."""
    return bool(text) and all(character in _INDEX for character in text)


@lru_cache(maxsize=256)
def shortened_texts(expected: str) -> tuple[str, ...]:
    """Every text that lacks one character of the expected: what a covered character leaves."""
    return tuple(dict.fromkeys(expected[:place] + expected[place + 1 :] for place in range(len(expected))))


@lru_cache(maxsize=256)
def confusable_texts(expected: str) -> tuple[str, ...]:
    """Every substitution of one character within its class and every swap of neighbours."""
    rivals = [
        expected[:place] + other + expected[place + 1 :]
        for place, character in enumerate(expected)
        for other in _class_of(character, place)
        if other != character
    ]
    for place in range(len(expected) - 1):
        first, second = expected[place], expected[place + 1]
        if first != second:
            rivals.append(expected[:place] + second + first + expected[place + 2 :])
    return tuple(rivals)


@lru_cache(maxsize=256)
def other_provinces(expected: str) -> tuple[str, ...]:
    """The same number of every other province; empty when the text does not begin with one."""
    if expected[:1] not in PROVINCES:
        return ()
    return tuple(province + expected[1:] for province in PROVINCES if province != expected[0])


def best_text(frames: Frames) -> str:
    """The text that the most likely symbol of each frame spells."""
    best = frames.argmax(axis=1)
    kept = [symbol for place, symbol in enumerate(best) if symbol != BLANK and (not place or symbol != best[place - 1])]
    return "".join(SYMBOLS[symbol] for symbol in kept)


def places_of(frames: Frames, text: str) -> NDArray[np.float64]:
    """Where along the line each character stands: the most likely alignment's middle step for each, in steps.

    :param text: of `SYMBOLS`, with no more characters than half the steps.
    """
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = [_INDEX[character] for character in text]
    emitted = np.log(np.maximum(frames[:, states], FLOOR))
    skips = np.full(states.size, -np.inf)
    skips[3::2] = np.where(states[3::2] != states[1:-2:2], 0.0, -np.inf)
    score = np.full(states.size, -np.inf)
    score[:2] = emitted[0, :2]
    came = np.zeros(emitted.shape, np.intp)
    for step in range(1, len(emitted)):
        before = np.pad(score, (2, 0), constant_values=-np.inf)
        ways = np.stack((before[2:], before[1:-1], before[:-2] + skips))
        came[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[step]
    return _middles(came, int(np.argmax(score[-2:])) + states.size - 2, emitted)


def _middles(came: NDArray[np.intp], state: int, emitted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middle step of each character on the path that ends in a state, weighted by how sure each step is."""
    weights = np.zeros((emitted.shape[1] // 2, len(came)))
    for step in range(len(came) - 1, -1, -1):
        if state % 2:
            weights[state // 2, step] = np.exp(emitted[step, state])
        state -= int(came[step, state])
    return np.asarray((weights * np.arange(len(came))).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9))


def _class_of(character: str, place: int) -> str:
    if character in PROVINCES:
        return PROVINCES
    if character in ENDINGS:
        return ENDINGS
    return LETTERS if place == 1 and character in LETTERS else _SERIAL


def _log_likelihoods(looks: Sequence[Frames], texts: list[str]) -> NDArray[np.float64]:
    """Shape (looks, texts). Texts of all lengths and looks of equally many steps go through one pass."""
    lengths = np.array([len(text) for text in texts])
    labels = np.full((len(texts), int(lengths.max())), BLANK)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = [_INDEX[character] for character in text]
    if len({len(look) for look in looks}) > 1:
        return np.concatenate([_forward(look[None], labels, lengths) for look in looks])
    return _forward(np.stack(looks), labels, lengths)


def _forward(looks: NDArray[np.float64], labels: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.float64]:
    """The CTC forward pass for many labels and looks at once; scaled at each step so that nothing underflows.

    States behind a shorter label's end are passed but not counted.
    """
    count, longest = labels.shape
    states = np.full((count, 2 * longest + 1), BLANK)
    states[:, 1::2] = labels
    skip = np.zeros(states.shape)
    skip[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    emitted = np.maximum(looks, FLOOR).transpose(1, 0, 2)[:, :, states]
    forward = np.zeros((len(looks), count, 2 * longest + 3))
    forward[:, :, 2:4] = emitted[0, :, :, :2]
    total = np.zeros(forward.shape[:2])
    for step in emitted[1:]:
        forward[:, :, 2:] = (forward[:, :, 2:] + forward[:, :, 1:-1] + forward[:, :, :-2] * skip) * step
        scale = forward.max(axis=2)
        forward /= scale[:, :, None]
        total += np.log(scale)
    every = np.arange(count)
    ends = forward[:, every, 2 * lengths + 2] + forward[:, every, 2 * lengths + 1]
    return np.asarray(total + np.log(np.maximum(ends, _LEAST)))
