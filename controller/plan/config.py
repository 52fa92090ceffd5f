"""The line's configuration: `line.toml` read, checked and given types.

Every number has its unit in the name and its bounds in the model; a mistake is refused with the key, the value
found and the bound. Text may hold `${NAME}` or `${NAME:-default}`, filled from the environment, so that one file
serves the bench and the floor. This module opens no device: an address is only text here.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from controller.plan.challenges import ChallengeSection, mistakes
from controller.plan.identity_cards import mistakes_of
from controller.plan.layouts import Golden, Layout
from controller.plan.machines import Camera, Device
from controller.plan.places import STATION_DEVICES, ZONE_KINDS, ZONES, Pocket, Station
from controller.plan.recipes import Name, PartKind, Recipe, Section
from controller.plan.sections import (
    ChannelSection,
    DispatchSection,
    LineSection,
    MailNumberSection,
    SimulationSection,
    StoreSection,
    TimingSection,
    VisionSection,
    WebSection,
)
from controller.plan.shifts import ShiftSection
from controller.plan.taught import TaughtError, with_taught
from controller.words.config_words import fill_variables, worded
from controller.words.names import Names, device_name
from controller.words.text import Text
from devices.links.address import Link, ModbusLink, SerialLink, TcpLink, parse_link


class ConfigError(Exception):
    """A configuration that the line refuses; one line of text a mistake."""

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        counted = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__("\n".join([f"{path}: {counted}", *(f"  {mistake}" for mistake in mistakes)]))
        self.mistakes = mistakes


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
    simulation: SimulationSection | None = None
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
        wrong = mistakes_of(self.recipes, self.layouts, self.vision.identity_key_file is not None)
        if wrong:
            raise ValueError("; ".join(wrong))
        for name in self.golden:
            if not isinstance(self.devices.get(name), Camera):
                known = sorted(self.devices)
                raise ValueError(f"golden.{name}: no camera of that name, known devices: {known}")  # noqa: TRY004
        return self

    @property
    def conveyor(self) -> str:
        """Name of the conveyor among the devices."""
        return next(name for name, device in self.devices.items() if device.type == "conveyor")

    def names(self) -> Names:
        """What people call the devices and zones."""
        devices = {
            name: device_name(name, device.type, device.title, device.title_zh) for name, device in self.devices.items()
        }
        return Names(devices, {each.zone: Text(each.title_zh, each.title) for each in self.stations})


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
