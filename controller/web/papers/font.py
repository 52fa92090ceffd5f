"""The Chinese font that papers are set in: the machine's own Noto Sans CJK."""

from __future__ import annotations

from pathlib import Path

from controller.words.text import Text

FONTS = tuple(
    Path(folder) / name
    for folder in ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/local/share/fonts")
    for name in ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf")
)
SIMPLIFIED = 2
"""Place of simplified Chinese in Noto's collection."""


class FontMissing(Exception):
    """No Chinese font is on this machine; `text` says what to install."""

    def __init__(self) -> None:
        looked = ", ".join(str(each) for each in FONTS)
        self.text = Text(
            zh=f"本机没有中文字体（{looked}）：请安装 fonts-noto-cjk",
            en=f"no Chinese font on this machine ({looked}): install fonts-noto-cjk",
        )
        super().__init__(self.text.en)


def chinese_font() -> Path:
    """Its file. :raises FontMissing: there is none."""
    font = next((each for each in FONTS if each.exists()), None)
    if font is None:
        raise FontMissing
    return font
