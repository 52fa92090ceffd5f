"""Recipes: how each product is packed, as `line.toml` says it: parts and where they lie, seal cycle, weight."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from controller.formats import FORMATS
from vision.verdict import Box, PlateColour, Symbology

Mm = Annotated[float, Field(ge=0, le=2000)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Section(BaseModel):
    """A part of `line.toml`: no key that it does not know, and nothing in it ever changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class RecipePart(Section):
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
    bears_code: bool = True
    """False: it bears none, as an identity card. No scanner waits for it: hands lay it in before the product's last
    part with a code. The order's code is only its name in the books."""
    number_format: FormatName = ""
    """Name of a format in controller/formats that the embossed or printed number must keep; empty: none."""
    code_format: FormatName = ""
    """Name of a format with check digits that the bar code must keep; empty: the pattern alone."""
    colour: PlateColour | None = None
    """Colour class of a plate's ground; must be given for plates and only for them."""
    city: Annotated[str, Field(pattern=r"^([\u4e00-\u9fff]{2,4})?$")] = ""
    """City whose name an e-bike's plate bears above its number; empty: not looked at."""
    city_print: Annotated[str, Field(pattern=r"^([0-9a-f]{512})?$")] = ""
    """That name's ink, as `sealline vision teach` writes it; empty: as it is drawn."""
    marks: Annotated[int, Field(ge=0, le=9)] = 1
    """How many maker's marks and stickers a plate bears along its lower edge at most; what is more lies on it."""
    layout: str = ""
    """Name under `layouts` of how a document looks; empty: nothing but its code is looked at."""

    @property
    def box(self) -> Box:
        """Where it lies, on the carrier's plane."""
        return Box(self.x_mm, self.y_mm, self.width_mm, self.height_mm)

    @model_validator(mode="after")
    def _plates_have_a_colour(self) -> Self:
        if (self.kind is PartKind.PLATE) != (self.colour is not None):
            raise ValueError(f"colour must be given for plates and only for them; part {self.role!r} is a {self.kind}")
        return self

    @model_validator(mode="after")
    def _only_ebikes_have_a_city(self) -> Self:
        if self.city and self.colour is not PlateColour.WHITE:
            raise ValueError(f"city stands on white plates of e-bikes alone; part {self.role!r} is none")
        return self


class SealSettings(Section):
    """Set-points of one seal cycle and the limits that its measured values must keep."""

    temperature_c: Annotated[float, Field(ge=50, le=220)]
    temperature_tolerance_c: Annotated[float, Field(gt=0, le=30)]
    dwell_ms: Annotated[int, Field(ge=100, le=5000)]
    dwell_tolerance_ms: Annotated[int, Field(gt=0, le=1000)]
    force_n: Annotated[int, Field(ge=10, le=2000)]
    force_tolerance_n: Annotated[int, Field(gt=0, le=500)]
    cooling_ms: Annotated[int, Field(ge=0, le=10000)] = 0


class Recipe(Section):
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
