"""Passes over a recogniser's frames: how likely a text is, with each of its characters changed, and where each stands.

Frames are connectionist temporal classification (CTC) outputs; a text passes through its characters in order, with any
number of blanks around each, and equal neighbours must have a blank between them.
"""

from __future__ import annotations

from collections.abc import Sequence

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
_SCALED_EACH = 8
"""Steps after which likelihoods are scaled: of the least, `FLOOR` to this power is left."""

Values = NDArray[np.float64]
Frames = NDArray[np.float64]
"""Shape (steps, len(SYMBOLS) + 1), the blank last; the rows need not sum to 1."""

INDEX = {symbol: place for place, symbol in enumerate(SYMBOLS)}


def best_text(frames: Frames) -> str:
    """The text that the most likely symbol of each frame spells."""
    best = frames.argmax(axis=1)
    kept = [symbol for place, symbol in enumerate(best) if symbol != BLANK and (not place or symbol != best[place - 1])]
    return "".join(SYMBOLS[symbol] for symbol in kept)


def log_likelihoods(frames: Frames, texts: Sequence[str]) -> Values:
    """Of each text; texts of all lengths go through one pass, and so do several readings in as many steps.

    :param frames: of one reading, or of several, the first axis then telling them apart, as in what is returned.
    States behind a shorter text's end are passed but not counted. Scaled every few steps, so that nothing underflows.
    """
    labels, lengths = _labels(texts)
    count, longest = labels.shape
    states = np.full((count, 2 * longest + 1), BLANK)
    states[:, 1::2] = labels
    skip = np.zeros(states.shape)
    skip[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    emitted = np.moveaxis(np.maximum(frames, FLOOR)[..., states], -3, 0)
    forward = np.zeros((*emitted.shape[1:-1], 2 * longest + 3))
    forward[..., 2:4] = emitted[0, ..., :2]
    total, coming = np.zeros(forward.shape[:-1]), np.empty(emitted.shape[1:])
    for step in range(1, len(emitted)):
        np.multiply(forward[..., :-2], skip, out=coming)
        coming += forward[..., 1:-1]
        coming += forward[..., 2:]
        np.multiply(coming, emitted[step], out=forward[..., 2:])
        if step % _SCALED_EACH == 0:
            scale = forward.max(axis=-1)
            forward /= scale[..., None]
            total += np.log(scale)
    every = np.arange(count)
    ends = forward[..., every, 2 * lengths + 2] + forward[..., every, 2 * lengths + 1]
    return np.asarray(total + np.log(np.maximum(ends, _LEAST)))


def substitutions(frames: Frames, text: str) -> Values:
    """Log-likelihood of the text with one character changed, for each place and each symbol.

    All paths share what comes before and after the changed character, so one pass from each end serves them all.

    :param frames: of one reading, or of several in as many steps, the first axis then telling them apart.
    :returns: shape (len(text), len(SYMBOLS)), for each reading; where the symbol is the text's own, it is the text's
        log-likelihood.
    """
    readings = np.maximum(frames if frames.ndim == 3 else frames[None], FLOOR)
    emitted = np.ascontiguousarray(np.moveaxis(readings, 1, 0))
    labels = np.array([INDEX[character] for character in text])
    (before, after), (before_log, after_log) = _passed(emitted, labels)
    after, after_log = after[::-1], after_log[::-1]
    coming = _next_to(before, labels)
    going = _next_to(after, labels[::-1])[:, :, ::-1]
    grown = emitted[..., :-1] * np.exp(-np.diff(before_log, axis=0, prepend=0.0))[..., None]
    inside = np.zeros((*emitted.shape[:2], len(text), len(SYMBOLS)))
    inside[0, :, 0] = grown[0]
    for step in range(1, len(emitted)):
        np.add(inside[step - 1], coming[step - 1], out=inside[step])
        inside[step] *= grown[step, :, None]
    joined = before_log[:-1] + after_log[1:]
    most = np.maximum(joined.max(axis=0), before_log[-1])
    total = np.einsum("sl,slpc,slpc->lpc", np.exp(joined - most), inside[:-1], going[1:])
    total[:, -1] += inside[-1, :, -1] * np.exp(before_log[-1] - most)[:, None]
    changed = np.log(np.maximum(total, _LEAST)) + most[:, None, None]
    return np.asarray(changed if frames.ndim == 3 else changed[0], np.float64)


def places_of(frames: Frames, text: str) -> Values:
    """Where along the line each character stands: the most likely alignment's middle step for each, in steps.

    :param text: of `SYMBOLS`, with no more characters than half the steps.
    """
    states = np.full(2 * len(text) + 1, BLANK)
    states[1::2] = [INDEX[character] for character in text]
    emitted = np.log(np.maximum(frames[:, states], FLOOR))
    skips = np.full(states.size, -np.inf)
    skips[3::2] = np.where(states[3::2] != states[1:-2:2], 0.0, -np.inf)
    score = np.full(states.size, -np.inf)
    score[:2] = emitted[0, :2]
    came = np.zeros(emitted.shape, np.intp)
    ways = np.full((3, states.size), -np.inf)
    for step in range(1, len(emitted)):
        ways[0], ways[1, 1:] = score, score[:-1]
        np.add(score[:-2], skips[2:], out=ways[2, 2:])
        ways.argmax(axis=0, out=came[step])
        score = ways.max(axis=0) + emitted[step]
    return _middles(came, int(np.argmax(score[-2:])) + states.size - 2, emitted)


def _middles(came: NDArray[np.intp], state: int, emitted: Values) -> Values:
    """The middle step of each character on the path that ends in a state, weighted by how sure each step is."""
    weights = np.zeros((emitted.shape[1] // 2, len(came)))
    for step in range(len(came) - 1, -1, -1):
        if state % 2:
            weights[state // 2, step] = np.exp(emitted[step, state])
        state -= int(came[step, state])
    return np.asarray((weights * np.arange(len(came))).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9))


def _passed(emitted: Values, labels: NDArray[np.intp]) -> tuple[Values, Values]:
    """How likely the text's beginning is up to each state at each step, and the logarithm of each step's scale; then
    the same of text and steps from their ends.

    :param emitted: shape (steps, readings, symbols).
    :returns: shapes (2, steps, readings, states) and (2, steps, readings).
    """
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    skip = np.zeros((2, 1, states.size))
    skip[0, 0, 3::2] = labels[1:] != labels[:-1]
    skip[1, 0, 3::2] = skip[0, 0, 3::2][::-1]
    shown = emitted[..., states]
    shown = np.stack((shown, shown[::-1, :, ::-1]), axis=1)
    passed, scales = np.zeros((*shown.shape[:3], states.size + 2)), np.ones(shown.shape[:3])
    passed[0, ..., 2:4] = shown[0, ..., :2]
    for step in range(1, len(emitted)):
        last, now = passed[step - 1], passed[step, ..., 2:]
        np.multiply(last[..., :-2], skip, out=now)
        now += last[..., 1:-1]
        now += last[..., 2:]
        now *= shown[step]
        if step % _SCALED_EACH == 0:
            scales[step] = now.max(axis=-1)
            now /= scales[step, ..., None]
    return np.moveaxis(passed[..., 2:], 1, 0), np.moveaxis(np.cumsum(np.log(scales), axis=0), 1, 0)


def _next_to(passed: Values, labels: NDArray[np.intp]) -> Values:
    """What may pass straight into each character of the text at each step, were it each of the symbols: from the blank
    before it, and from its neighbour unless they are equal."""
    blanks = passed[..., :-1:2]
    coming = np.empty((*blanks.shape, len(SYMBOLS)))
    coming[..., 0, :] = blanks[..., 0, None]
    coming[..., 1:, :] = (blanks[..., 1:] + passed[..., 1:-3:2])[..., None]
    coming[..., np.arange(1, len(labels)), labels[:-1]] = blanks[..., 1:]
    return coming


def _labels(texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    lengths = np.array([len(text) for text in texts])
    labels = np.full((len(texts), int(lengths.max())), BLANK)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = [INDEX[character] for character in text]
    return labels, lengths
