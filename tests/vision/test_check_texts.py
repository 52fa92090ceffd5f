"""A Chinese operator reads no English in the reject view: what the cameras' checks expected and found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from plant_scenes import carrier, contents_of, documents_task, expected, label, picture, tasks_for, waybill_task

from controller.journal.reading import masked_check
from controller.words.check_texts import check_in_chinese
from vision.judge import judge

LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
UNTRANSLATED = ("Code128", "QRCode", "ISO", "JPEG", "PNG")


def english_in(text: str) -> list[str]:
    for known in UNTRANSLATED:
        text = text.replace(known, "")
    return LATIN_WORD.findall(text)


@pytest.mark.parametrize(
    ("told", "chinese"),
    [
        ("nothing from 9 mm on it", "没有 9 mm 及以上的异物"),
        ("at most 2 mm out of the pocket", "露出不超过 2 mm"),
        ("15 mm unlike it", "有 15 mm 的差异"),
        ("as the other of its pair", "与同副的另一块号牌一致"),
        ("glare on 80 % of 粤", "“粤”有 80 % 反光"),
        ("粤 is covered or without contrast", "“粤”被遮挡或没有反差"),
        ("a flaw in 8", "“8”有缺陷"),
        ("a blue plate's number", "蓝色号牌的号码"),
        ("2; 88x60 mm at (174, 380), turned -1; 70x12 mm at (1, 2)",
         "2；88x60 mm，位于 (174, 380)，转 -1°；70x12 mm，位于 (1, 2)"),
        ("0; 0 codes", "0；0 个条码"),
        ("within 8 mm and 5 degrees", "偏移不超过 8 mm，转角不超过 5°"),
        ("12.0 mm, -6.5 degrees", "偏移 12.0 mm，转角 -6.5°"),
        ("3 check digits that hold", "3 位校验码正确"),
        ("1.2/10/camera light (D; relative grade, not ISO-conformant); weakest: edge contrast",
         "1.2/10/相机光源 (D；相对等级，非 ISO 等级)；最弱项：边缘反差"),
        ("7.5 at y 120 mm, without an edge", "7.5，在 y 120 mm 处，没有边缘"),
        ("picture of 1057 x 409 px: set the camera's size or its view",
         "图片为 1057 x 409 像素：请检查相机的分辨率或视野设置"),
        ("up to 4 mm without ribs", "无压纹处不超过 4 mm"),
        ("up to 22 grey levels darker", "变暗不超过 22 灰度级"),
        ("from 0.65 of the taught sharpness", "不低于示教清晰度的 0.65"),
        ("at most 0.18 off the taught brightness", "与示教亮度相差不超过 0.18"),
        ("0.412 (row 1 of 4, column 5 of 6)", "0.412 (共 4 行第 1 行，共 6 列第 5 列)"),
        ("at most 2 degrees", "不超过 2°"),
        ("white is burnt out", "白色过曝"),
        ("Code128 4470012345678", "Code128 4470012345678"),
        ("*D****", "*D****"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_check_says_is_said_in_chinese(told: str, chinese: str) -> None:
    assert check_in_chinese(told) == chinese


def test_no_english_is_left_of_what_real_pictures_answer() -> None:
    plates, papers = contents_of("small_car"), contents_of("licences")
    upside_down = [papers[0], replace(papers[1], turn=180.0)]
    wide, close_up = tasks_for(plates)["wide"], documents_task(*map(expected, papers))
    asked = [
        (picture("wide", carrier([plates[0], replace(plates[1], face_down=True)])), wide),
        (picture("wide", carrier(plates[:1])), wide),
        (picture("close_up", carrier(upside_down)), close_up),
        (picture("waybill", carrier(labels=[label(dx=15.0, turn=8.0)])), waybill_task()),
        (picture("waybill", carrier()), waybill_task()),
    ]
    for jpeg, task in asked:
        failed = judge(jpeg, task).failed
        assert failed
        for check in failed:
            assert not english_in(check_in_chinese(check.expected)), check
            if check.name != "plate_characters":  # what was read is in no language
                assert not english_in(check_in_chinese(check.found)), check


@pytest.mark.parametrize(
    ("name", "expected_text", "found", "chinese"),
    [
        ("plate_print", "each character whole", "a flaw in B", "“B”有缺陷"),
        ("identity_number", "the order's number", "another number", "另一个号码"),
        ("plate_city", "深圳", "广州", "广州"),
        ("plate_characters", "粤B12345", "粤B12346", "******6"),
        ("document_number", "4470012345678", "4470012345679", "************9"),
        ("document_number", "4470012345678", "another number", "另一个号码"),
    ],
)
def test_words_are_not_masked_as_if_they_were_numbers(name: str, expected_text: str, found: str, chinese: str) -> None:
    """It was "ea****************le" that was expected, and "a ******* B" that was found."""
    shown = masked_check({"name": name, "expected": expected_text, "found": found})
    assert check_in_chinese(shown["found"]) == chinese
