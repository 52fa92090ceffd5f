"""A4 sheets with the means that every paper of ours needs: words, tables, bars, curves, pictures.

Black, white and grey only: shape and pattern tell things apart, so that any printer will do. The font is the
machine's own Noto Sans CJK, of which a file takes along only the characters that it uses.
"""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from controller.journal.shift_report import Trend
from controller.web.papers.font import SIMPLIFIED, chinese_font
from controller.web.papers.gauge import Gauge

_BODY, _SMALL, _HEAD, _TITLE = 9.5, 8.0, 12.0, 16.0
_GREY = 105


class Paper(FPDF):
    """One file. :param foot: stands at the foot of each page, before its number."""

    def __init__(self, title: str, foot: str) -> None:
        super().__init__(format="A4")
        font = chinese_font()
        self._foot = foot
        self.add_font("words", fname=font, collection_font_number=SIMPLIFIED if font.suffix == ".ttc" else 0)
        self.set_title(title)
        self.set_creator("sealline")
        self.set_margins(16, 14)
        self.set_auto_page_break(auto=True, margin=16)
        self.add_page()
        self._write(title, _TITLE)
        self.ln(1)

    def footer(self) -> None:
        """The foot of a page."""
        self.set_y(-12)
        self.set_font("words", size=_SMALL)
        self.set_text_color(_GREY)
        self.cell(w=0, h=5, text=f"{self._foot} · {self.page_no()}", align="C")
        self.set_text_color(0)

    def head(self, words: str) -> None:
        """A heading with a rule under it; never alone at the foot of a page."""
        if self.get_y() > self.h - 50:
            self.add_page()
        self.ln(3)
        self._write(words, _HEAD)
        self.set_draw_color(0)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)

    def words(self, text: str, *, small: bool = False) -> None:
        """A paragraph."""
        self._write(text, _SMALL if small else _BODY)

    def grid(self, names: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        """A table. :param widths: shares of the page's width."""
        self.set_font("words", size=_SMALL)
        self.set_draw_color(160)
        with self.table(
            col_widths=tuple(widths), line_height=4.6, padding=0.6, text_align="LEFT", first_row_as_headings=False
        ) as table:
            for cells in (names, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(str(cell))
        self.ln(1.5)

    def gauge(self, gauge: Gauge) -> None:
        """What was measured (black bar) within what is allowed (grey band), the set-point as a line."""
        top, left, width, high = self.get_y() + 1.2, self.l_margin + 38, 95.0, 4.2
        spread = max(gauge.most - gauge.least, gauge.high - gauge.low, 1e-9)
        first, last = min(gauge.least, gauge.low) - 0.15 * spread, max(gauge.most, gauge.high) + 0.15 * spread

        def place(value: float) -> float:
            return left + (value - first) / (last - first) * width

        self.set_font("words", size=_SMALL)
        self.text(self.l_margin, top + 3.4, gauge.name)
        self.set_draw_color(120)
        self.rect(left, top, width, high)
        self.set_fill_color(205)
        self.rect(place(gauge.least), top, place(gauge.most) - place(gauge.least), high, style="F")
        self.set_fill_color(0)
        bar = max(place(gauge.high) - place(gauge.low), 1.0)
        self.rect(place((gauge.low + gauge.high) / 2) - bar / 2, top + 1.1, bar, high - 2.2, style="F")
        self.set_draw_color(0)
        self.line(place(gauge.target), top - 0.8, place(gauge.target), top + high + 0.8)
        found = f"{gauge.low:g}" if gauge.low == gauge.high else f"{gauge.low:g}–{gauge.high:g}"
        self.text(left + width + 3, top + 3.4, f"{found} ({gauge.least:g}–{gauge.most:g}) {gauge.unit}")
        self.set_y(top + high + 1.6)

    def bars(self, values: Sequence[tuple[str, float]], *, height: float = 32, unit: str = "") -> None:
        """Upright bars with their values on top: counts by hour, or reasons."""
        if self.get_y() + height + 10 > self.h - 16:
            self.add_page()
        top, width = self.get_y() + 4, self.epw / max(len(values), 1)
        most = max((value for _, value in values), default=0) or 1
        self.set_draw_color(0)
        self.set_font("words", size=7)
        for index, (name, value) in enumerate(values):
            left, high = self.l_margin + index * width, value / most * height
            self.set_fill_color(90)
            self.rect(left + 0.15 * width, top + height - high, 0.7 * width, high, style="F")
            self._middle(left, top + height - high - 3.6, width, f"{value:g}{unit}" if value else "")
            self._middle(left, top + height + 0.4, width, name)
        self.line(self.l_margin, top + height, self.w - self.r_margin, top + height)
        self.set_y(top + height + 6)

    def lying_bars(self, values: Sequence[tuple[str, float, str]]) -> None:
        """Lying bars, longest first: name, value, and what stands behind the bar."""
        most = max((value for _, value, _ in values), default=0) or 1
        self.set_font("words", size=_SMALL)
        for name, value, told in values:
            if self.get_y() > self.h - 22:
                self.add_page()
            top = self.get_y()
            self.text(self.l_margin, top + 3.6, name)
            self.set_fill_color(90)
            self.rect(self.l_margin + 62, top + 0.7, max(0.2, value / most * 75), 3.6, style="F")
            self.text(self.l_margin + 62 + value / most * 75 + 2, top + 3.6, told)
            self.set_y(top + 5.2)
        self.ln(1)

    def curve(self, trend: Trend, least: float, most: float, told: str) -> None:
        """A trend in time, as a line with dots, ranges as upright lines, dashed where it begins anew; grey: allowed.

        :param told: what it shows.
        """
        points, ranges = trend.points, trend.ranges
        if self.get_y() + 34 > self.h - 16:
            self.add_page()
        self.words(told, small=True)
        top, height, width = self.get_y() + 1, 24.0, self.epw
        values = [value for _, value in points] + [value for each in ranges for value in each]
        low, high = min([least, *values]), max([most, *values])
        room = (high - low) * 0.1 or 1.0
        low, high = low - room, high + room

        def up(value: float) -> float:
            return top + height - (value - low) / (high - low) * height

        self.set_fill_color(225)
        self.rect(self.l_margin, up(most), width, up(least) - up(most), style="F")
        self.set_draw_color(0)
        self.rect(self.l_margin, top, width, height)
        places = [(self.l_margin + share * width, up(value)) for share, value in points]
        for (x, _), (lowest, highest) in zip(places, ranges, strict=True):
            self.line(x, up(lowest), x, up(highest))
        if len(places) > 1:
            self.polyline(places)
        self.set_dash_pattern(dash=1.0, gap=0.8)
        for share in trend.breaks:
            self.line(self.l_margin + share * width, top, self.l_margin + share * width, top + height)
        self.set_dash_pattern()
        self.set_fill_color(0)
        for x, y in places if len(places) <= 60 else ():
            self.rect(x - 0.4, y - 0.4, 0.8, 0.8, style="F")
        self.set_y(top + height + 2)

    def cycle(self, gauge: Gauge, values: Sequence[float], step_ms: int, band_ms: tuple[int, int]) -> None:
        """One value over a cycle; grey and dashed what is allowed of it, for as long as it is.

        :param values: one each `step_ms` from 0 on. :param band_ms: from when to when the limits hold.
        """
        if self.get_y() + 34 > self.h - 16:
            self.add_page()
        last = max(1, step_ms * (len(values) - 1))
        left, width, top, height = self.l_margin + 38, 95.0, self.get_y() + 1.5, 20.0
        low, high = min([gauge.least, *values]), max([gauge.most, *values])
        room = (high - low) * 0.08 or 1.0

        def along(ms: float) -> float:
            return left + min(ms, last) / last * width

        def up(value: float) -> float:
            return top + height - (value - low + room) / (high - low + 2 * room) * height

        first, end = (along(each) for each in band_ms)
        self.set_fill_color(225)
        self.rect(first, up(gauge.most), end - first, up(gauge.least) - up(gauge.most), style="F")
        self.set_draw_color(0)
        self.rect(left, top, width, height)
        self.set_dash_pattern(dash=1.0, gap=0.8)
        for value in (gauge.least, gauge.most):
            self.line(first, up(value), end, up(value))
        self.set_dash_pattern()
        self.polyline([(along(place * step_ms), up(value)) for place, value in enumerate(values)])
        self.set_font("words", size=_SMALL)
        self.text(self.l_margin, top + 3.4, f"{gauge.name} {gauge.unit}")
        self.text(left + width + 3, up(gauge.most) + 1, f"{gauge.most:g}")
        self.text(left + width + 3, max(up(gauge.least) + 1, up(gauge.most) + 4), f"{gauge.least:g}")
        self.text(left, top + height + 3.2, "0")
        self.text(left + width - 10, top + height + 3.2, f"{last} ms")
        self.set_y(top + height + 5)

    def pictures(self, pictures: Sequence[tuple[bytes, str]]) -> None:
        """Pictures in two columns, each with its words. :param pictures: JPEG bytes and caption."""
        width, high = (self.epw - 6) / 2, 56.0
        for index, (jpeg, caption) in enumerate(pictures):
            column = index % 2
            if column == 0 and self.get_y() + high + 10 > self.h - 16:
                self.add_page()
            top, left = self.get_y(), self.l_margin + column * (width + 6)
            self.image(jpeg, x=left, y=top, w=width, h=high, keep_aspect_ratio=True)
            self.set_font("words", size=7)
            self.set_xy(left, top + high + 0.5)
            self.multi_cell(w=width, h=3.4, text=caption, align="L", new_x=XPos.LMARGIN, new_y=YPos.TOP)
            self.set_y(top if column == 0 and index + 1 < len(pictures) else top + high + 9)

    def code(self, text: str) -> None:
        """Something to be typed or compared character by character."""
        self._write(text, _SMALL)

    def file(self) -> bytes:
        """The whole file."""
        return bytes(self.output())

    def _write(self, text: str, size: float) -> None:
        self.set_font("words", size=size)
        self.multi_cell(w=0, h=size * 0.5, text=text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _middle(self, left: float, top: float, width: float, text: str) -> None:
        self.text(left + (width - self.get_string_width(text)) / 2, top + 3, text)
