"""The dossier of one parcel: what was ordered, what was proven, how it was sealed, with pictures and time line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from controller.journal.reading import EvidenceRow
from controller.journal.tracing import EventLine, SealCurve, SealCycle, Trace
from controller.plan.config import LineConfig
from controller.web.papers.gauge import Gauge, gauges
from controller.web.papers.paper import Paper
from controller.web.storytelling import Storyteller
from controller.web.texts import CATALOGUES, Language

MOST_PICTURES = 12
_WIDTH_PX = 900


@dataclass(frozen=True, slots=True)
class DossierWish:
    """What is to be printed, for whom."""

    trace: Trace
    language: Language
    by: str
    at: str


def print_dossier(wish: DossierWish, config: LineConfig) -> bytes:
    """The pages, without their signature. Blocking: call it in a thread.

    :raises FontMissing: there is no Chinese font on this machine.
    """
    return _Dossier(wish, config).pages()


class _Dossier:
    def __init__(self, wish: DossierWish, config: LineConfig) -> None:
        self._trace = wish.trace
        self._wish = wish
        self._config = config
        self._words = CATALOGUES[wish.language]
        self._teller = Storyteller(config, wish.language)
        title = f"{self._t('dossier.title')} {wish.trace.acceptance}"
        self._paper = Paper(title, f"{config.line.id} · {wish.trace.acceptance} · {clock(wish.at)}")

    def pages(self) -> bytes:
        for chapter in (
            self._summary, self._attempts, self._parts, self._cycles, self._events, self._pictures, self._time_line,
            self._proof,
        ):  # fmt: skip
            chapter()
        return self._paper.file()

    def _summary(self) -> None:
        trace, recipe = self._trace, self._config.recipes.get(self._trace.product)
        zh = self._wish.language is Language.ZH
        product = (recipe.title_zh if zh else recipe.title) if recipe else trace.product
        rows = [
            (self._t("dossier.line"), f"{self._config.line.name} {self._config.line.id}"),
            (self._t("dossier.product"), f"{product} ({trace.product})"),
            (self._t("dossier.state"), self._t(f"order_state.{trace.state}", trace.state)),
            (self._t("dossier.due"), clock(trace.due)),
            (self._t("dossier.made"), f"{clock(self._wish.at)} · {self._wish.by}"),
        ]
        self._paper.grid((self._t("dossier.what"), ""), rows, (1, 3))

    def _attempts(self) -> None:
        self._paper.head(self._t("dossier.attempts"))
        rows = [
            (
                str(item.attempt), str(item.item), str(item.carrier), item.mail_number or "–",
                self._t(f"outcome.{item.outcome or 'under_way'}", item.outcome or ""),
                self._t(f"reason.{item.reason}", item.reason) if item.reason else "–",
                clock(item.called_at), clock(item.ended_at),
            )
            for item in self._trace.items
        ]  # fmt: skip
        names = ("attempt", "item", "carrier", "mail_number", "outcome", "reason", "called", "ended")
        self._paper.grid([self._t(f"dossier.{name}") for name in names], rows, (1, 1, 1.1, 2.3, 1.4, 2.2, 2.8, 2.8))
        for number, state in self._trace.mail_numbers.items():
            self._paper.words(f"{self._t('dossier.mail_number')} {number}: {self._t(f'mail_state.{state}', state)}")

    def _parts(self) -> None:
        self._paper.head(self._t("dossier.parts"))
        rows = [
            (
                self._teller.role(part.role),
                part.code,
                part.number or "–",
                self._t(f"part_state.{part.state}", part.state),
            )
            for part in self._trace.parts
        ]
        self._paper.grid(
            [self._t(f"dossier.{name}") for name in ("role", "code", "number", "standing")], rows, (1,) * 4
        )

    def _cycles(self) -> None:
        recipe = self._config.recipes.get(self._trace.product)
        for cycle in self._trace.cycles:
            self._paper.head(f"{self._t('dossier.seal')} · {cycle.sealer} · {clock(cycle.at)} · {self._ended(cycle)}")
            measured = gauges(cycle, recipe.seal if recipe else None, self._t)
            for gauge in measured:
                self._paper.gauge(gauge)
            if cycle.curve is not None and measured:
                self._curve(cycle, cycle.curve, measured)
            else:
                self._paper.words(self._t("trace.no_curve"), small=True)
        if self._trace.cycles:
            self._paper.words(self._t("dossier.seal_key"), small=True)

    def _curve(self, cycle: SealCycle, curve: SealCurve, measured: Sequence[Gauge]) -> None:
        band = (curve.pressed_ms, curve.pressed_ms + cycle.measured["dwell_ms"])
        for gauge, values in zip(
            (measured[0], measured[-1]),
            ([each / 10 for each in curve.temperature_dc], [float(each) for each in curve.force_n]),
            strict=True,
        ):
            self._paper.cycle(gauge, values, curve.step_ms, band)

    def _events(self) -> None:
        if not self._trace.events:
            return
        self._paper.head(self._t("dossier.events"))
        rows = [
            (
                str(event.sequence), self._named(event), str(event.bag or "–"), clock(event.made_at),
                event.state, clock(event.answered_at),
            )
            for event in self._trace.events
        ]  # fmt: skip
        names = ("sequence", "event", "bag", "sent", "standing", "answered")
        self._paper.grid([self._t(f"dossier.{name}") for name in names], rows, (1, 2, 1, 3, 2, 3))

    def _pictures(self) -> None:
        shown = [row for row in self._trace.evidence if row.picture][-MOST_PICTURES:]
        found = [(row, _picture(self._config.store.evidence / row.picture)) for row in shown]
        there = [(jpeg, self._caption(row)) for row, jpeg in found if jpeg is not None]
        gone = len([row for row in self._trace.evidence if row.picture]) - len(there)
        self._paper.head(self._t("dossier.pictures"))
        self._paper.pictures(there)
        if gone:
            self._paper.words(self._t("dossier.pictures_gone").format(count=gone), small=True)

    def _caption(self, row: EvidenceRow) -> str:
        failed = [check["name"] for check in row.checks if check["outcome"] != "accept"]
        outcome = self._t(f"judged.{row.outcome}", row.outcome)
        named = ", ".join(self._t(f"check.{name}", name) for name in failed)
        told = f"{row.station} · {row.camera} · {clock(row.taken_at)} · {outcome}" + (f": {named}" if named else "")
        return f"{told}\n{row.picture[:32]}"

    def _time_line(self) -> None:
        self._paper.head(self._t("dossier.time_line"))
        rows = [
            (
                str(entry.seq),
                clock(entry.at),
                self._t(f"kind.{entry.kind}", entry.kind),
                self._teller.tell(entry.kind, entry.data),
            )
            for entry in self._trace.entries
        ]
        self._paper.grid([self._t(f"dossier.{name}") for name in ("seq", "when", "what", "data")], rows, (1, 2.6, 2, 6))

    def _proof(self) -> None:
        self._paper.head(self._t("dossier.proof"))
        self._paper.words(self._t("dossier.proof_text"))
        self._paper.code("sealline dossier verify FILE.pdf")

    def _ended(self, cycle: SealCycle) -> str:
        return self._t(f"result.{cycle.result}", cycle.result)

    def _named(self, event: EventLine) -> str:
        return self._t(f"event.{event.type.split('.')[-2]}", event.type)

    def _t(self, key: str, otherwise: str | None = None) -> str:
        return self._words[key] if otherwise is None else self._words.get(key, otherwise)


def _picture(path: Path) -> bytes | None:
    """A picture no wider than paper shows; None when it is gone or can't be read."""
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    if image is None:
        return None
    if image.shape[1] > _WIDTH_PX:
        scale = _WIDTH_PX / image.shape[1]
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes())


def clock(stamp: str | None) -> str:
    """A stamp in this machine's own zone."""
    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M:%S") if stamp else "–"
