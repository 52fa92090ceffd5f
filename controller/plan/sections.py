"""Sections of `line.toml` that stand alone: who the line is, where it remembers, whom it speaks to, its deadlines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from controller.plan.machines import link_of
from controller.plan.recipes import Section
from devices.links.address import TcpLink
from vision.looks import MOST_LOOKS

DeadlineSeconds = Annotated[float, Field(gt=0, le=120)]


class LineSection(Section):
    """Who this line is."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$", description="Stands in every event, as GZ01-L1.")]
    name: str = ""
    language: Literal["zh", "en"] = "zh"


class StoreSection(Section):
    """Where the line remembers."""

    journal: Path
    evidence: Path
    people: Path = Path("var/people.db")
    """Accounts of the page; the web process's own."""
    signing_key: Path = Path("var/line.key")
    """Made by the line at its first start, mode 0600: what it signs can be told for its own for ever."""
    good_evidence_days: Annotated[float, Field(gt=0, le=365)] = 3
    reject_evidence_days: Annotated[float, Field(gt=0, le=3650)] = 30

    @model_validator(mode="after")
    def _good_pictures_go_first(self) -> Self:
        good, reject = self.good_evidence_days, self.reject_evidence_days
        if good > reject:
            raise ValueError(
                f"good_evidence_days = {good:g} is more than reject_evidence_days = {reject:g}: "
                "what explains a reject is kept at least as long as what was good"
            )
        return self


class ChannelSection(Section):
    """The local, authenticated way into the line process."""

    socket: Path
    token_file: Path


class WebSection(Section):
    """Operator pages and HTTP API, on this machine's loopback; tablets come in through a TLS proxy beside it."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    names: tuple[Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?$")], ...] = ()
    """Names under which that proxy serves the pages by https; any other is refused."""
    idle_minutes: Annotated[float, Field(ge=1, le=240)] = 15
    """Who does nothing for this long is signed out."""
    signed_in_hours: Annotated[float, Field(ge=0.5, le=24)] = 10
    """Whoever works on is signed out after this."""


class DispatchSection(Section):
    """The MQTT 5 broker, and what dispatch is held to."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str = ""
    password_file: Path | None = None
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)] = "sealline"
    receipt_deadline_s: Annotated[float, Field(ge=0.5, le=3600)] = 10
    """After it an event without dispatch's receipt is published again."""
    recall_repeat_s: Annotated[float, Field(ge=1, le=3600)] = 60
    """How often the alarm for a recall that dispatch has not acknowledged is annunciated anew."""
    recall_hold_s: Annotated[float, Field(ge=1, le=86400)] = 600
    """After it, without dispatch's acknowledgement of a recall, the line holds."""
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 20
    cut_offs: tuple[Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")], ...] = ()
    """Times of day, in this machine's zone, at which the mail is fetched; the page counts what is due before them."""


class MailNumberSection(Section):
    """The pool of mail numbers that the carrier has given out."""

    low_water: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    """Fewer free numbers than this raise an alarm."""
    unchecked_prefixes: tuple[Annotated[str, Field(pattern=r"^[0-9]{2}$")], ...] = ("96", "99")
    """Two-digit prefixes of domestic numbers that carry no check digit."""


class VisionSection(Section):
    """Worker processes that judge pictures."""

    workers: Annotated[int, Field(ge=1, le=16)] = 1
    memory_mb: Annotated[int, Field(ge=700, le=8000)] = 1500
    looks: Annotated[int, Field(ge=1, le=MOST_LOOKS)] = 3
    """Pictures taken at most before an unsure verdict sends the item to rework."""
    least_print_grade: Annotated[float, Field(ge=0, le=4)] = 1.5
    """Relative print grade under which a waybill is not accepted."""
    taught: Path | None = None
    """What `sealline vision teach` has written: layouts, places, golden samples. No such file: nothing is taught."""
    identity_key_file: Path | None = None
    """Key in hex, at least 16 bytes, under which orders name identity numbers; needed for identity cards only."""


class TimingSection(Section):
    """Deadlines, s, and the age that a proof may have at the jaw."""

    move_s: DeadlineSeconds = 10
    scan_s: DeadlineSeconds = 15
    picture_s: DeadlineSeconds = 5
    verdict_s: DeadlineSeconds = 10
    print_s: DeadlineSeconds = 10
    apply_s: DeadlineSeconds = 10
    seal_s: DeadlineSeconds = 20
    divert_s: DeadlineSeconds = 10
    weigh_s: DeadlineSeconds = 5
    poll_s: Annotated[float, Field(ge=0.005, le=0.2)] = 0.02


class SimulationSection(Section):
    """Only where the plant is simulated: the page then lets technicians try its faults. The line reads none of it."""

    control: Annotated[str, link_of(TcpLink)]
    """The simulated plant's control port, as tcp://host:port."""
