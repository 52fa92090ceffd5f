"""The line's configuration: `line.toml` read, checked and given types.

Every number has its unit in the name and its bounds in the model; a mistake is refused with the key, the value
found and the bound. Text may hold `${NAME}` or `${NAME:-default}`, filled from the environment, so that one file
serves the bench and the floor. This module opens no device: an address is only text here.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from controller.plan.challenges import ChallengeSection, mistakes
from controller.plan.layouts import Golden, Layout
from controller.plan.recipes import Mm, Name, Section
from controller.plan.recipes import PartKind as PartKind  # beside what holds them, for whoever reads a configuration
from controller.plan.recipes import Recipe as Recipe
from controller.plan.recipes import RecipePart as RecipePart
from controller.plan.recipes import SealSettings as SealSettings
from controller.plan.shifts import ShiftSection
from controller.plan.taught import TaughtError, with_taught
from controller.words.config_words import fill_variables, worded
from devices.links.address import CaptureLink, HttpLink, Link, ModbusLink, SerialLink, TcpLink, parse_link
from vision.verdict import View

ZONES = ("load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert")
"""The conveyor's zones in the order of its PLC blocks."""
SEAL_ZONES = ("seal_1", "seal_2")

DeadlineSeconds = Annotated[float, Field(gt=0, le=120)]


class ConfigError(Exception):
    """A configuration that the line refuses; one line of text a mistake."""

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        counted = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__("\n".join([f"{path}: {counted}", *(f"  {mistake}" for mistake in mistakes)]))
        self.mistakes = mistakes


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
    memory_mb: Annotated[int, Field(ge=300, le=8000)] = 1500
    looks: Annotated[int, Field(ge=1, le=3)] = 3
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


def _address(*kinds: type) -> AfterValidator:
    """A link address of one of `kinds`, as `devices.links.address` reads it."""

    def check(text: str) -> str:
        link = parse_link(text)
        if not isinstance(link, kinds):
            allowed = ", ".join(kind.__name__.removesuffix("Link").lower() for kind in kinds)
            raise ValueError(f"this device takes a link of kind {allowed}")  # noqa: TRY004 - pydantic wants a ValueError
        return text

    return AfterValidator(check)


class PlcDevice(Section):
    """A PLC station by the contract in docs/plc-contract.md."""

    type: Literal["conveyor", "sealer", "applicator", "gate"]
    link: Annotated[str, _address(ModbusLink)]


class WireDevice(Section):
    """A scanner, scale or label printer."""

    type: Literal["scanner", "scale", "printer"]
    link: Annotated[str, _address(TcpLink, SerialLink)]


class Camera(Section):
    """A camera and where its picture lies on the carrier's plane."""

    type: Literal["camera"]
    link: Annotated[str, _address(HttpLink, CaptureLink)]
    px_per_mm: Annotated[float, Field(ge=0.5, le=50)]
    left_mm: Annotated[float, Field(ge=-500, le=2000)]
    top_mm: Annotated[float, Field(ge=-500, le=2000)]
    freshness: Literal["trigger", "carrier"] = "trigger"
    """`trigger`: the camera says to which trigger a picture belongs; `carrier`: only the carrier's code shows it."""
    smallest_module_mm: Annotated[float, Field(gt=0, le=10)]
    """Narrowest bar of the codes that it must read; 2 pixels on it are the least."""

    @property
    def view(self) -> View:
        """The same as the vision's question wants it."""
        return View(self.px_per_mm, self.left_mm, self.top_mm)

    @model_validator(mode="after")
    def _resolves_its_codes(self) -> Self:
        pixels = self.px_per_mm * self.smallest_module_mm
        if pixels < 2:
            needed = 2 / self.smallest_module_mm
            raise ValueError(
                f"px_per_mm = {self.px_per_mm} gives {pixels:.2f} pixels a bar module of {self.smallest_module_mm} mm, "
                f"at least 2 are needed: px_per_mm >= {needed:.2f}, or a camera of its own for these codes"
            )
        return self


Device = Annotated[PlcDevice | WireDevice | Camera, Field(discriminator="type")]


class StationKind(StrEnum):
    """What a station does to an item."""

    LOAD = "load"
    INFEED = "infeed"
    COLLATE = "collate"
    VERIFY = "verify"
    LABEL = "label"
    SEAL = "seal"
    INSPECT = "inspect"
    DIVERT = "divert"


ZONE_KINDS = {zone: StationKind.SEAL if zone in SEAL_ZONES else StationKind(zone) for zone in ZONES}
"""What kind of station stands in each zone."""

STATION_DEVICES: dict[StationKind, dict[str, str]] = {
    StationKind.LOAD: {},
    StationKind.INFEED: {"scanner": "scanner"},
    StationKind.COLLATE: {"scanner": "scanner"},
    StationKind.VERIFY: {"wide": "camera", "close_up": "camera"},
    StationKind.LABEL: {"printer": "printer", "applicator": "applicator", "camera": "camera"},
    StationKind.SEAL: {"sealer": "sealer"},
    StationKind.INSPECT: {"camera": "camera", "scale": "scale"},
    StationKind.DIVERT: {"gate": "gate"},
}
"""For each kind of station the devices it needs: role -> device type."""


class Station(Section):
    """A place on the line: its zone and its devices by role."""

    zone: Literal["load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert"]
    kind: StationKind
    title: str
    title_zh: str
    devices: dict[str, Name] = Field(default_factory=dict)


class Pocket(Section):
    """The areas of the open mailer and of the label, on the carrier's plane, mm: x, y, width, height."""

    plates: tuple[Mm, Mm, Mm, Mm]
    documents: tuple[Mm, Mm, Mm, Mm]
    waybill: tuple[Mm, Mm, Mm, Mm]


class LineConfig(Section):
    """A whole `line.toml`."""

    line: LineSection
    store: StoreSection
    channel: ChannelSection
    web: WebSection = WebSection()
    dispatch: DispatchSection
    mail_numbers: MailNumberSection = MailNumberSection()
    vision: VisionSection = VisionSection()
    timing: TimingSection = TimingSection()
    challenge: ChallengeSection = ChallengeSection()
    shifts: ShiftSection = ShiftSection()
    pocket: Pocket
    devices: dict[Name, Device]
    stations: tuple[Station, ...]
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]
    layouts: dict[Name, Layout] = Field(default_factory=dict)
    golden: dict[Name, Golden] = Field(default_factory=dict)
    """Golden samples by camera: the line does not start on a camera that sees otherwise."""

    @model_validator(mode="after")
    def _stations_fit(self) -> Self:
        zones = [station.zone for station in self.stations]
        if zones != list(ZONES):
            raise ValueError(f"stations: zones must be {list(ZONES)} in this order, found {zones}")
        for station in self.stations:
            self._devices_fit(station)
        self._each_serves_once()
        conveyors = [name for name, device in self.devices.items() if device.type == "conveyor"]
        if len(conveyors) != 1:
            raise ValueError(f"devices: exactly one of type 'conveyor' is needed, found {conveyors}")
        return self

    def _devices_fit(self, station: Station) -> None:
        kind = ZONE_KINDS[station.zone]
        if station.kind is not kind:
            raise ValueError(f"stations.{station.zone}.kind: must be {kind.value!r}, found {station.kind.value!r}")
        needed = STATION_DEVICES[kind]
        if set(station.devices) != set(needed):
            raise ValueError(
                f"stations.{station.zone}.devices: needs {sorted(needed)}, found {sorted(station.devices)}"
            )
        for role, name in station.devices.items():
            device = self.devices.get(name)
            if device is None:
                raise ValueError(
                    f"stations.{station.zone}.devices.{role}: no device {name!r}, known: {sorted(self.devices)}"
                )
            if device.type != needed[role]:
                raise ValueError(
                    f"stations.{station.zone}.devices.{role}: {name!r} is a {device.type}, a {needed[role]} is needed"
                )

    def _each_serves_once(self) -> None:
        """A device has one place and one link has one owner: two of them would command the same machine."""
        places: dict[str, str] = {}
        for station in self.stations:
            for role, name in station.devices.items():
                place = f"stations.{station.zone}.devices.{role}"
                if name in places:
                    raise ValueError(f"{place}: {name!r} serves {places[name]} already, a device has one place")
                places[name] = place
        owners: dict[object, str] = {}
        for name, device in self.devices.items():
            wire = _wire_of(parse_link(device.link))
            if wire in owners:
                raise ValueError(
                    f"devices.{name}.link: {device.link!r} is the link of devices.{owners[wire]} too, "
                    "each device needs a link of its own"
                )
            owners[wire] = name

    @model_validator(mode="after")
    def _parts_lie_in_the_pocket(self) -> Self:
        areas = {
            PartKind.PLATE: ("plates", self.pocket.plates),
            PartKind.DOCUMENT: ("documents", self.pocket.documents),
        }
        for name, recipe in self.recipes.items():
            for part in recipe.parts:
                area, (x, y, width, height) = areas[part.kind]
                right, bottom = part.x_mm + part.width_mm, part.y_mm + part.height_mm
                if part.x_mm < x or part.y_mm < y or right > x + width or bottom > y + height:
                    raise ValueError(
                        f"recipes.{name}.parts.{part.role}: lies at x {part.x_mm:g}–{right:g}, "
                        f"y {part.y_mm:g}–{bottom:g} mm, pocket.{area} is x {x:g}–{x + width:g}, "
                        f"y {y:g}–{y + height:g} mm: no camera looks for it outside"
                    )
        return self

    @model_validator(mode="after")
    def _challenges_fit(self) -> Self:
        wrong = mistakes(self.challenge, self.recipes, self.mail_numbers.unchecked_prefixes)
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @model_validator(mode="after")
    def _taught_things_are_known(self) -> Self:
        for product, recipe in self.recipes.items():
            for part in recipe.parts:
                if part.layout and part.layout not in self.layouts:
                    raise ValueError(
                        f"recipes.{product}.parts.{part.role}.layout: no layout {part.layout!r}, "
                        f"known: {sorted(self.layouts)}"
                    )
        for name in self.golden:
            if not isinstance(self.devices.get(name), Camera):
                known = sorted(self.devices)
                raise ValueError(f"golden.{name}: no camera of that name, known devices: {known}")  # noqa: TRY004
        return self

    @property
    def conveyor(self) -> str:
        """Name of the conveyor among the devices."""
        return next(name for name, device in self.devices.items() if device.type == "conveyor")


def _wire_of(link: Link) -> object:
    """What two devices can't share: a serial line as a whole, a Modbus unit of a TCP port, else the address."""
    if isinstance(link, ModbusLink) and isinstance(link.transport, TcpLink):
        return link
    transport = link.transport if isinstance(link, ModbusLink) else link
    return transport.path if isinstance(transport, SerialLink) else transport


def load_config(path: Path) -> LineConfig:
    """Read `line.toml`. Relative paths in it are taken from the file's own folder.

    :raises ConfigError: with one line a mistake: key, value, bound.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(path, [f"can't be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, [f"is not UTF-8 at byte {error.start}: save it as UTF-8"]) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [f"is not TOML: {error}"]) from error
    filled, mistakes = fill_variables(raw)
    try:
        filled = with_taught(filled, path.parent)
    except TaughtError as error:
        mistakes.append(str(error))
    if mistakes:
        raise ConfigError(path, mistakes)
    try:
        config = LineConfig.model_validate(filled)
    except ValidationError as error:
        raise ConfigError(path, [worded(dict(each), filled) for each in error.errors()]) from error
    return _anchor(config, path.parent)


def _anchor(config: LineConfig, folder: Path) -> LineConfig:
    """Make the relative paths of the file absolute."""
    store = config.store.model_copy(
        update={name: folder / getattr(config.store, name) for name in ("journal", "evidence", "people", "signing_key")}
    )
    channel = config.channel.model_copy(
        update={"socket": folder / config.channel.socket, "token_file": folder / config.channel.token_file}
    )
    dispatch = config.dispatch
    if dispatch.password_file is not None:
        dispatch = dispatch.model_copy(update={"password_file": folder / dispatch.password_file})
    vision = config.vision
    if vision.identity_key_file is not None:
        vision = vision.model_copy(update={"identity_key_file": folder / vision.identity_key_file})
    challenge = config.challenge
    if challenge.campaign is not None:
        challenge = challenge.model_copy(update={"campaign": folder / challenge.campaign})
    config = config.model_copy(update={"challenge": challenge})
    return config.model_copy(update={"store": store, "channel": channel, "dispatch": dispatch, "vision": vision})
