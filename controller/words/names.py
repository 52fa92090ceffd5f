"""Plain names of devices and zones in place of the ids that `line.toml` gives them, wherever an operator reads one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from controller.words.text import Text

_TYPES = {
    "conveyor": Text("输送线", "Conveyor"),
    "sealer": Text("封口机", "Sealer"),
    "applicator": Text("贴标机", "Applicator"),
    "gate": Text("分拣门", "Gate"),
    "scanner": Text("扫码器", "Scanner"),
    "scale": Text("电子秤", "Scale"),
    "printer": Text("打印机", "Printer"),
    "camera": Text("相机", "Camera"),
}
_APART, _ENDS = r"(?<![\w./-])", r"(?![\w./-])"
_AFTER, _BEFORE = r"((?<=[\u4e00-\u9fff]) )?", r"( (?=[\u4e00-\u9fff]))?"
"""A space between Chinese and an id, which its Chinese name needs no more."""
_CJK = re.compile(r"[\u4e00-\u9fff）]")


def device_name(name: str, kind: str, title: str = "", title_zh: str = "") -> Text:
    """A device as people call it: its own title, else its kind, with its id where the two say different things."""
    typed = _TYPES[kind]
    zh, en = (typed.zh, typed.en) if name == kind else (f"{typed.zh}（{name}）", f"{typed.en} ({name})")
    return Text(title_zh or zh, title or en)


class Names:
    """Puts names where ids stand in texts. In English only ids that are no words, or that begin the text.

    :ivar known: the name of each device and zone.
    """

    def __init__(self, devices: Mapping[str, Text], zones: Mapping[str, Text]) -> None:
        self.known = dict[str, Text]({**zones, **devices})
        odd = [name for name in self.known if "_" in name]
        self._chinese = re.compile(f"{_AFTER}{_APART}({_any_of(self.known)}){_ENDS}{_BEFORE}", re.ASCII)
        self._english = re.compile(rf"^({_any_of(devices)})\b|{_APART}({_any_of(odd)}){_ENDS}", re.ASCII)
        self.zh = lru_cache(512)(self._in_chinese)
        self.en = lru_cache(512)(self._in_english)

    def told(self, text: Text) -> Text:
        """The text with names for ids."""
        return Text(self.zh(text.zh), self.en(text.en))

    def _in_chinese(self, text: str) -> str:
        def name(found: re.Match[str]) -> str:
            named = self.known[found[2]].zh
            before = "" if _CJK.match(named[:1]) else found[1] or ""
            return before + named + ("" if _CJK.match(named[-1:]) else found[3] or "")

        return self._chinese.sub(name, text)

    def _in_english(self, text: str) -> str:
        return self._english.sub(lambda found: self.known[found[1] or found[2]].en, text)


def _any_of(ids: Iterable[str]) -> str:
    """A pattern of any of them, the longest first; of none when there is none."""
    return "|".join(map(re.escape, sorted(ids, key=len, reverse=True))) or "(?!)"


NOBODY = Names({}, {})
"""Leaves every id as it is."""
