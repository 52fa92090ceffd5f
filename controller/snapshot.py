"""The line at a glance: what pages, commands and metrics are told. Part numbers never stand in it, only masks."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from controller.words.names import Names


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StationView(_View):
    """One zone.

    :ivar carrier: 0 when empty; :ivar item: None for a carrier without an item.
    :ivar activity: stable code of what is done or waited for, as `waiting_for_parts`; empty: nothing.
    :ivar activity_s: how long already; :ivar cycle_s: how long the last item took here, without waiting for its way on.
    :ivar suspect: stable code or cause, empty: nobody doubts it; :ivar suspect_text: the same in words, briefly.
    :ivar challenge: which test kit it is, empty for an order.
    """

    zone: str
    kind: str
    title: str
    title_zh: str
    carrier: int = 0
    item: int | None = None
    acceptance: str = ""
    product: str = ""
    activity: str = ""
    activity_s: float = 0.0
    cycle_s: float = 0.0
    suspect: str = ""
    suspect_text: str = ""
    suspect_text_zh: str = ""
    challenge: str = ""


class DeviceView(_View):
    """One device. :ivar state: `online`, `connecting`, `offline` or `wrong_device`; :ivar detail: why, in words."""

    name: str
    type: str
    state: str
    detail: str = ""
    detail_zh: str = ""


class AlarmView(_View):
    """A standing alarm. Texts say what is wrong and what to do.

    :ivar priority: 1 high, 2 medium, 3 low.
    :ivar shelved_until: when it comes back, ISO 8601; empty: it is not shelved. Then also by whom and why.
    """

    alarm: int
    kind: str
    source: str
    priority: int
    text: str
    text_zh: str
    raised_at: str
    acknowledged: bool = False
    cleared: bool = False
    shelved_until: str = ""
    shelved_by: str = ""
    shelved_why: str = ""


class CheckView(_View):
    """A check that failed, masked for the page.

    :ivar number: as on its picture, 0: nothing is drawn for it.
    :ivar picture: evidence file name, empty when there is none.
    :ivar expected: of a number only the characters that differ are readable, likewise `found`.
    """

    name: str
    subject: str = ""
    subject_text: str = ""
    subject_text_zh: str = ""
    outcome: str = "reject"
    expected: str = ""
    expected_zh: str = ""
    found: str = ""
    found_zh: str = ""
    score: float | None = None
    threshold: float | None = None
    number: int = 1
    picture: str = ""


class RejectView(_View):
    """A rejected item. :ivar reason: stable code; :ivar pictures: evidence file names, the telling one first.

    :ivar cameras: the device that took each of `pictures`.
    :ivar waits: its order waits for hands; False once it was released, packed or given up.
    :ivar state: where its order is now; of one that nobody can lay hands on its own outcome: `unknown`, `recalled`,
        `lost`.
    """

    item: int
    acceptance: str
    attempt: int
    product: str
    reason: str
    text: str
    text_zh: str
    ended_at: str
    pictures: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    checks: tuple[CheckView, ...] = ()
    waits: bool = True
    state: str = ""


Told = TypeVar("Told", AlarmView, RejectView)


def named(view: Told, names: Names) -> Told:
    """The view with names for ids in its texts."""
    return view.model_copy(update={"text": names.en(view.text), "text_zh": names.zh(view.text_zh)})


class MatterView(_View):
    """Something that stays open until a person answers for it.

    :ivar kind: `item`, `bag` or `event`; :ivar number: item, bag or event sequence.
    :ivar state: `unknown`, `recalled` or `lost` of an item, `frozen` of a bag, `parked` of an event.
    :ivar bag: in which an item may lie; :ivar cause: stable code, of an event what dispatch said.
    """

    kind: str
    number: int
    state: str
    since: str
    acceptance: str = ""
    carrier: int = 0
    bag: int | None = None
    cause: str = ""


class SuspectView(_View):
    """An item for which a person has to answer before the line goes on.

    :ivar why: stable code or cause; :ivar why_text: the same in words; :ivar stage: how far it was proven.
    :ivar led: the line still leads it, and takes it to reject when it goes on; else the next start does.
    :ivar answered: a person has seen its carrier stand there untouched.
    """

    item: int
    acceptance: str
    product: str
    carrier: int
    zone: str
    stage: str = ""
    why: str = ""
    why_text: str = ""
    why_text_zh: str = ""
    led: bool = False
    answered: bool = False


class EscapeView(_View):
    """How rarely a mis-insert may escape, and what that rests on; the method stands in docs/reliability.md.

    :ivar one_in: N of "below 1 in N at 95 % confidence"; None while a part has not been shown.
    :ivar items: attempts that ended; :ivar caught: of them rejected for what lay in them.
    :ivar challenges: test kits with wrong contents that came to a result; :ivar campaign_items: simulated.
    :ivar kits: of every kind of test kit how many were caught and how many let through.
    """

    one_in: int | None = None
    text: str = ""
    text_zh: str = ""
    items: int = 0
    caught: int = 0
    challenges: int = 0
    challenges_missed: int = 0
    kits: dict[str, tuple[int, int]] = {}
    campaign_items: int = 0
    campaign_escapes: int = 0


class Latency(_View):
    """Decision latency: from the last input in the line's memory to the permit's bytes written."""

    count: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    p99_9_ms: float = 0.0


class Counters(_View):
    """Since the journal began, but for `per_hour`: over the last hour.

    :ivar in_rework: rejected orders that wait for hands.
    :ivar due_today: waiting orders due before midnight and not late yet; :ivar late: those past their due time.
    :ivar recalled: parcels that wait, recalled, for a person's answer; :ivar recalls_open: recalls that dispatch has
        not acknowledged.
    """

    orders: int = 0
    waiting: int = 0
    under_way: int = 0
    packed: int = 0
    rejected: int = 0
    reworked: int = 0
    rejected_by_reason: dict[str, int] = {}
    mail_numbers_free: int = 0
    mail_numbers_voided: int = 0
    events_published: int = 0
    events_acknowledged: int = 0
    events_pending: int = 0
    events_parked: int = 0
    recalled: int = 0
    recalls_open: int = 0
    per_hour: int = 0
    in_rework: int = 0
    due_today: int = 0
    late: int = 0


class Snapshot(_View):
    """Everything that the first page shows.

    :ivar state: PackML state, as `Execute`; :ivar commands: those that are allowed now.
    :ivar hold_reason: stable code and text of why the line holds; empty when it does not.
    :ivar matters: what waits for a person's answer, the oldest of each kind first.
    """

    line: str
    name: str
    at: str
    epoch: int
    mode: str
    state: str
    commands: tuple[str, ...]
    hold_reason: str = ""
    hold_text: str = ""
    hold_text_zh: str = ""
    stations: tuple[StationView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    counters: Counters = Counters()
    alarms: tuple[AlarmView, ...] = ()
    rejects: tuple[RejectView, ...] = ()
    matters: tuple[MatterView, ...] = ()
    suspects: tuple[SuspectView, ...] = ()
    escape: EscapeView = EscapeView()
    dispatch_online: bool = False
    decision_latency: Latency = Latency()
    echo_latency: Latency = Latency()
