"""How part codes and numbers look once they leave the line."""

from __future__ import annotations

from itertools import zip_longest

SHOWN = 2
"""Characters that stay readable at each end."""


def mask(code: str) -> str:
    """Keep the first and last two characters; a text of four or fewer is hidden wholly. The length stays."""
    if len(code) <= 2 * SHOWN:
        return "*" * len(code)
    return code[:SHOWN] + "*" * (len(code) - 2 * SHOWN) + code[-SHOWN:]


def masked_apart(expected: str, found: str) -> tuple[str, str]:
    """Two numbers of which only the characters that differ stay readable: what was wrong is seen, neither number is."""
    if expected == found:
        return "*" * len(expected), "*" * len(found)
    pairs = list(zip_longest(expected, found, fillvalue=""))
    if sum(one != other for one, other in pairs) > len(pairs) // 2:
        return mask(expected), mask(found)
    one = "".join("*" if left == right else left for left, right in pairs)
    return one, "".join("*" if left == right else right for left, right in pairs)
