"""A part that bears no code on the line: no scanner waits for it, the certificate camera is asked for its hash."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from test_config_fits_together import WITH_IDENTITY, config_of

from controller.exits import Reason
from controller.flow.items import Stage
from controller.journal.reading import _pick_parts
from controller.orders.order_form import OrderedPart
from controller.plan.recipes import PartKind
from controller.pulse import Pulse
from controller.stations.feeding import PartScan
from controller.stations.verify import Verify

CERTIFICATE = "EB0000000001"
DIGEST = "0f" * 32
KEY = "ab" * 32


class Floor:
    """Everything that the stations ask, answered at once; the scanner reads one code and no more."""

    def __init__(self, folder: Path) -> None:
        self.config = config_of(folder, WITH_IDENTITY)
        (folder / "id.key").write_text(KEY, encoding="ascii")
        self.read: list[str] = []
        self.remembered = 0
        self.tracking: Any = SimpleNamespace(advance=self._nothing, note=lambda *_: None, changed=Pulse())
        self.permits: Any = SimpleNamespace(motion=self._nothing, given=True)
        self.memory: Any = SimpleNamespace(remember=self._remember)
        self.scanner: Any = SimpleNamespace(name="certificate_scanner", read=self._code)
        parts = (
            OrderedPart(role="plate", code="PM0000000001", number="123456"),
            OrderedPart(role="certificate", code=CERTIFICATE),
            OrderedPart(role="identity_card", code="ID-1", number=DIGEST),
        )
        recipe = self.config.recipes["ebike_plate"]
        self.item: Any = SimpleNamespace(
            suspect="", carrier=7, input_at=0.0, recipe=recipe, order=SimpleNamespace(parts=parts)
        )

    async def _nothing(self, *_: object) -> None:
        return None

    async def _remember(self, _: object) -> None:
        self.remembered += 1

    async def _code(self, _: float) -> Any:
        assert not self.read, "a second code was waited for"
        self.read.append(CERTIFICATE)
        return SimpleNamespace(text=CERTIFICATE, symbology="Code128", read_at=0.0)


async def test_no_scanner_waits_for_a_part_without_a_code(tmp_path: Path) -> None:
    floor = Floor(tmp_path)
    scan = PartScan("collate", floor.scanner, floor.permits, floor.tracking, floor.memory, floor.config.timing)
    await scan.take(floor.item, PartKind.DOCUMENT, Stage.COLLATED, Reason.MISSING_PART)
    assert floor.read == [CERTIFICATE]
    assert floor.remembered == 1


def test_the_cameras_are_asked_for_its_hash_and_keep_no_card(tmp_path: Path) -> None:
    floor = Floor(tmp_path)
    cameras = {"wide": "wide_camera", "close_up": "close_up_camera"}
    none: Any = None
    verify = Verify(floor.config, cameras, none, none, none, none)
    close_up = verify._documents_task(floor.item)
    card = next(each for each in close_up.documents if each.role == "identity_card")
    assert (card.code, card.number, card.digest, close_up.digest_key) == ("", "", DIGEST, KEY)
    assert verify._plates_task(floor.item).personal


def test_hands_are_shown_no_hash() -> None:
    with closing(sqlite3.connect(":memory:")) as books:
        books.execute("CREATE TABLE parts (role, code, number, kind, acceptance, state)")
        for role, number in (("plate", "123456"), ("identity_card", DIGEST)):
            books.execute("INSERT INTO parts VALUES (?, ?, ?, 'document', 'A1', 'in_store')", (role, role, number))
        assert [part.number for part in _pick_parts(books, "A1")] == ["123456", ""]
