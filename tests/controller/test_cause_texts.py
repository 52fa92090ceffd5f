"""Causes and names as people read them: no id, register or bare code where an operator looks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.exits import Reason
from controller.plan.config import load_config
from controller.stations.proving import CHECK_REASONS
from controller.words.alarm_texts import ALARMS, AlarmKind
from controller.words.cause_texts import in_chinese, in_english
from controller.words.names import device_name
from controller.words.reason_texts import describe
from controller.words.text import Text
from devices.plc.contract import Answer, ResultCode

NAMES = load_config(Path(__file__).parents[2] / "controller" / "line.example.toml").names()
LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
NO_TROUBLE = {"NONE", "OK", "ACCEPTED", "BUSY", "BAD_CRC", "UNKNOWN_COMMAND", "WRONG_CHUTE"}


def told(kind: AlarmKind, source: str, **facts: object) -> Text:
    return NAMES.told(ALARMS[kind].text(source, facts))


def test_a_cut_off_move_is_told_with_the_names_of_conveyor_and_zone() -> None:
    text = told(AlarmKind.STATION_FAULT, "conveyor", cause="move of carrier 5 to verify: INTERRUPTED")
    assert text.zh.startswith("输送线故障：载具 5 移到核验时动作被中断（INTERRUPTED）。")
    assert text.en.startswith("Conveyor failed: carrier 5 on its way to verify: interrupted (INTERRUPTED). ")


@pytest.mark.parametrize(
    ("kind", "source", "facts", "zh", "en"),
    [
        (AlarmKind.GUARD_OPEN, "", {"cause": "sealer_1"}, "（封口机 1 报告）", "(reported by Sealer 1)"),
        (AlarmKind.SLIP, "59", {"expected": "its own waybill", "found": "the waybill of item 58"},
         "（封装件 59）：应为本件的面单，实为封装件 58 的面单。", "(item 59): expected its own waybill"),
        (AlarmKind.BAG_FROZEN, "1", {"item": 58, "cause": "slip_waybill"}, "（封装件 58：面单错位，已召回）",
         "(item 58: waybills slipped, recalled)"),
        (AlarmKind.NOT_READY, "", {"cause": "carrier 4 stands at label", "cause_zh": "载具 4 停在 label，没有封装件"},
         "不能复位或启动：载具 4 停在面单，没有封装件", "carrier 4 stands at label"),
        (AlarmKind.PRINTER, "printer", {"cause": "paper out; head open"}, "面单打印机：缺纸；打印头打开。",
         "Waybill printer: paper out; head open."),
        (AlarmKind.DEVICE_OFFLINE, "sealer_2",
         {"cause": "sealer_2: no answer to function 3 at register 9000 in 0.3 s"},
         "封口机 2 通讯中断：0.3 秒内没有应答。",
         "Sealer 2 does not answer: no answer in 0.3 s."),
    ],
)  # fmt: skip
def test_an_alarm_names_devices_zones_and_items_in_words(
    kind: AlarmKind, source: str, facts: dict[str, object], zh: str, en: str
) -> None:
    text = told(kind, source, **facts)
    assert zh in text.zh
    assert en in text.en


def test_every_code_that_a_plc_tells_has_words() -> None:
    codes = {each.name for each in (*Answer, *ResultCode)} - NO_TROUBLE
    assert [code for code in codes if not in_chinese(code).endswith(f"（{code}）")] == []
    assert [code for code in codes if not in_english(code).endswith(f"({code})")] == []


CAUSES = """
    found on its carrier / no proof / carrier 3 stands in no zone / zone verify must hold carrier 3, found none /
    jaw reads carrier 3, proven is 4 / dispatch was asked, reject confirmed / sealer_1: link lost / printer: paper out /
    shows the picture of the item before: switch it off and on /
    its picture is black: look at its lens, lamp and exposure / nobody saw it fall, look at the gate /
    no result within 20 s / label not at the peel edge within 10 s / the device closed the link /
    no verdict within 10.0 s; last worker failure: vision worker 7957 outlasted its deadline and is replaced /
    vision worker 8119 died (signal 9) / vision worker 8119 died (exit code 1) /
    vision worker 7957 outlasted its deadline and is replaced / vision worker 7 died or was stopped before it answered /
    8 pictures wait for 1 vision workers / vision worker 3791 died (out of memory) /
    0 of 1 vision workers are ready after 30.0 s; last failure:
    vision worker 8 was not ready within 30.0 s of its start /
    0 of 1 vision workers are ready after 2 s; last failure: vision worker 8 can't start: 0 /
    0 of 1 vision workers are ready after 2 s; last failure: none
"""


@pytest.mark.parametrize("cause", [" ".join(each.split()) for each in CAUSES.split("/")])
def test_what_the_line_tells_of_a_cause_has_no_english_left(cause: str) -> None:
    assert not LATIN_WORD.search(NAMES.zh(in_chinese(cause)))


def test_an_unknown_outcome_does_not_show_what_an_earlier_check_found() -> None:
    assert describe("unknown_outcome", {"expected": "rear", "found": "no code"}).en == "where it went is unknown"


CAMERA_SAID = {
    "answered image/png starting 89 50, expected image/jpeg": (
        "送来的内容（image/png）不是 JPEG 图片：检查相机的图片格式"
    ),
    "answered none starting , expected image/jpeg": "送来的内容（none）不是 JPEG 图片：检查相机的图片格式",
    "answered HTTP 401, expected 200: b'<html>'": "相机以 HTTP 401 应答，没有给出图片：检查相机的地址和设置",
    "picture of trigger 6, expected 7: it may show an earlier item": (
        "送来第 6 次触发的画面，应为第 7 次：可能是更早一件的"
    ),
    "answer is larger than 64000000 bytes": "应答超过 64000000 字节",
    "no HTTP: illegal status line": "应答不是 HTTP：检查相机的地址",
}


@pytest.mark.parametrize("cause", CAMERA_SAID)
def test_what_is_wrong_with_a_cameras_answer_is_told_in_words(cause: str) -> None:
    """Seen: the page in Chinese said `answered image/png starting 89 50 4e 47, expected image/jpeg`."""
    assert in_chinese(cause) == CAMERA_SAID[cause]
    assert "starting" not in in_english(cause)
    assert "b'" not in in_english(cause)


def test_a_picture_that_could_not_be_judged_names_its_camera() -> None:
    """Seen: `vision ended (exit code 1)`, and not by which of two cameras' pictures or what to look at."""
    facts = {"camera": "wide_camera", "cause": "vision worker 3791 died (out of memory)"}
    told = NAMES.told(describe("contents_not_proven", facts))
    assert told.zh == "内件未能核实：号牌相机（视觉进程内存不足，已更换：检查相机的图片尺寸）"
    assert told.en.startswith("the contents could not be proven: Plate camera (vision ran out of memory and")


def test_roles_of_parts_are_words_in_english_too() -> None:
    text = describe("missing_part", {"expected": "vehicle_licence", "found": "no code"})
    assert text.en == "a part is missing (expected vehicle licence, found no code)"


def test_a_device_without_a_title_goes_by_its_kind_and_id() -> None:
    assert device_name("sealer_1", "sealer") == Text("封口机（sealer_1）", "Sealer (sealer_1)")
    assert device_name("gate", "gate").en == "Gate"


def test_a_link_address_and_a_word_keep_what_looks_like_an_id() -> None:
    said = Text("链路 tcp://printer:9100", "the parcel goes back to load; label it")
    assert NAMES.told(said) == said


def test_a_wrong_printed_number_is_not_told_as_a_wrong_code() -> None:
    """Seen on the twins: the operator scanned the right code of a certificate whose code was said to be wrong."""
    facts = {"check": "document_number", "checks": ["document_number"], "subject": "certificate"}
    assert describe("document_mismatch", facts).zh == "证件上印的号码与订单不符：证件"
    assert describe("document_mismatch", facts).en.startswith("the number printed on a certificate is not")
    facts = {"check": "document_code", "subject": "certificate"}
    assert describe("document_mismatch", facts).en == "a certificate's code is not the order's: certificate"
    mapped = {check for check, reason in CHECK_REASONS.items() if reason is Reason.DOCUMENT_MISMATCH}
    assert len({describe("document_mismatch", {"check": check}).zh for check in mapped}) == len(mapped)


def test_a_certificate_of_another_kind_is_told_by_its_place() -> None:
    """Seen: `应放的证件放成了别种`, which nobody says."""
    assert describe("document_kind", {}).zh == "此处应放的证件被放成另一种"
