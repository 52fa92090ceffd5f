"""What a camera's check expected and found, as a Chinese operator reads it; vision tells it in short English.

Numbers, codes and whatever is not known here stay as they were told.
"""

from __future__ import annotations

import re
from functools import lru_cache

from controller.words.cause_texts import in_chinese

_WHOLE = {
    "blue": "蓝色", "yellow": "黄色", "green": "渐变绿色", "yellow_green": "黄绿双拼色",
    "white": "白色", "black": "黑色",
    "none": "无", "nothing": "无", "alike": "一致", "whole": "完整",
    "every character": "每个字符", "each character whole": "每个字符完整",
    "as the other of its pair": "与同副的另一块号牌一致",
    "face up, upright": "正面朝上、方向正确", "upside down": "上下颠倒", "back side up": "背面朝上",
    "nothing of this size there": "该处没有这个尺寸的部件",
    "no known heading": "没有已知的标题", "no such layout is taught": "该版式未示教",
    "the order's number": "工单的号码", "the same": "相同", "another number": "另一个号码", "no card": "没有身份证",
    "no number can be read": "读不出号码", "a number that can't be read surely": "号码无法可靠识别",
    "nothing to compare with": "没有可比对的密钥散列", "no kind of plate": "没有这样的号牌",
    "exposed after its trigger": "触发之后拍摄", "the picture of the item before": "上一件的画面",
    "a whole JPEG or PNG": "完整的 JPEG 或 PNG 图片", "white is burnt out": "白色过曝",
}  # fmt: skip
_PARAMETERS = {
    "decode": "译码", "decodability": "可译码度", "contrast": "符号反差", "modulation": "调制比", "defects": "缺陷度",
    "edge contrast": "边缘反差", "minimum reflectance": "最低反射率", "quiet zone": "空白区",
}  # fmt: skip
_TAUGHT = {"sharpness": "清晰度", "contrast": "反差", "brightness": "亮度", "scale": "比例"}
_WAYS = {"left": "左", "right": "右", "up": "上", "down": "下", "brighter": "偏亮", "darker": "偏暗"}
_NUMBER = r"-?\d+(?:\.\d+)?"
_PIECES = (
    (r"nothing from (\d+) mm(?: on it)?", r"没有 \1 mm 及以上的异物"),
    (r"at most (\d+) mm out of the pocket", r"露出不超过 \1 mm"),
    (r"(\d+) mm unlike it", r"有 \1 mm 的差异"),
    (r"all; (\S) least", r"全部可见，“\1”最弱"),
    (r"glare on (\d+) % of (\S)", r"“\2”有 \1 % 反光"),
    (r"(\S) is covered or without contrast", r"“\1”被遮挡或没有反差"),
    (r"a flaw in (\S)", r"“\1”有缺陷"),
    (r"a (\w+) plate's number", lambda found: f"{_WHOLE.get(found[1], found[1])}号牌的号码"),
    (r"(\d+x\d+ mm) at (\(-?\d+, -?\d+\))(?:, turned (-?\d+))?(?: on it)?", lambda found: _placed(found)),
    (r"within (\d+) mm and (\d+) degrees", r"偏移不超过 \1 mm，转角不超过 \2°"),
    (rf"({_NUMBER}) mm, ({_NUMBER}) degrees", r"偏移 \1 mm，转角 \2°"),
    (r"(\d+) codes", r"\1 个条码"),
    (r"(\d) check digits that hold", r"\1 位校验码正确"),
    (r"(\d) that hold", r"\1 位正确"),
    (rf"relative grade from ({_NUMBER})", r"相对等级不低于 \1"),
    (r"relative grade, not ISO-conformant", "相对等级，非 ISO 等级"),
    (r"camera light", "相机光源"),
    (r"half a module", "半个模块"),
    (r"; weakest: (\w+(?: \w+)?)", lambda found: f"；最弱项：{_PARAMETERS.get(found[1], found[1])}"),
    (r"ribs from (\d+)", r"压纹不低于 \1 灰度级"),
    (rf"(\d+) sections, weakest ribs of ({_NUMBER}) grey levels", r"\1 段，最弱的压纹 \2 灰度级"),
    (r"from (\d+) %", r"不少于 \1 %"),
    (r"(\d+) % of the seam in view", r"可见封口的 \1 %"),
    (rf"up to ({_NUMBER}) mm without ribs", r"无压纹处不超过 \1 mm"),
    (rf"up to ({_NUMBER}) grey levels darker", r"变暗不超过 \1 灰度级"),
    (rf"up to ({_NUMBER}) grey levels lighter", r"变亮不超过 \1 灰度级"),
    (rf" at y ({_NUMBER}) mm", r"，在 y \1 mm 处"),
    (r", without an edge", r"，没有边缘"),
    (
        rf"from ({_NUMBER}) of the taught (sharpness|contrast)",
        lambda found: f"不低于示教{_TAUGHT[found[2]]}的 {found[1]}",
    ),
    (
        rf"at most ({_NUMBER}) off the taught (brightness|scale)",
        lambda found: f"与示教{_TAUGHT[found[2]]}相差不超过 {found[1]}",
    ),
    (rf"at most ({_NUMBER}) off in one part of the picture", r"各处亮度与示教相差不超过 \1"),
    (r"row (\d+) of (\d+), column (\d+) of (\d+)", r"共 \2 行第 \1 行，共 \4 列第 \3 列"),
    (
        rf"carrier seen ({_NUMBER}) mm (left|right), ({_NUMBER}) mm (up|down)",
        lambda found: f"画面中载具偏{_WAYS[found[2]]} {found[1]} mm、偏{_WAYS[found[4]]} {found[3]} mm",
    ),
    (rf"({_NUMBER}) (brighter|darker)", lambda found: f"{_WAYS[found[2]]} {found[1]}"),
    (rf"at most ({_NUMBER}) mm", r"不超过 \1 mm"),
    (rf"at most ({_NUMBER}) degrees", r"不超过 \1°"),
    (rf"mean brightness from ({_NUMBER})", r"平均亮度不低于 \1"),
    (r"the place from (\(.+?\)) to (\(.+?\)) px in view", r"画面应含 \1 至 \2 像素"),
    (r"picture of (\d+ x \d+) px: set the camera's size or its view", r"图片为 \1 像素：请检查相机的分辨率或视野设置"),
)
_PATTERNS = tuple((re.compile(rf"(?<![A-Za-z]){pattern}(?![A-Za-z])"), chinese) for pattern, chinese in _PIECES)


@lru_cache(maxsize=512)
def check_in_chinese(text: str) -> str:
    """What a check expected or found."""
    if text in _WHOLE:
        return _WHOLE[text]
    for pattern, chinese in _PATTERNS:
        text = pattern.sub(chinese, text)
    return in_chinese(text)


def _placed(found: re.Match[str]) -> str:
    turned = f"，转 {found[3]}°" if found[3] else ""
    return f"{found[1]}，位于 {found[2]}{turned}"
