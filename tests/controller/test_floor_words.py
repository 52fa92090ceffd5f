"""What operators read of alarms and rejects: every code in both languages, causes in words, units of the floor."""

from __future__ import annotations

import re

from controller.exits import Reason
from controller.words.alarm_texts import ALARMS, AlarmKind
from controller.words.reason_texts import REASONS, describe

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_alarm_and_every_reason_has_its_sentence_in_both_languages() -> None:
    assert set(ALARMS) == set(AlarmKind)
    assert set(REASONS) == set(Reason)
    for kind, meaning in ALARMS.items():
        text = meaning.text("x", {})
        assert CHINESE.search(text.zh), kind
        assert not CHINESE.search(text.en), kind
        assert "{" not in text.zh + text.en
    for reason in Reason:
        assert CHINESE.search(describe(reason, {}).zh), reason


def test_a_device_is_named_once_in_a_sentence() -> None:
    text = ALARMS[AlarmKind.DEVICE_OFFLINE].text("sealer_1", {"cause": "sealer_1: no answer"})
    assert text.en.startswith("sealer_1 does not answer: no answer.")


def test_rejects_in_a_row_say_their_reason_in_words() -> None:
    text = ALARMS[AlarmKind.REJECTS_IN_A_ROW].text("", {"count": 5, "cause": "code_unreadable"})
    assert "the last for a code could not be read" in text.en
    assert "最近原因：条码无法读取" in text.zh


def test_a_seal_out_of_limits_is_told_in_degrees() -> None:
    text = describe("seal_out_of_limits", {"expected": "temperature_min_dc 1280–1520", "found": "1147"})
    assert text.en.endswith("(expected lowest temperature 128–152 °C, found 114.7 °C)")
    assert text.zh.endswith("（应为最低温度 128–152 °C，实际 114.7 °C）")
    dwell = describe("seal_out_of_limits", {"expected": "dwell_ms 540–660", "found": "700"})
    assert dwell.zh.endswith("（应为保压时间 540–660 ms，实际 700 ms）")


def test_a_reject_of_one_of_several_parts_names_it() -> None:
    text = describe("plate_mismatch", {"check": "plate_characters", "subject": "rear"})
    assert text.en == "a plate's characters are not the order's: rear plate"
    assert text.zh.endswith("：后牌")


def test_a_cause_is_told_in_chinese_to_who_reads_chinese() -> None:
    text = describe("suspect", {"cause": "sealer_1: guard or emergency stop"})
    assert text.zh == "存疑，需重新核验（sealer_1: 防护门或急停）"
    assert describe("missing_part", {"expected": "rear", "found": "no code"}).zh.endswith("（应为后牌，实际无条码）")


def test_a_reason_of_a_newer_line_is_shown_as_it_is() -> None:
    assert describe("something_new", {"cause": "why"}).zh == "something_new（why）"
