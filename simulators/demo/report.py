"""What a run amounts to: the figures, the plan held against what came, and the oracle's verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from simulators.demo.line_api import Counters, Escape, Figures
from simulators.faults import Fault
from simulators.oracle import Judgement
from simulators.scenario import Scenario


class Latency(BaseModel):
    """Decision latency, from the last input in the line's memory to the permit's bytes written, ms."""

    p50_ms: float
    p99_ms: float


class Trouble(BaseModel):
    """One planned trouble and what came of it. :ivar caught_as: reject reason of each attempt, in their order."""

    kind: str
    acceptance: str
    caught_as: tuple[str, ...]
    ending: str


class Report(BaseModel):
    """One run.

    :ivar rejected: reason → rejected items; orders = packed + all rejected − reworked.
    :ivar reworked: orders that went round again; :ivar items_per_hour: packed parcels at the pace of this run.
    :ivar oracle: category → number of findings; :ivar oracle_findings: the same in words.
    :ivar escape_bound: how rarely a mis-insert may escape, and the test kits behind it.
    :ivar mismatches: where the run and its plan differ, in words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders: int
    seed: int
    speed: float
    packed: int
    rejected: dict[str, int]
    reworked: int
    mail_numbers_voided: int
    events_published: int
    events_acknowledged: int
    oracle: dict[str, int]
    duration_s: float
    items_per_hour: float
    decision_latency: Latency
    escape_bound: Escape = Escape()
    troubles: tuple[Trouble, ...] = ()
    mismatches: tuple[str, ...] = ()
    oracle_findings: dict[str, tuple[str, ...]] = {}

    @property
    def clean(self) -> bool:
        """Whether nothing wrong, lost or doubled came out and every trouble was caught as planned."""
        return not any(self.oracle.values()) and not self.mismatches

    def table(self) -> Table:
        """The same for people."""
        table = Table(title=f"{self.orders} orders, seed {self.seed}, speed {self.speed:g}", show_header=False)
        table.add_row("packed", str(self.packed))
        table.add_row("rejected items", str(sum(self.rejected.values())))
        for reason, count in sorted(self.rejected.items()):
            table.add_row(f"  {reason}", str(count))
        table.add_row("reworked", str(self.reworked))
        table.add_row("mail numbers voided", str(self.mail_numbers_voided))
        table.add_row("events sent / acknowledged", f"{self.events_published} / {self.events_acknowledged}")
        table.add_row("duration", f"{self.duration_s:.1f} s, {self.items_per_hour:.0f} parcels an hour")
        latency = self.decision_latency
        table.add_row("decision latency", f"p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms")
        for kind, (caught, missed) in sorted(self.escape_bound.kits.items()):
            table.add_row(f"test kit: {kind.replace('_', ' ')}", f"{caught} caught, {missed} let through")
        if self.escape_bound.kits:
            table.add_row("escape bound", self.escape_bound.text)
        table.add_section()
        for category, count in self.oracle.items():
            table.add_row(f"oracle: {category.replace('_', ' ')}", str(count))
        table.add_row("as planned", "yes" if not self.mismatches else f"no, differences: {len(self.mismatches)}")
        return table


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order ended by the line's own account. :ivar reasons: of its rejected attempts."""

    state: str
    attempts: int
    reasons: tuple[str, ...] = ()


def compare(scenario: Scenario, ended: dict[str, Ended], fired: Iterable[Fault]) -> list[str]:
    """Hold what came against the plan; one sentence a difference."""
    found = []
    struck = set(fired)
    for acceptance, expected in scenario.expected().items():
        actual = ended.get(acceptance, Ended("unknown", 0))
        cause = f" ({expected.trouble})" if expected.trouble else ""
        if (actual.state, actual.attempts) != (expected.ending, expected.attempts):
            found.append(
                f"order {acceptance}{cause}: {actual.state} at attempt {actual.attempts} {list(actual.reasons)}, "
                f"planned {expected.ending} at attempt {expected.attempts}"
            )
        elif strange := [reason for reason in actual.reasons if reason not in expected.reasons]:
            found.append(f"order {acceptance}{cause}: rejected as {strange}, planned as {list(expected.reasons)}")
    found += [
        f"planned {fault.kind} never struck order {fault.kit}" for fault in scenario.faults if fault not in struck
    ]
    return found


def make_report(
    scenario: Scenario,
    speed: float,
    duration_s: float,
    counters: Counters,
    latency: Figures,
    ended: dict[str, Ended],
    judgement: Judgement,
    mismatches: list[str],
    escape: Escape | None = None,
) -> Report:
    """Put the figures of one run together."""
    return Report(
        orders=len(scenario.orders),
        seed=scenario.seed,
        speed=speed,
        packed=sum(each.state == "packed" for each in ended.values()),
        rejected=counters.rejected_by_reason,
        reworked=counters.reworked,
        mail_numbers_voided=counters.mail_numbers_voided,
        events_published=counters.events_published,
        events_acknowledged=counters.events_acknowledged,
        oracle={category: len(found) for category, found in judgement.findings.items()},
        duration_s=round(duration_s, 3),
        items_per_hour=round(sum(each.state == "packed" for each in ended.values()) * 3600 / duration_s, 1),
        decision_latency=Latency(p50_ms=latency.p50_ms, p99_ms=latency.p99_ms),
        escape_bound=escape or Escape(),
        troubles=tuple(
            Trouble(kind=fault.kind, acceptance=kit, caught_as=ended[kit].reasons, ending=ended[kit].state)
            for fault in scenario.faults
            for kit in (fault.kit, fault.other)
            if kit in ended
        ),
        mismatches=(*mismatches, *_let_through(escape or Escape())),
        oracle_findings={category: found for category, found in judgement.findings.items() if found},
    )


def _let_through(escape: Escape) -> list[str]:
    return [
        f"test kit {kind}: let through {missed} times" for kind, (_, missed) in sorted(escape.kits.items()) if missed
    ]
