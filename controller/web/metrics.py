"""`/metrics` in Prometheus' text format, and `/health`: from the last snapshot, without asking the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from controller.snapshot import Latency, Snapshot
from controller.web.plant import ThePlant

metrics = APIRouter()
Labels = dict[str, str]
_COUNTED = ("packed", "rejected", "reworked", "events_published", "events_acknowledged", "mail_numbers_voided")
_GAUGED = ("orders", "waiting", "under_way", "per_hour", "mail_numbers_free", "events_pending", "events_parked")


@metrics.get("/health")
async def health(plant: ThePlant) -> dict[str, str | float]:
    """Whether this process works and hears the line. Tells nothing of the line itself, so it needs no token."""
    line = "away" if plant.feed.away else "heard"
    return {"status": "ok", "line": line, "age_s": round(plant.feed.age_s(), 1)}


@metrics.get("/metrics", response_class=PlainTextResponse)
async def prometheus(plant: ThePlant) -> PlainTextResponse:
    """The figures of the line; without a line only `sealline_up 0`."""
    lines = [*_metric("up", "gauge", [({}, 0 if plant.feed.away else 1)])]
    if plant.feed.snapshot is not None and not plant.feed.away:
        lines += _of_line(plant.feed.snapshot)
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


def _of_line(snapshot: Snapshot) -> Iterator[str]:
    counters = snapshot.counters
    for name in _COUNTED:
        yield from _metric(f"{name}_total", "counter", [({}, getattr(counters, name))])
    for name in _GAUGED:
        yield from _metric(name, "gauge", [({}, getattr(counters, name))])
    by_reason = counters.rejected_by_reason.items()
    yield from _metric("rejected_by_reason_total", "counter", [({"reason": why}, count) for why, count in by_reason])
    yield from _metric("state", "gauge", [({"state": snapshot.state, "mode": snapshot.mode}, 1)])
    yield from _metric("dispatch_online", "gauge", [({}, int(snapshot.dispatch_online))])
    devices = [({"device": each.name, "type": each.type}, int(each.state == "online")) for each in snapshot.devices]
    yield from _metric("device_online", "gauge", devices)
    yield from _metric("alarms", "gauge", [({"priority": str(p)}, _alarms(snapshot, p)) for p in (1, 2, 3)])
    yield from _latency("decision_latency_ms", snapshot.decision_latency)
    yield from _latency("echo_latency_ms", snapshot.echo_latency)


def _alarms(snapshot: Snapshot, priority: int) -> int:
    return sum(alarm.priority == priority and not alarm.cleared for alarm in snapshot.alarms)


def _latency(name: str, latency: Latency) -> Iterator[str]:
    quantiles = (("0.5", latency.p50_ms), ("0.99", latency.p99_ms), ("0.999", latency.p99_9_ms))
    yield from _metric(name, "gauge", [({"quantile": quantile}, value) for quantile, value in quantiles])


def _metric(name: str, kind: str, samples: Sequence[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# TYPE sealline_{name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"sealline_{name}{{{inside}}} {value}" if inside else f"sealline_{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
