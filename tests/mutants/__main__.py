"""Plant each mutant in a copy of the product; the virtual floor must catch it within a bounded number of seeds.

Ends with 1 if a mutant gets away or no longer fits the code.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.mutants.hunting import DoesNotFit, caught
from tests.mutants.planted import MUTANTS


def main() -> int:
    """Hunt all, or those whose name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=20, help="at most so many seeds each, from the pinned one on")
    wish = parser.parse_args()
    escaped = 0
    for mutant in (each for each in MUTANTS if wish.word in each.name):
        try:
            catch = caught(mutant, wish.seeds)
            told = {"mutant": mutant.name, "seed": catch and catch.seed, "tried": catch and catch.tried}
            told["finding"] = catch.finding[:300] if catch else "it got away"
        except DoesNotFit as error:
            catch, told = None, {"mutant": mutant.name, "finding": str(error)}
        escaped += catch is None
        print(json.dumps(told, ensure_ascii=False), flush=True)
    print(f"{escaped} of {len(MUTANTS)} got away")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
