"""Shifts: when they begin, when people rest, and what the line is built for. Times of day are the machine's own."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from controller.plan.recipes import Section

_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class ShiftSection(Section):
    """What the shift report is reckoned by."""

    starts: Annotated[tuple[Annotated[str, Field(pattern=f"^{_CLOCK}$")], ...], Field(min_length=1, max_length=6)] = (
        "08:00",
        "20:00",
    )
    """A shift goes on to the next start."""
    breaks: tuple[Annotated[str, Field(pattern=f"^{_CLOCK}-{_CLOCK}$")], ...] = ()
    """Planned rests, as `12:00-12:45`: no part of the planned busy time."""
    design_per_hour: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Parcels an hour that the line is built for; without it the report tells no effectiveness and no OEE."""


def shift_of(section: ShiftSection, now: datetime, back: int) -> tuple[datetime, datetime]:
    """Beginning and end of the shift that `now` lies in, or of the one `back` shifts before.

    :param now: with the machine's own zone.
    """
    starts = sorted(time.fromisoformat(each) for each in section.starts)
    days = range(-(back // len(starts)) - 2, 3)
    moments = [_moment(now, days_on, start) for days_on in days for start in starts]
    begun = [place for place, moment in enumerate(moments) if moment <= now]
    place = begun[-1] - back
    return moments[place], moments[place + 1]


def rests(section: ShiftSection, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The planned rests that lie between two moments, cut to them."""
    found = []
    for each in section.breaks:
        begin, stop = (time.fromisoformat(clock) for clock in each.split("-"))
        for days_on in range(-1, (end - start).days + 2):
            first = _moment(start, days_on, begin)
            last = _moment(start, days_on + (stop <= begin), stop)
            if first < end and last > start:
                found.append((max(first, start), min(last, end)))
    return sorted(found)


def _moment(now: datetime, days_on: int, clock: time) -> datetime:
    return datetime.combine(now.date() + timedelta(days=days_on), clock, now.tzinfo)
