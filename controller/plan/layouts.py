"""What a configuration says of how documents look and how cameras saw when they were taught. Written by teaching."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from controller.plan.recipes import Mm, Section
from vision.verdict import Box, DocumentLayout, GoldenSample

_HexRow = Annotated[str, Field(pattern=r"^([0-9a-f]{2})+$", max_length=200)]
Rectangle = tuple[Mm, Mm, Mm, Mm]


class Layout(Section):
    """How one kind of document looks: x, y, width, height in mm from its own upper left corner."""

    heading: Rectangle
    fingerprint: Annotated[str, Field(pattern=r"^([0-9a-f]{2})+$", max_length=20_000)]
    """The heading's ink, as `sealline vision teach` writes it."""
    number: Rectangle | None = None
    """Where the number is printed that must agree with the code."""
    zone: Rectangle | None = None
    """First line of a permit's machine-readable zone."""
    identity: bool = False
    """An identity card: its number is compared by keyed hash and blacked in the evidence."""
    blank: Annotated[tuple[_HexRow, ...], Field(max_length=1000)] = ()
    """What stays bare in every copy, a row for each 2/3 mm, as `sealline vision teach` writes it; without it nobody
    looks whether something lies on bare paper."""
    plain: Annotated[tuple[_HexRow, ...], Field(max_length=1000)] = ()
    """Likewise where every copy's print can be filled with paper; without it nobody looks on print."""
    inked: Annotated[tuple[_HexRow, ...], Field(max_length=1000)] = ()
    """Likewise where every copy bears print; without it nobody sees that print is hidden."""

    @field_validator("blank", "plain", "inked")
    @classmethod
    def _rows_alike(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        if len({len(row) for row in rows}) > 1:
            raise ValueError("its rows differ in length; teach again")
        return rows

    def named(self, name: str) -> DocumentLayout:
        """The same as the vision's question wants it."""
        number = Box(*self.number) if self.number is not None else None
        zone = Box(*self.zone) if self.zone is not None else None
        flags = self.blank, self.plain, self.inked
        return DocumentLayout(name, Box(*self.heading), self.fingerprint, number, zone, self.identity, *flags)


class Golden(Section):
    """How a camera saw when it was taught; `vision.golden` says how each value is measured."""

    product: str = ""
    """What lay in the carrier then; empty: nothing, or it is not known."""
    code: Annotated[str, Field(min_length=1, max_length=40)]
    sharpness: Annotated[float, Field(gt=0, le=1)]
    white: Annotated[float, Field(gt=0, le=255)]
    contrast: Annotated[float, Field(gt=0, le=255)]
    px_per_mm: Annotated[float, Field(ge=0.5, le=50)]
    x_mm: Annotated[float, Field(ge=-30, le=30)]
    y_mm: Annotated[float, Field(ge=-30, le=30)]
    turn: Annotated[float, Field(ge=-15, le=15)]
    grid: Annotated[tuple[Annotated[float, Field(ge=0, le=255)], ...], Field(min_length=24, max_length=24)]

    @property
    def sample(self) -> GoldenSample:
        """The same as the vision's question wants it."""
        return GoldenSample(**self.model_dump(exclude={"product"}))
