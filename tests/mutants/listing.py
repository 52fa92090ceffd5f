"""The page that lists every planted mistake with the seed that catches it, as a hunt has found them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.mutants.mutant import Mutant
from tests.mutants.planted import MUTANTS

HEAD = """# Planted mistakes, and what catches each

`make mutants` plants each of these in a copy of the product and runs the virtual floor from the seed that stands with
it; [reliability.md](reliability.md#the-harness-bites) says how. `python -m tests.mutants --list docs/mutants.md` wrote
this page from what the hunt found; `python -m tests.mutants "a word of its name"` looks at one.

*Seed · orders · depth.* Trouble is `heavy`, of all kinds unless some are named, and strikes where it may unless a step
is.

| mistake | what it breaks | caught by | trouble | first finding |
|---|---|---|---|---|
"""


def page(findings: Mapping[str, tuple[int, str]]) -> str:
    """The whole page. :param findings: for each mutant's name the seed that caught it, and what it found."""
    rows = (f"{row_of(each, findings[each.name][0])} {_plain(findings[each.name][1])} |" for each in MUTANTS)
    return HEAD + "\n".join(rows) + "\n"


def row_of(mutant: Mutant, seed: int) -> str:
    """A mutant's row as far as it does not tell what was found."""
    kinds = ", ".join(f"`{kind}`" for kind in mutant.kinds) or "all"
    trouble = f"{kinds} at {mutant.at}" if mutant.at else kinds
    where = f"{seed} · {mutant.items} · {mutant.depth}"
    return f"| {mutant.name} | {mutant.breaks} | {where} | {trouble} |"


def _plain(finding: str) -> str:
    return finding.replace("|", "/").replace("\n", " ")
