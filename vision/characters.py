"""The character recogniser: one line's picture in, plate-symbol probabilities for each step along it out.

The network is PP-OCRv6 small, recognition, as shipped in the `rapidocr` package; it runs by onnxruntime in one
thread. No other file knows which recogniser it is.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.likelihood import BLANK, SYMBOLS, Frames
from vision.pictures import Picture

Columns = NDArray[np.intp]

LINE_HEIGHT_PX = 48
"""Height that the network takes."""
LINE_WIDTH_PX = 192
"""Width that each line is padded to; wider lines are narrowed."""

_MODEL = "models/PP-OCRv6_rec_small.onnx"
_WRITTEN_ALSO = {
    "粤": "粵", "贵": "貴", "云": "雲", "陕": "陝", "苏": "蘇", "辽": "遼", "鲁": "魯", "赣": "贛", "闽": "閩",
    "沪": "滬", "宁": "寧", "学": "學", "领": "領", "0": "Oo〇", "1": "Il", "C": "c", "S": "s", "V": "v", "W": "w",
    "X": "x", "Z": "z", "U": "u", "P": "p", "K": "k",
}  # fmt: skip
"""Characters of the network that are the same sign on a plate."""
_NOTHING = "·.•-—_ "
"""Characters that are no sign of a plate: dots, dashes and gaps count as blank."""


class RecogniserMissingError(RuntimeError):
    """The network's file is not where the package `rapidocr` must have put it."""


def load() -> None:
    """Load the network now, so that the first picture need not wait for it (about 0.2 s)."""
    _network()


def read_line(line: Picture) -> Frames:
    """Read one line of print.

    :param line: cropped to the line, upright, dark on light or light on dark.
    """
    session, symbols, columns = _network()
    output = session.run(None, {session.get_inputs()[0].name: _prepared(line)})[0][0]
    frames = np.zeros((output.shape[0], len(SYMBOLS) + 1))
    np.add.at(frames.T, symbols, output.T[columns])
    return frames


def _prepared(line: Picture) -> NDArray[np.float32]:
    width = min(LINE_WIDTH_PX, max(1, round(line.shape[1] * LINE_HEIGHT_PX / line.shape[0])))
    # Area sampling keeps a large line from aliasing, but enlarges a small one in blocks that the network misreads.
    sampling = cv2.INTER_AREA if line.shape[0] > LINE_HEIGHT_PX else cv2.INTER_LINEAR
    scaled = cv2.resize(line, (width, LINE_HEIGHT_PX), interpolation=sampling)
    padded = np.zeros((1, 3, LINE_HEIGHT_PX, LINE_WIDTH_PX), np.float32)
    padded[0, :, :, :width] = scaled.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return padded


@lru_cache(maxsize=1)
def _network() -> tuple[onnxruntime.InferenceSession, Columns, Columns]:
    """The session, and the network's columns with the symbol of `SYMBOLS` (or the blank) that each stands for."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(_model_file()), options, providers=["CPUExecutionProvider"])
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
        raise RecogniserMissingError(f"{path} is missing; rapidocr 3.10 ships it: reinstall the locked environment")
    return path
