"""What holds for every test."""

from __future__ import annotations

import gc
import os

import pytest

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")
"""One thread each, as in a vision worker: test processes run side by side, and idle threads burn a third of it."""


def pytest_collection(session: pytest.Session) -> None:
    """Let the garbage collector rest while modules are read: all of them stay."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let it look from here on at what tests make, and no more at the modules and at all collected tests."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the end of the process clear away what stayed: libraries look whether it does."""
    gc.unfreeze()
