"""The gate: whole virtual floors with all trouble. A seed that fails here is told with its story; run it again with
`sealline simulate --seed S --items 40`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from simulators.virtual.campaign import simulate
from simulators.virtual.soak import told

RUN = "import sys; from controller.commands import main; sys.argv[0] = 'sealline'; main()"
SEEDS = 8
ITEMS = 40


def test_a_calm_run_packs_everything() -> None:
    run = simulate(5, 10, "none")
    assert not told(run)
    assert run.faults == {}


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_nothing_wrong_is_sealed_and_nothing_lost(seed: int) -> None:
    run = simulate(seed, ITEMS, "heavy")
    assert not run.findings, "\n".join(told(run))


def test_the_same_seed_is_the_same_run_whatever_the_hash_seed() -> None:
    assert _hash("0") == _hash("4711")


def _hash(hash_seed: str) -> str:
    arguments = ["simulate", "--seed", "3", "--items", "8", "--faults", "heavy", "--json"]
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return str(json.loads(run.stdout.splitlines()[-1])["trace_hash"])
