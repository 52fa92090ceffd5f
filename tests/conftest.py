"""What holds for every test."""

from __future__ import annotations

import gc

import pytest


def pytest_collection(session: pytest.Session) -> None:
    """Let the garbage collector rest while modules are read: all of them stay."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let it look from here on at what tests make, and no more at the modules and at all collected tests."""
    gc.collect()
    gc.freeze()
    gc.enable()
