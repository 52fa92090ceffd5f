"""How part codes and numbers look once they leave the line."""

from __future__ import annotations

SHOWN = 2
"""Characters that stay readable at each end."""


def mask(code: str) -> str:
    """Keep the first and last two characters; a text of four or fewer is hidden wholly. The length stays."""
    if len(code) <= 2 * SHOWN:
        return "*" * len(code)
    return code[:SHOWN] + "*" * (len(code) - 2 * SHOWN) + code[-SHOWN:]
