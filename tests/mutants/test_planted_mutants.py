"""Every planted mistake still fits the code; of all of them a few are hunted here, the others by `make mutants`."""

from __future__ import annotations

import pytest

from tests.mutants.hunting import ROOT, caught, edited
from tests.mutants.listing import row_of
from tests.mutants.mutant import Mutant
from tests.mutants.planted import MUTANTS

SAMPLE = ("every start has the same epoch", "motion is permitted in any state", "a packed parcel makes no event")


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 40


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_it_fits_the_code(mutant: Mutant) -> None:
    assert edited(mutant)


def test_the_list_names_each_with_the_seed_from_which_it_is_hunted() -> None:
    rows = (ROOT / "docs/mutants.md").read_text(encoding="utf-8").splitlines()
    missing = [row for row in (row_of(each, each.seed) for each in MUTANTS) if not any(r.startswith(row) for r in rows)]
    assert not missing, "python -m tests.mutants --list docs/mutants.md"
    assert sum(row.startswith("| ") for row in rows) == len(MUTANTS) + 1


@pytest.mark.parametrize("name", SAMPLE)
def test_the_virtual_floor_catches_it(name: str) -> None:
    mutant = next(each for each in MUTANTS if each.name == name)
    assert caught(mutant, 2) is not None
