"""The recogniser's file put together says what the file as it was shipped says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnxruntime

from vision.characters import STEP_PX, _model_file
from vision.network_fields import fields, parted
from vision.network_file import _GRAPH, _NODE, _node, quickened, with_outputs

INNER = ("transpose_51.tmp_0",)


def _answers(model: bytes, picture: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture})


def _operations(model: bytes) -> Counter[str]:
    (graph,) = parted(model, _GRAPH)[1]
    return Counter(_node(each).operation for each in parted(graph, _NODE)[1])


def test_the_same_is_read_in_fewer_steps() -> None:
    shipped = _model_file().read_bytes()
    quick = quickened(shipped)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 20 * STEP_PX)).astype(np.float32)
    for before, after in zip(*(_answers(with_outputs(each, INNER), picture) for each in (shipped, quick)), strict=True):
        assert float(np.abs(after - before).max()) < 1e-3
    steps, fewer = _operations(shipped), _operations(quick)
    assert not fewer["Clip"]
    assert fewer.total() - fewer["Constant"] < steps.total() - steps["Constant"] - 100


def test_what_has_none_of_these_steps_stays() -> None:
    quick = quickened(_model_file().read_bytes())
    assert _operations(quickened(quick)) == _operations(quick)


def test_fields_of_every_kind_are_kept() -> None:
    message = bytes((0x08, 0x96, 0x01, 0x15, 1, 2, 3, 4, 0x19, *range(8), 0x22, 2, 65, 66))
    assert b"".join(whole for _, _, whole in fields(message)) == message
    assert [number for number, _, _ in fields(message)] == [1, 2, 3, 4]
