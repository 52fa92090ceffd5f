"""Events for dispatch: CloudEvents 1.0, written into the outbox in the transaction that makes them true.

An event's id is made of its sequence and the head of the history's hash chain: stable once written, the same in a
repeated simulation, and never the same for two journals. Part codes stand in it masked only, personal data never.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.journal import Ledger
from controller.journal.epochs import identity
from controller.masking import mask

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SEQUENCE_DIGITS = 12
"""The sequence is text of fixed length, so that its order as text is its order (CloudEvents sequence extension)."""


class EventType(StrEnum):
    """What happened to an item, as dispatch is told."""

    SEALED = "cn.sealline.item.sealed.v1"
    """A parcel lies in the dispatch chute."""
    VOIDED = "cn.sealline.item.voided.v1"
    """A mail number was printed and will never be used."""
    RECALLED = "cn.sealline.item.recalled.v1"
    """A sealed parcel must not leave: take it out of its bag."""
    REMAKE_REQUESTED = "cn.sealline.item.remake_requested.v1"
    """A part was spoiled; its order waits for another."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartMention(_Frozen):
    """A part as an event may name it."""

    role: str
    code: Annotated[str, Field(pattern=r"^.{0,2}\*+.{0,2}$", description="First and last two characters only.")]

    @classmethod
    def of(cls, role: str, code: str) -> PartMention:
        """Mention a part by its code in clear, which is masked."""
        return cls(role=role, code=mask(code))


class EventData(_Frozen):
    """What an event says. What does not apply to its type is left out of the JSON.

    :ivar seal: measured values of the seal cycle by name, with the unit in the name, as `dwell_ms`.
    :ivar reason: stable code of why it was voided, recalled or spoiled.
    """

    mail_number: str | None = None
    acceptance: str
    product: str | None = None
    attempt: int | None = None
    chute: str | None = None
    bag: int | None = None
    parts: tuple[PartMention, ...] | None = None
    seal: dict[str, int | float | str] | None = None
    weight_g: float | None = None
    reason: Annotated[str, Field(max_length=200)] | None = None


class CloudEvent(_Frozen):
    """One event as it goes over the wire.

    :ivar subject: the mail number, for a part's remake the acceptance number.
    :ivar sequence: the line's outbox number, without gaps, padded to 12 digits.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: EventType
    time: str
    subject: str
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: Annotated[str, Field(pattern=r"^\d{12}$")]
    epoch: int
    data: EventData


def put_event(ledger: Ledger, line_id: str, event_type: EventType, item: int | None, data: EventData) -> int:
    """Write an event into the outbox and return its sequence: the last plus one, without gaps.

    The caller wakes the link (`DispatchLink.kick`) once the change is durable.
    """
    sequence: int = ledger.connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM outbox").fetchone()[0]
    ledger.enter("event_made", item=item, acceptance=data.acceptance, type=event_type.value, sequence=sequence)
    event = CloudEvent(
        id=f"{line_id}-{sequence}-{ledger.head[1].hex()[:16]}",
        source=f"/sealline/{line_id}",
        type=event_type,
        time=ledger.at,
        subject=data.mail_number or data.acceptance,
        sequence=f"{sequence:0{SEQUENCE_DIGITS}}",
        epoch=identity(ledger.connection).epoch,
        data=data,
    )
    ledger.connection.execute(
        "INSERT INTO outbox (seq, id, type, item, body, state, made_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)",
        (sequence, event.id, event.type.value, item, event.model_dump_json(exclude_none=True), ledger.at),
    )
    return sequence
