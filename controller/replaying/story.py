"""A recorded incident as a short story in plain words: what befell the line, what it did, and what became of items.

Items that were packed without anything else are counted; told is the way of those of which something was the matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from controller.replaying.outside import outside, wall_of
from controller.replaying.timeline import Timeline
from controller.words.reason_texts import describe

_STATES = frozenset({"HELD", "EXECUTE", "IDLE", "STOPPED", "ABORTED", "SUSPENDED", "COMPLETE"})
"""States that last; on the way to one the line is `…ING`."""
_STEPS = {
    "called": "was called onto carrier {carrier}",
    "proven": "was proven by the cameras",
    "labelled": "had its waybill applied and read back",
    "sealed": "came out of the jaw, {result}",
    "diverting": "was to be dropped into {chute}",
}
_MATTERS = frozenset(
    {"rejected", "unknown", "recalled", "lost", "suspect", "slipped", "retained_result_found", "item_answered"}
)


def told(line: Timeline) -> list[tuple[datetime, str]]:
    """The story: time of day and what happened, in order. The same again and again is told once, with its number."""
    # The journal's times are whole milliseconds: what befell the line comes before what it did in the same one.
    befell = [(wall_of(line, at), f"** {words}") for at, words in outside(line)]
    whole = [(moment.replace(microsecond=moment.microsecond // 1000 * 1000), words) for moment, words in befell]
    found: list[tuple[datetime, str, int]] = []
    for moment, words in sorted([*whole, *_line_did(line)], key=lambda each: each[0]):
        if found and found[-1][1] == words:
            found[-1] = (found[-1][0], words, found[-1][2] + 1)
        else:
            found.append((moment, words, 1))
    return [(moment, words if times == 1 else f"{words} ({times} times)") for moment, words, times in found]


def packed_quietly(line: Timeline) -> int:
    """How many items were packed of which nothing was the matter."""
    packed = {row[3] for row in line.entries if row[2] == "packed"}
    return len(packed - _concerned(line))


def _concerned(line: Timeline) -> set[int]:
    return {row[3] for row in line.entries if row[2] in _MATTERS and row[3] is not None}


def _line_did(line: Timeline) -> Iterator[tuple[datetime, str]]:
    concerned = _concerned(line)
    alarms: dict[int, str] = {}
    for _, at, kind, item, acceptance, data in line.entries:
        facts = json.loads(data)
        if kind == "alarm_raised":
            source = f" of {facts['source']}" if facts["source"] else ""
            alarms[facts["alarm"]] = f"{facts['alarm_kind'].replace('_', ' ')}{source}"
        words = _words(kind, item, acceptance, facts, alarms, concerned)
        if words:
            yield datetime.fromisoformat(at), words


def _words(
    kind: str,
    item: int | None,
    acceptance: str | None,
    facts: dict[str, Any],
    alarms: dict[int, str],
    concerned: set[int],
) -> str:
    """One entry in plain words; empty for what tells nothing of the story."""
    who = f"item {item} of order {acceptance}" if acceptance else f"item {item}"
    match kind:
        case "line_started":
            return f"the line started, for the {facts['epoch']}. time"
        case "unit_state" if facts["after"] in _STATES:
            return f"the line is {facts['after'].title()}"
        case "alarm_raised":
            return f"alarm: {alarms[facts['alarm']]}"
        case "alarm_cleared" if facts["alarm"] in alarms:
            return f"alarm over: {alarms[facts['alarm']]}"
        case "suspect":
            return f"{who} became suspect at {facts.get('zone', '')}: {facts.get('cause', '')}"
        case "slipped":
            return f"a slip, {facts['slip']} at {facts['source']}: expected {facts['expected']}, found {facts['found']}"
        case "retained_result_found":
            return f"{facts['plc']} had kept a result of item {item}: {facts['result']}"
        case "item_answered":
            return f"{facts['by']} said where {who} is: {facts['found']}, {facts['why']}"
        case "rejected" | "unknown" | "recalled" | "lost":
            why = describe(facts.get("reason", ""), facts.get("facts", {})).en
            return f"{who} ended as {kind}: {why}".removesuffix(": ")
        case "packed" if item in concerned:
            return f"{who} was packed"
        case _ if kind in _STEPS and item in concerned:
            return f"{who} {_STEPS[kind].format_map(facts)}"
    return ""
