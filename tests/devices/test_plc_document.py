"""The contract's document is made from the contract, and its bytes are right."""

from __future__ import annotations

from pathlib import Path

from devices.plc.document import render

DOCUMENT = Path(__file__).parents[2] / "docs" / "plc-contract.md"


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == render(), "run: python -m devices.plc.document > docs/plc-contract.md"


def test_the_worked_example_holds_the_literal_bytes() -> None:
    text = render()
    block = "00 07 00 2A 00 01 86 A1 00 02 00 11 00 00 00 0F 44 34 05 AA 03 20 01 2C 01 F4 99 5A"
    assert f"TCP request  00 01 00 00 00 23 01 10 03 E8 00 0E 1C {block}\n" in text
    assert f"RTU request  01 10 03 E8 00 0E 1C {block} 68 0E\n" in text
    assert "RTU request  01 03 00 00 00 1B 05 C1\n" in text
    assert "| 13 | OLD_EPOCH | the epoch is 0 or older than the newest one seen |" in text
