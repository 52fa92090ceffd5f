"""Devices of `line.toml`, each with the kinds of link that it takes. An address is only text here."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from controller.plan.recipes import Section
from devices.links.address import CaptureLink, HttpLink, ModbusLink, SerialLink, TcpLink, parse_link
from vision.verdict import View


def link_of(*kinds: type) -> AfterValidator:
    """A link address of one of `kinds`, as `devices.links.address` reads it."""

    def check(text: str) -> str:
        link = parse_link(text)
        if not isinstance(link, kinds):
            allowed = ", ".join(kind.__name__.removesuffix("Link").lower() for kind in kinds)
            raise ValueError(f"this device takes a link of kind {allowed}")  # noqa: TRY004 - pydantic wants a ValueError
        return text

    return AfterValidator(check)


class Titled(Section):
    """How people call a device; empty: by its kind and its name here."""

    title: Annotated[str, Field(max_length=40)] = ""
    title_zh: Annotated[str, Field(max_length=40)] = ""


class PlcDevice(Titled):
    """A PLC station by the contract in docs/plc-contract.md."""

    type: Literal["conveyor", "sealer", "applicator", "gate"]
    link: Annotated[str, link_of(ModbusLink)]


class WireDevice(Titled):
    """A scanner, scale or label printer."""

    type: Literal["scanner", "scale", "printer"]
    link: Annotated[str, link_of(TcpLink, SerialLink)]


class Camera(Titled):
    """A camera and where its picture lies on the carrier's plane."""

    type: Literal["camera"]
    link: Annotated[str, link_of(HttpLink, CaptureLink)]
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
