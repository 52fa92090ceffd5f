"""Where a person may have found a parcel: the one word of an answer that pages and line must share."""

from __future__ import annotations

from enum import StrEnum

LONGEST_WHY = 200
"""Characters of a person's reason."""


class Found(StrEnum):
    """Where a person has found a parcel."""

    DISPATCH = "dispatch"
    """In the mail bag into which the gate was permitted to put it."""
    REJECT = "reject"
    """In the reject chute, or taken out of its bag: it is here and will not leave."""
    ON_LINE = "on_line"
    """On its carrier or beside the line: it was taken off and is here."""
    GONE = "gone"
    """Nowhere."""
