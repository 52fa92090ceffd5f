"""The plates' part of the benchmark: each number must be accepted, and each number that differs from it must not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random
from time import process_time

import numpy as np
from rich.markup import escape
from rich.table import Table

from controller.commands.vision.bench_labels import Labelled
from controller.commands.vision.pictures_in import column
from vision.pictures import Picture
from vision.plates import verify_crop
from vision.verdict import Outcome, Verdict

_SIMILAR = {
    "0": "DQC8", "1": "7LJT", "2": "Z7", "3": "8B5", "4": "A", "5": "S36", "6": "G8B5", "7": "1TZ2", "8": "B3069",
    "9": "80P", "A": "4R", "B": "8R3D", "C": "GQ0", "D": "0QCU", "E": "FLB", "F": "EP", "G": "6CQ", "H": "MNKW",
    "J": "U1", "K": "XRH", "L": "1E", "M": "NHW", "N": "MHW", "P": "FR9", "Q": "0DGC", "R": "PBKA", "S": "58",
    "T": "71Y", "U": "VJD", "V": "UYW", "W": "VMHN", "X": "KY", "Y": "VTX", "Z": "27",
    "浙": "湘渝", "湘": "浙渝", "渝": "湘浙", "桂": "皖赣", "皖": "桂皖陕", "晋": "鲁", "鲁": "晋鄂",
    "苏": "冀", "冀": "苏黑", "豫": "辽", "辽": "豫", "京": "琼", "琼": "京", "沪": "沪浙", "粤": "贵", "贵": "粤",
    "鄂": "鲁", "闽": "蒙",
}  # fmt: skip
"""Characters that are taken for one another, by their look."""
_SEED = 3


@dataclass(frozen=True, slots=True)
class PlateResult:
    """Verdicts on one plate.

    :ivar verdict: on its own number. :ivar accepted_changes: numbers with one other character that were accepted.
    """

    labelled: Labelled
    verdict: Verdict
    cpu_ms: float
    changes: int
    accepted_changes: tuple[str, ...]


def try_plate(labelled: Labelled, picture: Picture, changes: int) -> PlateResult:
    """Verify the number, and so many confusable one-character changes of it, drawn by the number itself."""
    began = process_time()
    verdict = verify_crop(picture, labelled.text)
    cpu_ms = (process_time() - began) * 1000
    wrong = changed_texts(labelled.text, changes)
    accepted = tuple(text for text in wrong if verify_crop(picture, text).outcome is Outcome.ACCEPT)
    return PlateResult(labelled, verdict, cpu_ms, len(wrong), accepted)


def changed_texts(text: str, most: int) -> list[str]:
    """Numbers with one character changed for one like it: at most so many, drawn by the number itself."""
    every = [
        text[:place] + other + text[place + 1 :]
        for place, character in enumerate(text)
        for other in _SIMILAR.get(character, "")
        if other != character
    ]
    return Random(f"{_SEED} {text}").sample(every, min(most, len(every)))  # noqa: S311 -- a sample, no secret


def plate_table(results: list[PlateResult]) -> Table:
    """False rejects and false accepts in one look, by source."""
    columns = (
        "source",
        "plates",
        "false rejects",
        "unsure",
        "rejected",
        "changed",
        "false accepts",
        "median ms",
        "99 % ms",
    )
    table = Table(
        *map(column, columns),
        title="Plates, one look: their own number (false rejects: unsure or rejected), and numbers with one confusable "
        "character changed",
    )
    by_source: dict[str, list[PlateResult]] = defaultdict(list)
    for result in results:
        by_source[result.labelled.source].append(result)
    for source, own in sorted(by_source.items()):
        outcomes = [result.verdict.outcome for result in own]
        times = [result.cpu_ms for result in own]
        table.add_row(
            escape(source),
            str(len(own)),
            f"{len(own) - outcomes.count(Outcome.ACCEPT)} ({1 - outcomes.count(Outcome.ACCEPT) / len(own):.1%})",
            *(str(outcomes.count(each)) for each in (Outcome.UNSURE, Outcome.REJECT)),
            str(sum(result.changes for result in own)),
            str(sum(len(result.accepted_changes) for result in own)),
            f"{np.median(times):.1f}",
            f"{np.percentile(times, 99):.0f}",
        )
    return table
