"""What dispatch answered, turned to the events of now: an event that is told anew may bear another id than then."""

from __future__ import annotations

import json

from controller.replaying.reading import asked_of_dispatch
from controller.replaying.timeline import Answer, Timeline


class Receipts:
    """Names events by the ids that they bear now."""

    def __init__(self, line: Timeline) -> None:
        self._publishing = line.publishing
        self._then: dict[str, str] = {}
        self._now: dict[str, str] = {}
        for said in line.published:
            _note(self._then, said.facts["payload"])

    def told(self, payload: str) -> None:
        """Note an event of now."""
        _note(self._now, payload)

    def answer_to(self, payload: str) -> Answer | None:
        """What the broker answered to the same message."""
        return self._publishing.next(asked_of_dispatch(payload))

    def as_now(self, payload: bytes) -> bytes | None:
        """A recorded receipt as dispatch would send it now; None while its event was not told yet."""
        for sequence, event in self._then.items():
            if event.encode() in payload:
                now = self._now.get(sequence)
                return None if now is None else payload.replace(event.encode(), now.encode())
        return payload


def _note(ids: dict[str, str], payload: str) -> None:
    try:
        event = json.loads(payload)
        ids[event["sequence"]] = event["id"]
    except (ValueError, TypeError, KeyError):
        return
