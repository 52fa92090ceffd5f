"""What a benchmark is asked and what it found: pure data."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

TAKT_KEPT = 0.99
"""A line keeps its takt when it makes at least this share of the items that the takt allows."""


class _Figures(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bench(_Figures):
    """One run's conditions.

    :ivar speed: of the plant's motion; :ivar takt_s: real seconds between two carriers, 0: as fast as it goes.
    :ivar pictures: cameras draw and vision judges; without, tiny pictures are accepted unseen.
    """

    title: str
    lines: int
    speed: float
    takt_s: float
    pictures: bool
    seconds: float
    warm_up_s: float

    @property
    def orders(self) -> int:
        """More than a line can pack in the time."""
        busy_s = self.seconds + self.warm_up_s + 30
        return round(busy_s / self.takt_s if self.takt_s else busy_s * 20)


class Percentiles(_Figures):
    """Percentiles of a latency, ms."""

    count: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p99_9_ms: float = 0.0

    def __str__(self) -> str:
        return f"{self.p50_ms:.2f} / {self.p99_ms:.2f} / {self.p99_9_ms:.2f}"


class Misses(_Figures):
    """Every deadline that was not kept, from the line's start to its end.

    :ivar links: what happened on a link or with permits, only what happened at all.
    :ivar sent_again: events that dispatch got more than once, its receipt having come too late.
    """

    links: dict[str, int] = {}
    alarms: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    sent_again: int = 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in words."""
        return (
            *(f"{name} {count}" for name, count in self.links.items()),
            *(f"alarm {alarm}" for alarm in self.alarms),
            *(f"rejected as {reason}" for reason in self.rejected),
            *((f"{self.sent_again} events sent again",) if self.sent_again else ()),
        )


class LineFigures(_Figures):
    """One line. :ivar items: that left it in the window; :ivar oracle: findings in words."""

    items: int
    decision: Percentiles
    echo: Percentiles
    misses: Misses
    oracle: tuple[str, ...]


class Run(_Figures):
    """What one run found. :ivar cpu_s: role → seconds; :ivar busy_s: of the whole machine, others included."""

    bench: Bench
    span_s: float
    cpu_s: dict[str, float]
    busy_s: float
    steal_s: float
    lines: tuple[LineFigures, ...]
    probe: dict[str, Percentiles]

    @property
    def items(self) -> int:
        """Of all lines."""
        return sum(line.items for line in self.lines)

    @property
    def slowest_per_hour(self) -> float:
        """Items an hour of the slowest line."""
        return min(line.items for line in self.lines) * 3600 / self.span_s

    @property
    def per_hour(self) -> float:
        """Items an hour of all lines."""
        return self.items * 3600 / self.span_s

    @property
    def troubles(self) -> tuple[str, ...]:
        """Deadlines missed and oracle's findings, of all lines."""
        return tuple(
            f"line {number}: {sentence}"
            for number, line in enumerate(self.lines, start=1)
            for sentence in (*line.misses.sentences, *line.oracle)
        )

    @property
    def keeps_takt(self) -> bool:
        """Whether every line made its takt; one item may stand on either side of the window's edge."""
        if self.bench.takt_s == 0:
            return True
        return min(line.items for line in self.lines) >= TAKT_KEPT * self.span_s / self.bench.takt_s - 1

    @property
    def carried(self) -> bool:
        """Whether the machine carried it: takt kept, no deadline missed, nothing wrong, lost or doubled."""
        return self.keeps_takt and not self.troubles

    @property
    def others_cores(self) -> float:
        """How many cores somebody used who has nothing to do with the run."""
        return max(0.0, self.busy_s - sum(self.cpu_s.values())) / self.span_s

    def cpu_ms_an_item(self, role: str) -> float:
        """Milliseconds of a role's CPU for each item."""
        return self.cpu_s.get(role, 0.0) * 1000 / max(self.items, 1)
