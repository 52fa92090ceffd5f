"""The codes' part of the benchmark: our reader beside zxing-cpp, pyzbar and OpenCV alone, on the same pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import cv2
import numpy as np
from rich.markup import escape
from rich.table import Table

from controller.commands.vision.bench_labels import NONE, Labelled
from controller.commands.vision.pictures_in import column
from vision.barcodes import FULL_MS, climb_picture
from vision.codes.first_reader import first_reader
from vision.codes.second_reader import second_reader
from vision.pictures import Grey, Picture, as_grey
from vision.verdict import Symbology

OURS = "sealline"
_ALL = frozenset(Symbology)
Said = frozenset[tuple[str, str]]
"""Texts and kinds that a reader says are there."""


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What the readers said of one picture.

    :ivar said: by reader. :ivar cpu_ms: processor time by reader. :ivar step: at which ours ended.
    """

    labelled: Labelled
    said: dict[str, Said]
    cpu_ms: dict[str, float]
    step: str

    def right(self, reader: str) -> bool:
        """Whether the reader found what is there."""
        return self.labelled.says in self.said[reader]

    def wrong(self, reader: str) -> Said:
        """What the reader said that no label of the picture does."""
        return self.said[reader] - {self.labelled.says} - self.labelled.beside


def try_codes(labelled: Labelled, picture: Picture, at_least: int = 1) -> CodeResult:
    """All readers on one picture, all formats on."""
    said, cpu_ms = {}, {}
    began = process_time()
    climbed = climb_picture(picture, _ALL, FULL_MS, at_least)
    cpu_ms[OURS] = (process_time() - began) * 1000
    said[OURS] = frozenset((code.text, code.symbology.value) for code in climbed.codes)
    grey = as_grey(picture)
    for name, reader in RIVALS.items():
        began = process_time()
        said[name] = reader(grey)
        cpu_ms[name] = (process_time() - began) * 1000
    said[UNION] = said["zxing-cpp"] | said["pyzbar"]
    cpu_ms[UNION] = cpu_ms["zxing-cpp"] + cpu_ms["pyzbar"]
    return CodeResult(labelled, said, cpu_ms, climbed.step)


def _zxing(grey: Grey) -> Said:
    codes = first_reader(grey, _ALL, inverted=True, smaller=True)
    return frozenset((code.text, code.symbology.value) for code in codes)


def _pyzbar(grey: Grey) -> Said:
    return frozenset((code.text, code.symbology.value) for code in second_reader(grey, _ALL))


def _opencv(grey: Grey) -> Said:
    said: set[tuple[str, str]] = set()
    try:
        found, texts, kinds, _ = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(grey)
        said |= {
            (text, _OPENCV_KINDS.get(kind, kind)) for text, kind in zip(texts, kinds, strict=True) if found and text
        }
        found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
        said |= {(text, Symbology.QR.value) for text in texts if found and text}
    except (cv2.error, UnicodeDecodeError):
        return frozenset(said)
    return frozenset(said)


_OPENCV_KINDS = {"EAN_13": Symbology.EAN13.value}
RIVALS: dict[str, Callable[[Grey], Said]] = {"zxing-cpp": _zxing, "pyzbar": _pyzbar, "OpenCV": _opencv}
UNION = "zxing-cpp or pyzbar"
READERS = (OURS, "zxing-cpp", "pyzbar", UNION, "OpenCV")


def read_table(results: list[CodeResult]) -> Table:
    """Codes read, by source and reader; wrong values in brackets."""
    table = Table(*map(column, ("source", "pictures", *READERS)), title="Codes read (wrong values said)")
    by_source: dict[str, list[CodeResult]] = defaultdict(list)
    for result in results:
        by_source[result.labelled.source].append(result)
    for source, own in sorted(by_source.items()):
        table.add_row(escape(source), str(len(_each_once(own))), *(_cell(own, reader) for reader in READERS))
    table.add_section()
    table.add_row("all", str(len(_each_once(results))), *(_cell(results, reader) for reader in READERS))
    return table


def _each_once(results: list[CodeResult]) -> list[CodeResult]:
    """One result of each picture, however many codes it bears."""
    return list({result.labelled.file: result for result in results}.values())


def _cell(results: list[CodeResult], reader: str) -> str:
    bearing = [result for result in results if result.labelled.kind != NONE]
    read = f"{sum(result.right(reader) for result in bearing)}/{len(bearing)}" if bearing else "-"
    wrong = sum(len(result.wrong(reader)) for result in _each_once(results))
    return f"{read} [red]({wrong})[/]" if wrong else read


def time_table(results: list[CodeResult]) -> Table:
    """Processor time a picture, by reader, and of ours by the step at which it ended."""
    table = Table(
        *map(column, ("reader", "pictures", "median ms", "99 % ms", "most ms")),
        title="Processor time a picture, all formats on",
    )
    for reader in READERS:
        table.add_row(reader, *_times([result.cpu_ms[reader] for result in _each_once(results)]))
    table.add_section()
    steps: dict[str, list[float]] = defaultdict(list)
    for result in _each_once(results):
        ended = result.step if result.right(OURS) else "every step, none read"
        steps[ended].append(result.cpu_ms[OURS])
    for step, times in sorted(steps.items(), key=lambda each: np.median(each[1])):
        table.add_row(f"  {OURS}: {step}", *_times(times))
    return table


def _times(times: list[float]) -> tuple[str, str, str, str]:
    return str(len(times)), f"{np.median(times):.1f}", f"{np.percentile(times, 99):.0f}", f"{max(times):.0f}"


def miss_table(results: list[CodeResult]) -> Table:
    """Every picture whose code was not read or that was read wrongly by ours."""
    table = Table(*map(column, ("picture", "kind", "label", "read")), title="Not read, or read otherwise than labelled")
    for result in results:
        bearing = result.labelled.kind != NONE
        if result.wrong(OURS) or (bearing and not result.right(OURS)):
            read = ", ".join(f"{kind} {text}" for text, kind in sorted(result.said[OURS])) or "-"
            table.add_row(*map(escape, (result.labelled.file, result.labelled.kind, result.labelled.text[:40], read)))
    return table
