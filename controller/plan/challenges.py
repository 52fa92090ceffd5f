"""Challenge items: known-bad test kits that are run through the line, as `[challenge]` of `line.toml` plans them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from controller.plan.recipes import Name, Recipe, Section

TEST_PREFIX = "00"
"""Of test waybills; with a check digit that is wrong on purpose, no carrier takes one for a mail number."""


class ChallengeKind(StrEnum):
    """What is wrong with a test kit, and so which detector must reject it."""

    WRONG_PLATE = "wrong_plate"
    """The plate bears another number than is expected: the verify cameras must see it."""
    MISSING_PART = "missing_part"
    """Its test card passes the scanner and nothing is laid in: the verify cameras must see it."""
    WRONG_WAYBILL = "wrong_waybill"
    """The printer is given another test number than is expected: the read-back must see it."""
    COLD_SEAL = "cold_seal"
    """The jaw dwells too shortly: its measured values must be found out of limits. Its heat is left alone, which would
    take minutes to come back."""
    LIGHT_WEIGHT = "light_weight"
    """The plate is of a light material: the scale must find it."""


class ChallengePart(Section):
    """One part of the test kit. `number` is what the line expects on it."""

    role: Name
    code: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    number: Annotated[str, Field(max_length=20)] = ""


class ChallengeSection(Section):
    """Which test kits are called, and when. Off unless one of the two intervals is given."""

    kinds: Annotated[tuple[ChallengeKind, ...], Field(min_length=1)] = tuple(ChallengeKind)
    every_items: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """A challenge after so many called items, 0: not by count. Kinds take turns."""
    every_minutes: Annotated[float, Field(ge=0, le=10_080)] = 0
    """A challenge when the last is so long ago, 0: not by time."""
    product: str = ""
    """Recipe by which the kits are packed."""
    parts: tuple[ChallengePart, ...] = ()
    """The kit's parts, reserved for it: no order may ever bear their codes."""
    campaign: Path | None = None
    """What `sealline simulate --json` wrote of the last simulated campaign; it bounds what challenges can't reach."""

    @property
    def on(self) -> bool:
        """Whether challenges are called at all."""
        return bool(self.every_items or self.every_minutes)


def mistakes(section: ChallengeSection, recipes: dict[str, Recipe], unchecked_prefixes: tuple[str, ...]) -> list[str]:
    """What does not fit together; nothing while challenges are off."""
    if not section.on:
        return []
    recipe = recipes.get(section.product)
    if recipe is None:
        return [f"challenge.product: no recipe {section.product!r}, known: {sorted(recipes)}"]
    found = []
    roles, given = sorted(part.role for part in recipe.parts), sorted(part.role for part in section.parts)
    if roles != given:
        found.append(f"challenge.parts: roles {given} given, {section.product} has {roles}")
    if TEST_PREFIX in unchecked_prefixes:
        found.append(
            f"mail_numbers.unchecked_prefixes: {TEST_PREFIX!r} is that of test waybills, which must be invalid"
        )
    shortest = recipe.seal.dwell_ms - 2 * recipe.seal.dwell_tolerance_ms
    if ChallengeKind.COLD_SEAL in section.kinds and shortest < _LEAST_DWELL_MS:
        found.append(
            f"challenge.kinds: cold_seal would dwell {shortest} ms, at least {_LEAST_DWELL_MS} are needed: "
            f"choose another product or leave it out"
        )
    return found


_LEAST_DWELL_MS = 100
