"""A line and its page, for the tests of the web process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.plan.config import LineConfig
from tests.web.floor import FakeLine, config_in, line_up, web_up


@pytest.fixture
def config(tmp_path: Path) -> LineConfig:
    return config_in(tmp_path)


@pytest.fixture
async def line(config: LineConfig) -> AsyncIterator[FakeLine]:
    async with line_up(FakeLine(config)) as up:
        yield up


@pytest.fixture
async def web(config: LineConfig, line: FakeLine) -> AsyncIterator[str]:
    async with web_up(config) as base:
        yield base
