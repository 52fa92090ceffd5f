"""`sealline vision grade`: print quality of the linear codes in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from controller.commands.exits import REFUSED
from controller.commands.vision.pictures_in import (
    FormatsOption,
    JsonOption,
    PathsArgument,
    column,
    formats_named,
    open_picture,
    pictures_in,
    print_json,
    show,
    shown_progress,
    tell_unusable,
)
from vision.barcodes import FULL_MS, Code, read
from vision.codes.code import LINEAR
from vision.grading.parameters import ProfileGrade
from vision.pictures import UnreadablePictureError
from vision.print_quality import RELATIVE, GradingError, PrintGrade, grade_code
from vision.verdict import Symbology

_LEGEND = (
    "Rmin minimum reflectance, SC symbol contrast, EC edge contrast, MOD modulation, DEF defects, DCD decodability; "
    "DEC decode and QZ quiet zone are grades, 0 to 4. Low MOD under a high SC: a blurred picture; low SC: faint print"
)
_NONE_READ = "no linear code read; it must lie wholly in view, in focus, with 1.5 px and more for its narrowest bar"


@dataclass(frozen=True, slots=True)
class _Graded:
    """One code's grade, or why there is none."""

    file: str
    code: Code | None = None
    grade: PrintGrade | None = None
    error: str = ""


def grade(
    paths: PathsArgument,
    formats: FormatsOption = "",
    px_per_mm: Annotated[
        float | None, typer.Option(min=0.5, max=100, help="Scale on the label; left out: aperture of half a module.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Grade linear codes by the method of ISO/IEC 15416; relative, not ISO-conformant. Exit code 1: one has none."""
    kinds = formats_named(formats) & LINEAR
    graded = []
    for path in shown_progress(pictures_in(paths), as_json=as_json):
        own = _grade_all(path, kinds, px_per_mm)
        graded += own
        if as_json:
            print_json(
                {"file": str(path), "codes": [_record(each) for each in own if each.code], "error": own[0].error}
            )
    if not as_json:
        show(*_tables([each for each in graded if each.grade is not None]))
        tell_unusable((f"{each.file}{_of(each)}", each.error) for each in graded if each.error)
    if any(each.error for each in graded):
        raise typer.Exit(REFUSED)


def _grade_all(path: Path, kinds: frozenset[Symbology], px_per_mm: float | None) -> list[_Graded]:
    try:
        picture = open_picture(path)
    except UnreadablePictureError as error:
        return [_Graded(str(path), error=str(error))]
    graded = []
    for code in read(picture, kinds, budget_ms=FULL_MS):
        try:
            graded.append(_Graded(str(path), code, grade_code(picture, code, px_per_mm)))
        except GradingError as error:
            graded.append(_Graded(str(path), code, error=str(error)))
    return graded or [_Graded(str(path), error=_NONE_READ)]


def _record(graded: _Graded) -> dict[str, object]:
    assert graded.code is not None
    record: dict[str, object] = {"text": graded.code.text, "symbology": graded.code.symbology.value}
    if graded.grade is None:
        return {**record, "error": graded.error}
    return {
        **record,
        "grade": graded.grade.value,
        "letter": graded.grade.letter,
        "report": graded.grade.text,
        "module_px": round(graded.grade.module_px, 2),
        "weakest": graded.grade.weakest,
        "profiles": [
            {"grade": profile.grade, **_measured(profile), "grades": dict(profile.grades)}
            for profile in graded.grade.profiles
        ],
    }


def _measured(profile: ProfileGrade) -> dict[str, float | None]:
    """The parameters in per cent."""
    return {
        "contrast": round(profile.contrast, 1),
        "modulation": round(profile.modulation, 1),
        "defects": round(profile.defects, 1),
        "decodability": None if profile.decodability is None else round(profile.decodability, 1),
        "edge_contrast": round(profile.edge_contrast, 1),
        "darkest": round(profile.darkest, 1),
        "brightest": round(profile.brightest, 1),
    }


def _tables(graded: list[_Graded]) -> tuple[Table, Table]:
    """Grades, and the mean of each parameter; the grade is the mean of the profiles' grades, not that of the means."""
    columns = [column(name, whole=True) for name in ("text", "grade", "weakest")]
    grades = Table(column("picture"), *columns, title=f"ISO/IEC 15416 method: {RELATIVE}")
    names = ("Rmin %", "SC %", "EC %", "MOD %", "DEF %", "DCD %", "DEC", "QZ", "px a module")
    parameters = Table(column("picture"), *map(column, names), title="mean of ten profiles", caption=_LEGEND)
    for each in graded:
        assert each.grade is not None
        file, profiles = escape(each.file), each.grade.profiles
        text = each.code.text if each.code else ""
        grades.add_row(file, escape(text), f"{each.grade.value:.1f} ({each.grade.letter})", each.grade.weakest)
        parameters.add_row(
            file,
            _mean([profile.darkest for profile in profiles]),
            _mean([profile.contrast for profile in profiles]),
            _mean([profile.edge_contrast for profile in profiles]),
            _mean([profile.modulation for profile in profiles]),
            _mean([profile.defects for profile in profiles]),
            _mean([profile.decodability for profile in profiles if profile.decodability is not None]),
            _mean_grade(profiles, "decode"),
            _mean_grade(profiles, "quiet zone"),
            f"{each.grade.module_px:.1f}",
        )
    return grades, parameters


def _mean_grade(profiles: Sequence[ProfileGrade], parameter: str) -> str:
    """Mean grade of a parameter that has no measure of its own; a dash where it is not graded."""
    grades = [dict(profile.grades)[parameter] for profile in profiles if parameter in dict(profile.grades)]
    return f"{np.mean(grades):.1f}" if grades else "-"


def _of(graded: _Graded) -> str:
    return f" {graded.code.text}" if graded.code else ""


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.0f}" if values else "-"
