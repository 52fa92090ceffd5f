"""Plant each mutant in a copy of the product; the virtual floor must catch it within a bounded number of seeds.

Ends with 1 if a mutant gets away or no longer fits the code.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.mutants.hunting import DoesNotFit, caught
from tests.mutants.listing import page
from tests.mutants.planted import MUTANTS


def main() -> int:
    """Hunt all, or those whose name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=20, help="at most so many seeds each, from the pinned one on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="so many side by side; every core")
    parser.add_argument("--list", type=Path, help="write what was found to this page, if all were caught")
    wish = parser.parse_args()
    names = [each.name for each in MUTANTS if wish.word in each.name]
    escaped, findings = 0, dict[str, tuple[int, str]]()
    for told in _hunted(names, wish.seeds, wish.jobs):
        if told["seed"] is None:
            escaped += 1
        else:
            findings[told["mutant"]] = told["seed"], told["finding"]
        print(json.dumps(told, ensure_ascii=False), flush=True)
    print(f"{escaped} of {len(names)} got away")
    if wish.list is not None and len(findings) == len(MUTANTS):
        wish.list.write_text(page(findings), encoding="utf-8")
    return 1 if escaped else 0


def _hunted(names: list[str], seeds: int, jobs: int) -> Iterator[dict[str, Any]]:
    """What became of each, as it is known."""
    with ProcessPoolExecutor(jobs) as hunters:
        for hunt in as_completed([hunters.submit(_hunt, name, seeds) for name in names]):
            yield hunt.result()


def _hunt(name: str, seeds: int) -> dict[str, Any]:
    mutant = next(each for each in MUTANTS if each.name == name)
    try:
        catch = caught(mutant, seeds)
    except DoesNotFit as error:
        return {"mutant": name, "seed": None, "finding": str(error)}
    if catch is None:
        return {"mutant": name, "seed": None, "finding": "it got away"}
    return {"mutant": name, "seed": catch.seed, "tried": catch.tried, "finding": catch.finding[:300]}


if __name__ == "__main__":
    sys.exit(main())
