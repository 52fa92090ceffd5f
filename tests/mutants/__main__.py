"""Plant each mutant in a copy of the product and see that the virtual floor catches it.

A seed counts only when the product as it is passes it. Ends with 1 if a mutant gets away.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.planted import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
ROOMS = ("controller", "devices", "vision", "simulators")
RUN = "import sys; from controller.commands import main; sys.argv[0] = 'sealline'; main()"


class DoesNotFit(Exception):
    """The text that a mutant changes does not stand there exactly once."""


def planted(mutant: Mutant, folder: Path) -> None:
    """Copy the product and plant the mistake. :raises DoesNotFit: the code has changed."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in mutant.edits:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise DoesNotFit(f"{mutant.name}: {old!r} stands {text.count(old)} times in {file}")
        path.write_text(text.replace(old, new), encoding="utf-8")


def caught(mutant: Mutant, most: int) -> tuple[int, str] | None:
    """The first seed from the kept one on that finds it, with its first finding; None if none of `most` does."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        planted(mutant, folder)
        for seed in range(mutant.seed, mutant.seed + most):
            finding = _run(mutant, folder, seed)
            if finding and not _run(mutant, ROOT, seed):
                return seed, finding
    return None


def _run(mutant: Mutant, folder: Path, seed: int) -> str:
    arguments = ["simulate", "--seed", str(seed), "--items", str(mutant.items), "--faults", "heavy"]
    if mutant.only:
        arguments += ["--only", mutant.only]
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if run.returncode == 0:
        return ""
    lines = [line.strip() for line in run.stdout.splitlines() if line.startswith("  ") and not line.startswith("    ")]
    return lines[0] if lines else run.stderr.strip().splitlines()[-1]


def main() -> int:
    """Hunt all, or those whose name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=20)
    wish = parser.parse_args()
    escaped = 0
    for mutant in (each for each in MUTANTS if wish.word in each.name):
        try:
            found = caught(mutant, wish.seeds)
        except DoesNotFit as error:
            found, finding = None, str(error)
        else:
            finding = "" if found is None else found[1]
        escaped += found is None
        seed = None if found is None else found[0]
        told = {"mutant": mutant.name, "seed": seed, "finding": finding[:300]}
        print(json.dumps(told, ensure_ascii=False), flush=True)
    print(f"{escaped} got away")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
