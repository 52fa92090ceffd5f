"""What each reason of a reject says to the people at the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from controller.exits import Reason
from controller.words.cause_texts import in_chinese, in_english
from controller.words.text import Text

REASONS: dict[Reason, Text] = {
    Reason.CODE_UNREADABLE: Text("条码无法读取", "a code could not be read"),
    Reason.WRONG_PART: Text("放入了不属于该订单的部件", "a part that is not the order's was laid in"),
    Reason.MISSING_PART: Text("缺少部件", "a part is missing"),
    Reason.FOREIGN_CODE: Text("画面中有不属于该订单的条码", "a code was seen that is not the order's"),
    Reason.CONTENTS_NOT_PROVEN: Text("内件未能核实", "the contents could not be proven"),
    Reason.PLATE_MISMATCH: Text("号牌字符与订单不符", "a plate's characters are not the order's"),
    Reason.PLATE_COLOUR: Text("号牌颜色不符", "a plate's colour is wrong"),
    Reason.PART_COUNT: Text("部件数量不符", "the number of parts is wrong"),
    Reason.DOCUMENT_MISMATCH: Text("证件的条码或号码与订单不符", "a certificate's code or number is not the order's"),
    Reason.DOCUMENT_KIND: Text(
        "此处应放的证件被放成另一种", "a certificate of another kind lies where this one belongs"
    ),
    Reason.PART_POSE: Text("部件放反、颠倒或露出信封", "a part lies upside down, back side up or out of the mailer"),
    Reason.FOREIGN_THING: Text("信封内有异物", "something strange lies in the mailer"),
    Reason.PRINT_QUALITY: Text("面单条码印刷质量不合格", "the waybill's print is too poor"),
    Reason.SEAM_FLAW: Text("封口有缺口、褶皱或夹物", "the seam has a gap, a wrinkle or something caught in it"),
    Reason.APPLY_FAILED: Text("贴标失败", "the waybill was not applied"),
    Reason.WAYBILL_NOT_APPLIED: Text("面单未贴在包裹上", "no waybill is on the parcel"),
    Reason.WAYBILL_MISMATCH: Text("面单与预留邮件号不符", "the waybill is not the reserved one, or not in its place"),
    Reason.FOREIGN_WAYBILL: Text("包裹上有其他面单", "another waybill is on the parcel"),
    Reason.PROOF_EXPIRED: Text("核验已过期或被中断", "the proof was too old or disturbed at the jaw"),
    Reason.SEAL_INTERRUPTED: Text("封装过程中断", "the seal cycle was interrupted"),
    Reason.SEAL_OUT_OF_LIMITS: Text("封装参数超限", "the seal cycle's values are out of limits"),
    Reason.SEAM_NOT_PROVEN: Text("封口未能核实", "the seam could not be proven"),
    Reason.WEIGHT_OUT_OF_LIMITS: Text("重量超限", "the weight is out of limits"),
    Reason.WRONG_CHUTE: Text("分拣到错误的滑槽", "the parcel fell into the wrong chute"),
    Reason.SUSPECT: Text("存疑，需重新核验", "nobody can vouch for it any more"),
    Reason.CHALLENGE_MISSED: Text("测试件未被检出", "a test kit was let through by its detector"),
    Reason.UNKNOWN_OUTCOME: Text("去向不明", "where it went is unknown"),
}

_BY_CHECK = {
    "document_code": Text("证件条码与订单不符", "a certificate's code is not the order's"),
    "document_number": Text("证件上印的号码与订单不符", "the number printed on a certificate is not the order's"),
    "document_zone": Text("证件机读码与订单不符", "a certificate's machine-readable line is not the order's"),
    "document_check_digits": Text(
        "证件机读码校验位不符", "a certificate's machine-readable line has a wrong check digit"
    ),
    "identity_number": Text("证件上的号码与订单不符", "the number on a card is not the order's"),
}
"""What exactly is wrong, where one reason stands for several checks."""

_RECALLS = {
    "slip_carrier": Text("载具错位，已召回", "carriers slipped, recalled"),
    "slip_part": Text("部件错位，已召回", "parts slipped, recalled"),
    "slip_waybill": Text("面单错位，已召回", "waybills slipped, recalled"),
    "slip_count": Text("件数不符，已召回", "the count differs, recalled"),
}
"""Why a parcel was called back that had been dispatched."""


def reason_text(code: str) -> Text | None:
    """A reason in words; None when the code is none that is known here."""
    return REASONS[Reason(code)] if code in REASONS else _RECALLS.get(code)


def describe(reason: str, facts: Mapping[str, Any]) -> Text:
    """Say why an item was rejected, of which part, and with what was expected and found when the facts hold it."""
    by_check = _BY_CHECK.get(str(facts.get("check"))) if reason == Reason.DOCUMENT_MISMATCH else None
    text = by_check or reason_text(reason) or Text(reason or "原因不明", reason or "no reason given")
    if reason == Reason.UNKNOWN_OUTCOME:
        return text  # the facts are of why it should have been rejected, not of where it went
    # Where nothing could be judged it is the camera that somebody must look at.
    if subject := facts.get("subject") or (facts.get("camera") if facts.get("cause") else None):
        text = Text(f"{text.zh}：{in_chinese(str(subject))}", f"{text.en}: {in_english(str(subject))}")
    if "expected" not in facts and "found" not in facts:
        cause = facts.get("cause")
        if not cause:
            return text
        return Text(f"{text.zh}（{in_chinese(str(cause))}）", f"{text.en} ({in_english(str(cause))})")
    expected, found = _in_floor_units(str(facts.get("expected", "—")), str(facts.get("found", "—")))
    zh = f"{text.zh}（应为{_apart(in_chinese(expected))}，实际{_apart(in_chinese(found))}）"
    return Text(zh, f"{text.en} (expected {in_english(expected)}, found {in_english(found)})")


def _apart(words: str) -> str:
    """A space before what is no Chinese."""
    return f" {words}" if words[:1].isascii() else words


_LIMITS = re.compile(r"(?P<name>[a-z_]+)_(?P<unit>dc|ms|n) (?P<low>[\d.]+)–(?P<high>[\d.]+)")
_FLOOR_UNITS = {"dc": ("°C", 10), "ms": ("ms", 1), "n": ("N", 1)}


def _in_floor_units(expected: str, found: str) -> tuple[str, str]:
    """A seal cycle's register and its limits, as `temperature_min_dc 1280–1520`, in the units of the floor."""
    limits = _LIMITS.fullmatch(expected)
    if limits is None:
        return expected, found
    unit, parts = _FLOOR_UNITS[limits["unit"]]
    low, high, measured = (float(each) / parts for each in (limits["low"], limits["high"], found))
    return f"{limits['name'].replace('_', ' ')} {low:g}–{high:g} {unit}", f"{measured:g} {unit}"
