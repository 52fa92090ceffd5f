"""The line's configuration: `line.toml` read, checked and given types.

Every number has its unit in the name and its bounds in the model; a mistake is refused with the key, the value
found and the bound. Text may hold `${NAME}` or `${NAME:-default}`, filled from the environment, so that one file
serves the bench and the floor. This module opens no device: an address is only text here.
"""

from __future__ import annotations

import os
import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from controller.formats import FORMATS
from devices.links.address import CaptureLink, HttpLink, ModbusLink, SerialLink, TcpLink, parse_link
from vision.verdict import Box, PlateColour, Symbology, View

ZONES = ("load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert")
"""The conveyor's zones in the order of its PLC blocks."""
SEAL_ZONES = ("seal_1", "seal_2")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Mm = Annotated[float, Field(ge=0, le=2000)]
DeadlineSeconds = Annotated[float, Field(gt=0, le=120)]


class ConfigError(Exception):
    """A configuration that the line refuses; one line of text a mistake."""

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        super().__init__("\n".join([f"{path}: {len(mistakes)} mistake(s)", *mistakes]))
        self.mistakes = mistakes


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineSection(_Section):
    """Who this line is."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$", description="Stands in every event, as GZ01-L1.")]
    name: str = ""
    language: Literal["zh", "en"] = "zh"


class StoreSection(_Section):
    """Where the line remembers."""

    journal: Path
    evidence: Path
    good_evidence_days: Annotated[float, Field(gt=0, le=365)] = 3
    reject_evidence_days: Annotated[float, Field(gt=0, le=3650)] = 30


class ChannelSection(_Section):
    """The local, authenticated way into the line process."""

    socket: Path
    token_file: Path


class WebSection(_Section):
    """Operator page and HTTP API. Loopback only until accounts exist."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080


class DispatchSection(_Section):
    """The MQTT 5 broker, and what dispatch is held to."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str = ""
    password_file: Path | None = None
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9_/-]{1,100}$")] = "sealline"
    receipt_deadline_s: Annotated[float, Field(ge=0.5, le=3600)] = 10
    """After it an event without dispatch's receipt is published again."""
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 20


class MailNumberSection(_Section):
    """The pool of mail numbers that the carrier has given out."""

    low_water: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    """Fewer free numbers than this raise an alarm."""
    unchecked_prefixes: tuple[str, ...] = ("96", "99")
    """Two-digit prefixes of domestic numbers that carry no check digit."""


class VisionSection(_Section):
    """Worker processes that judge pictures."""

    workers: Annotated[int, Field(ge=1, le=16)] = 1
    memory_mb: Annotated[int, Field(ge=300, le=8000)] = 1500
    looks: Annotated[int, Field(ge=1, le=3)] = 3
    """Pictures taken at most before an unsure verdict sends the item to rework."""


class TimingSection(_Section):
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


class PlcDevice(_Section):
    """A PLC station by the contract in docs/plc-contract.md."""

    type: Literal["conveyor", "sealer", "applicator", "gate"]
    link: Annotated[str, _address(ModbusLink)]


class WireDevice(_Section):
    """A scanner, scale or label printer."""

    type: Literal["scanner", "scale", "printer"]
    link: Annotated[str, _address(TcpLink, SerialLink)]


class Camera(_Section):
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


class Station(_Section):
    """A place on the line: its zone and its devices by role."""

    zone: Literal["load", "infeed", "collate", "verify", "label", "seal_1", "seal_2", "inspect", "divert"]
    kind: StationKind
    title: str
    title_zh: str
    devices: dict[str, Name] = {}


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def _known_format(name: str) -> str:
    if name and name not in FORMATS:
        raise ValueError(f"no such format, allowed: {sorted(FORMATS)} or empty")
    return name


FormatName = Annotated[str, AfterValidator(_known_format)]


class PartKind(StrEnum):
    """What a recipe's part is: told apart by who proves it."""

    PLATE = "plate"
    DOCUMENT = "document"


class RecipePart(_Section):
    """One part of a product: its role, how it is proven and where it lies in the open mailer."""

    role: Name
    kind: PartKind
    title: str
    title_zh: str
    x_mm: Mm
    y_mm: Mm
    width_mm: Annotated[float, Field(gt=0, le=600)]
    height_mm: Annotated[float, Field(gt=0, le=400)]
    weight_g: Annotated[float, Field(gt=0, le=5000)]
    symbology: Symbology = Symbology.CODE128
    code_pattern: Annotated[str, AfterValidator(_regular_expression)]
    """Regular expression of the whole bar code."""
    number_format: FormatName = ""
    """Name of a format in controller/formats that the embossed or printed number must keep; empty: none."""
    code_format: FormatName = ""
    """Name of a format with check digits that the bar code must keep; empty: the pattern alone."""
    colour: PlateColour | None = None
    """Colour class of a plate's ground; must be given for plates and only for them."""

    @property
    def box(self) -> Box:
        """Where it lies, on the carrier's plane."""
        return Box(self.x_mm, self.y_mm, self.width_mm, self.height_mm)

    @model_validator(mode="after")
    def _plates_have_a_colour(self) -> Self:
        if (self.kind is PartKind.PLATE) != (self.colour is not None):
            raise ValueError(f"colour must be given for plates and only for them; part {self.role!r} is a {self.kind}")
        return self


class SealSettings(_Section):
    """Set-points of one seal cycle and the limits that its measured values must keep."""

    temperature_c: Annotated[float, Field(ge=50, le=220)]
    temperature_tolerance_c: Annotated[float, Field(gt=0, le=30)]
    dwell_ms: Annotated[int, Field(ge=100, le=5000)]
    dwell_tolerance_ms: Annotated[int, Field(gt=0, le=1000)]
    force_n: Annotated[int, Field(ge=10, le=2000)]
    force_tolerance_n: Annotated[int, Field(gt=0, le=500)]
    cooling_ms: Annotated[int, Field(ge=0, le=10000)] = 0


class Recipe(_Section):
    """How one product is packed."""

    title: str
    title_zh: str
    parts: Annotated[tuple[RecipePart, ...], Field(min_length=1, max_length=10)]
    seal: SealSettings
    empty_weight_g: Annotated[float, Field(gt=0, le=1000)]
    """Mailer and waybill without parts."""
    weight_tolerance_g: Annotated[float, Field(gt=0, le=500)]
    proof_life_s: Annotated[float, Field(ge=1, le=3600)]
    """How old the camera's proof may be when the jaw closes."""

    @property
    def weight_g(self) -> float:
        """What the sealed parcel must weigh."""
        return self.empty_weight_g + sum(part.weight_g for part in self.parts)

    @model_validator(mode="after")
    def _roles_differ(self) -> Self:
        roles = [part.role for part in self.parts]
        if len(set(roles)) != len(roles):
            raise ValueError(f"parts: each role may stand once, found {roles}")
        return self


class Pocket(_Section):
    """The areas of the open mailer and of the label, on the carrier's plane, mm: x, y, width, height."""

    plates: tuple[Mm, Mm, Mm, Mm]
    documents: tuple[Mm, Mm, Mm, Mm]
    waybill: tuple[Mm, Mm, Mm, Mm]


class LineConfig(_Section):
    """A whole `line.toml`."""

    line: LineSection
    store: StoreSection
    channel: ChannelSection
    web: WebSection = WebSection()
    dispatch: DispatchSection
    mail_numbers: MailNumberSection = MailNumberSection()
    vision: VisionSection = VisionSection()
    timing: TimingSection = TimingSection()
    pocket: Pocket
    devices: dict[Name, Device]
    stations: tuple[Station, ...]
    recipes: Annotated[dict[Name, Recipe], Field(min_length=1)]

    @model_validator(mode="after")
    def _stations_fit(self) -> Self:
        zones = [station.zone for station in self.stations]
        if zones != list(ZONES):
            raise ValueError(f"stations: zones must be {list(ZONES)} in this order, found {zones}")
        for station in self.stations:
            self._devices_fit(station)
        conveyors = [name for name, device in self.devices.items() if device.type == "conveyor"]
        if len(conveyors) != 1:
            raise ValueError(f"devices: exactly one of type 'conveyor' is needed, found {conveyors}")
        return self

    def _devices_fit(self, station: Station) -> None:
        needed = STATION_DEVICES[station.kind]
        if set(station.devices) != set(needed):
            raise ValueError(
                f"stations.{station.zone}.devices: a {station.kind} station needs {sorted(needed)}, "
                f"found {sorted(station.devices)}"
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

    @property
    def conveyor(self) -> str:
        """Name of the conveyor among the devices."""
        return next(name for name, device in self.devices.items() if device.type == "conveyor")


def load_config(path: Path) -> LineConfig:
    """Read `line.toml`. Relative paths in it are taken from the file's own folder.

    :raises ConfigError: with one line a mistake: key, value, bound.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(path, [f"can't be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, [f"is not UTF-8 at byte {error.start}: save it as UTF-8"]) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [f"is not TOML: {error}"]) from error
    mistakes: list[str] = []
    filled = _fill(raw, "", mistakes)
    if mistakes:
        raise ConfigError(path, mistakes)
    try:
        config = LineConfig.model_validate(filled)
    except ValidationError as error:
        raise ConfigError(path, [_mistake(dict(each)) for each in error.errors()]) from error
    return _anchor(config, path.parent)


_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}")


def _fill(value: Any, key: str, mistakes: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(each, f"{key}.{name}" if key else name, mistakes) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, f"{key}[{index}]", mistakes) for index, each in enumerate(value)]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], match[2])
        if found is None:
            mistakes.append(f"{key}: the environment has no {match[1]} and the file no default for it")
        return found or ""

    filled = _VARIABLE.sub(look_up, value)
    # A port that is wholly a variable is a number in disguise.
    return int(filled) if filled != value and filled.isdecimal() else filled


def _mistake(error: dict[str, Any]) -> str:
    places = [str(each) for each in error["loc"]]
    if places[:1] == ["devices"] and len(places) > 2:
        del places[2]  # pydantic names the type that it chose
    key = ".".join(places) or "file"
    found = error.get("input")
    shown = "" if isinstance(found, dict | BaseModel) or error["type"] == "missing" else f", found {found!r}"
    return f"{key}: {error['msg'].removeprefix('Value error, ')}{shown}"


def _anchor(config: LineConfig, folder: Path) -> LineConfig:
    """Make the relative paths of the file absolute."""
    store = config.store.model_copy(
        update={"journal": folder / config.store.journal, "evidence": folder / config.store.evidence}
    )
    channel = config.channel.model_copy(
        update={"socket": folder / config.channel.socket, "token_file": folder / config.channel.token_file}
    )
    dispatch = config.dispatch
    if dispatch.password_file is not None:
        dispatch = dispatch.model_copy(update={"password_file": folder / dispatch.password_file})
    return config.model_copy(update={"store": store, "channel": channel, "dispatch": dispatch})
