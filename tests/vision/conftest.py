"""A line that nothing was taught yet, and samples to teach it with."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from plant_scenes import carrier, contents_of, laid_by_hand, picture

from tests.vision.teaching import EXAMPLE


@pytest.fixture
def line_file(tmp_path: Path) -> Path:
    """The example's configuration in a folder of its own, with nothing taught yet."""
    file = tmp_path / "line.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good product, laid anew for each picture."""
    folder = tmp_path_factory.mktemp("samples")
    for seed in range(5):
        standing = carrier(laid_by_hand(contents_of("licences"), Random(f"taught {seed}")))
        (folder / f"{seed}.jpg").write_bytes(picture("close_up", standing, 600 + seed))
    return folder
