"""Plants a mistake in a copy of the product and lets the virtual floor look for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

from simulators.virtual.campaign import simulate
from simulators.virtual.floor import Depth
from simulators.virtual.troubles import AT_ZONES, Kind
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
ROOMS = ("controller", "devices", "vision", "simulators")
HUNT = """
import json, sys
from simulators.virtual.campaign import simulate
from simulators.virtual.troubles import AT_ZONES, Kind
first, most, items, only, depth, at = json.loads(sys.argv[1])
AT_ZONES.update({Kind(each): (at,) for each in only if at})
for seed in range(first, first + most):
    findings = simulate(seed, items, "heavy", tuple(Kind(each) for each in only), depth).findings
    print(json.dumps([seed, findings[:3]], ensure_ascii=False), flush=True)
    if findings:
        break
"""


class DoesNotFit(Exception):
    """The text that a mutant changes does not stand there exactly once."""


@dataclass(frozen=True, slots=True)
class Catch:
    """Where a mutant was found. :ivar tried: seeds that were needed."""

    seed: int
    finding: str
    tried: int


def edited(mutant: Mutant) -> dict[str, str]:
    """The files that a mistake changes, by path, with it in them. :raises DoesNotFit: the code has changed."""
    texts: dict[str, str] = {}
    for file, old, new in mutant.edits:
        text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise DoesNotFit(f"{mutant.name}: {old!r} stands {text.count(old)} times in {file}")
        texts[file] = text.replace(old, new)
    return texts


def planted(mutant: Mutant, folder: Path) -> None:
    """Copy the product and plant the mistake. :raises DoesNotFit: the code has changed."""
    texts = edited(mutant)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")


def caught(mutant: Mutant, most: int) -> Catch | None:
    """The first of `most` seeds from the pinned one on that finds it; None if none does.

    A seed counts only when the product as it is passes it.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        planted(mutant, folder)
        seed, last = mutant.seed, mutant.seed + most
        while seed < last:
            found = _hunt(mutant, folder, seed, last - seed)
            if found is None:
                return None
            seed, finding = found
            if not _sound(mutant, seed):
                seed += 1
                continue
            return Catch(seed, finding, seed - mutant.seed + 1)
    return None


def _hunt(mutant: Mutant, folder: Path, first: int, most: int) -> tuple[int, str] | None:
    wish = [first, most, mutant.items, mutant.kinds, mutant.depth, mutant.at]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HUNT, json.dumps(wish)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    tried = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode:
        # A mutant that breaks the run itself is caught too.
        return first + len(tried), run.stderr.strip().splitlines()[-1]
    seed, findings = tried[-1]
    return (seed, findings[0]) if findings else None


def _sound(mutant: Mutant, seed: int) -> bool:
    return _passes(seed, mutant.items, tuple(Kind(each) for each in mutant.kinds), Depth(mutant.depth), mutant.at)


@cache
def _passes(seed: int, items: int, kinds: tuple[Kind, ...], depth: Depth, at: str) -> bool:
    """Whether the product as it is passes a seed: asked once for all the mutants that it catches."""
    with patch.dict(AT_ZONES, {kind: (at,) for kind in kinds if at}):
        return not simulate(seed, items, "heavy", kinds, depth).findings
