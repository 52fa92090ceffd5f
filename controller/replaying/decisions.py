"""What a line decided, as a recording and a replay of it are compared: history, permits, labels and events.

Decisions are compared in the order in which they fell on each matter: one item, one order, one alarm's cause. What is
never the same twice (times, digests of pictures) is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controller.replaying.plc import Issued

_LEFT_OUT = frozenset({"alarm", "picture", "pictures", "curve", "no_curve"})
_LASTS = re.compile(r"\b\d+(\.\d+)? (s|ms)\b")
_LINK = re.compile(r"last error: .*")
"""How a link stood is told beside what happened; it is not what was decided."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. :ivar matter: what it is about; :ivar what: its words, equal only for equal decisions."""

    at: datetime
    matter: str
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the ways part. :ivar then, now: what was decided; None: nothing."""

    at: datetime
    matter: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        return (
            f"{self.at:%Y-%m-%d %H:%M:%S.%f}, {self.matter}:\n"
            f"  recorded: {self.then or 'nothing more'}\n"
            f"  now:      {self.now or 'nothing more'}"
        )


def of_entries(rows: Iterable[list[Any]]) -> list[Decision]:
    """Decisions that stand in the history, from rows of seq, at, kind, item, acceptance, data."""
    causes: dict[int, str] = {}
    found = []
    for _, at, kind, item, acceptance, data in rows:
        facts = json.loads(data)
        if kind == "alarm_raised":
            causes[facts["alarm"]] = f"{facts['alarm_kind']} {facts['source']}".strip()
        found.append(
            Decision(datetime.fromisoformat(at), _matter(kind, item, acceptance, facts, causes), _in_words(kind, facts))
        )
    return found


def of_events(rows: Iterable[list[Any]]) -> list[Decision]:
    """Events for dispatch, from rows of seq, item, body."""
    events = [(item, json.loads(body)) for _, item, body in rows]
    return [
        Decision(
            datetime.fromisoformat(event["time"]), f"events of item {item}", _in_words(event["type"], event["data"])
        )
        for item, event in events
    ]


def of_permit(at: datetime, issued: Issued) -> Decision:
    """A permit that was written."""
    return Decision(at, f"permits of item {issued.permit.token}", str(issued))


def of_label(at: datetime, printer: str, zpl: bytes) -> Decision:
    """A label that was sent to the printer."""
    return Decision(at, f"labels of {printer}", zpl.decode("utf-8", "replace").strip())


def differences(
    then: list[Decision], now: list[Decision], then_until: datetime, now_until: datetime
) -> list[Difference]:
    """Where something else was decided: the first point of each matter, the earliest first.

    :param then_until: what only the replay decided after this, the recording may not show.
    :param now_until: what only the recording shows after this, the replay may not have come to.
    """
    mine, theirs = _by_matter(then), _by_matter(now)
    found = [
        difference
        for matter in [*mine, *(matter for matter in theirs if matter not in mine)]
        if (difference := _part(matter, mine.get(matter, []), theirs.get(matter, []), then_until, now_until))
    ]
    return sorted(found, key=lambda difference: difference.at)


def _part(
    matter: str, then: list[Decision], now: list[Decision], then_until: datetime, now_until: datetime
) -> Difference | None:
    for one, other in zip(then, now, strict=False):
        if one.what != other.what:
            return Difference(min(one.at, other.at), matter, one.what, other.what)
    if len(then) > len(now) and then[len(now)].at <= now_until:
        missing = then[len(now)]
        return Difference(missing.at, matter, missing.what, None)
    if len(now) > len(then) and now[len(then)].at <= then_until:
        added = now[len(then)]
        return Difference(added.at, matter, None, added.what)
    return None


def _by_matter(decisions: list[Decision]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.matter, []).append(decision)
    return found


def _matter(kind: str, item: int | None, acceptance: str | None, facts: dict[str, Any], causes: dict[int, str]) -> str:
    if kind.startswith("alarm_"):
        return f"alarm {causes.get(facts['alarm'], facts['alarm'])}"
    if item is not None:
        return f"item {item}"
    return f"order {acceptance}" if acceptance is not None else kind


def _in_words(kind: str, facts: dict[str, Any]) -> str:
    told = ", ".join(f"{name} {_plain(value)}" for name, value in sorted(facts.items()) if name not in _LEFT_OUT)
    return f"{kind}: {told}" if told else kind


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _LASTS.sub(r"… \2", _LINK.sub("last error: …", text)) or "''"
