"""What the tests of the line's data share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from order_bench import example_config, open_journal

from controller.journal import Journal
from controller.plan.config import LineConfig


@pytest.fixture(scope="session")
def example() -> LineConfig:
    """The commented example."""
    return example_config()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An open journal of line GZ01-L1."""
    async with open_journal(tmp_path / "line.db") as journal:
        yield journal
