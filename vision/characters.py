"""The character recogniser: pictures of lines in, plate-symbol probabilities for each step along them out.

The network is PP-OCRv4 mobile, recognition, as the wheel of `rapidocr` 3.4 ships it; it runs by onnxruntime in one
thread. Of the networks that a wheel ships it is the one that reads plates best: newer ones know more documents and
confuse more plate characters. No other file knows which recogniser it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.alignment import BLANK, SYMBOLS, Frames
from vision.network_file import quickened, with_outputs
from vision.pictures import Picture

Columns = NDArray[np.intp]

LINE_HEIGHT_PX = 48
"""Height that the network takes."""
LINE_WIDTH_PX = 320
"""Width that a line is padded to with grey at most; the network was trained so, and reads coarse lines worse with much
less. Wider lines are narrowed."""
STEP_PX = 8
"""Pixels of a prepared line for each step of the answer."""

_MODEL = "models/ch_PP-OCRv4_rec_infer.onnx"
_FEATURES = ("transpose_51.tmp_0", "p2o.AveragePool.1")
"""Inner results of the network: what its last layer reads from, and what it saw before it compared neighbours."""
_WRITTEN_ALSO = {"0": "Oo", "1": "Il"}
"""Characters of the network that are the same sign on a plate."""
_NOTHING = "·.•-—_ "
"""Characters that are no sign of a plate: dots, dashes and gaps count as blank."""


class RecogniserMissingError(RuntimeError):
    """The network's file is not where the package `rapidocr` must have put it."""


def load() -> None:
    """Load the network now, so that the first picture need not wait for it (about 0.2 s)."""
    _network()


@dataclass(frozen=True, slots=True)
class Look:
    """What one run of the network gives for one line.

    :ivar frames: as its own last layer reads. :ivar features: of each step, for `vision.plate.own_reading`.
    """

    frames: Frames
    features: NDArray[np.float32]


def read_line(line: Picture, width: int = LINE_WIDTH_PX) -> Look:
    """Read a line of print in one run of the network.

    :param line: cropped to the line, upright, dark on light or light on dark.
    :param width: px that it is padded to, a multiple of `STEP_PX`; the time grows with it.
    :returns: the steps that the line takes, and one more.
    """
    session, symbols, columns = _network()
    outputs = [output.name for output in session.get_outputs()]
    read, last, local = session.run(outputs, {session.get_inputs()[0].name: _prepared(line, width)[None]})
    taken = slice(0, -(-line_width(line, width) // STEP_PX) + 1)
    features = np.concatenate((last[0, taken], local[0, :, 0].T[taken]), axis=1)
    return Look(_of_symbols(read[0, taken], symbols, columns), features)


def line_width(line: Picture, width: int = LINE_WIDTH_PX) -> int:
    """How many of the `width` pixels a line takes when it is brought to the network's height."""
    height, length = line.shape[:2]
    return int(min(width, max(1, round(length * LINE_HEIGHT_PX / height))))


def _of_symbols(output: NDArray[np.float32], symbols: Columns, columns: Columns) -> Frames:
    frames = np.zeros((output.shape[0], len(SYMBOLS) + 1))
    np.add.at(frames.T, symbols, output.T[columns])
    return frames


def _prepared(line: Picture, padded_to: int) -> NDArray[np.float32]:
    width = line_width(line, padded_to)
    # Area sampling keeps a large line from aliasing, but enlarges a small one in blocks that the network misreads.
    sampling = cv2.INTER_AREA if line.shape[0] > LINE_HEIGHT_PX else cv2.INTER_LINEAR
    scaled = cv2.resize(line, (width, LINE_HEIGHT_PX), interpolation=sampling)
    padded = np.zeros((3, LINE_HEIGHT_PX, padded_to), np.float32)
    padded[:, :, :width] = scaled.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return padded


@lru_cache(maxsize=1)
def _network() -> tuple[onnxruntime.InferenceSession, Columns, Columns]:
    """The session, and the network's columns with the symbol of `SYMBOLS` (or the blank) that each stands for."""
    model = with_outputs(quickened(_model_file().read_bytes()), _FEATURES)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    dictionary = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    return session, *_columns(["", *dictionary, " "])


def _columns(dictionary: list[str]) -> tuple[Columns, Columns]:
    meaning = dict.fromkeys(("", *_NOTHING), BLANK)
    for symbol, sign in enumerate(SYMBOLS):
        meaning |= dict.fromkeys((sign, *_WRITTEN_ALSO.get(sign, "")), symbol)
    pairs = [(meaning[sign], column) for column, sign in enumerate(dictionary) if sign in meaning]
    return np.array([symbol for symbol, _ in pairs]), np.array([column for _, column in pairs])


def _model_file() -> Path:
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise RecogniserMissingError("package rapidocr is not installed; run `make setup`")
    path = Path(package.origin).parent / _MODEL
    if not path.is_file():
        raise RecogniserMissingError(f"{path} is missing; rapidocr 3.4 ships it: reinstall the locked environment")
    return path
