"""The label printer's language as far as the line needs it: one waybill in ZPL II, and the answer to `~HS`. Pure.

Source: Zebra ZPL II programming guide, `^FH`, `^BC`, `^PQ`, `~HS`. Label: 100 x 150 mm at 203 dpi (8 dots a mm).
Every value that comes from outside stands in a `^FD` behind `^FH_` with all but letters, digits and a few harmless
signs as `_XX` of its UTF-8 bytes, so that no value can be read as a command.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.frames import ETX, STX, Frames

DOTS_PER_MM = 8
WIDTH_DOTS = 100 * DOTS_PER_MM
LENGTH_DOTS = 150 * DOTS_PER_MM
LONGEST = 128
STATUS_QUERY = b"~HS"
STATUS_LINES = 3
LINES_MOST = 12
TEXT_LONGEST = 40
_HARMLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-")
_ESCAPED = tuple(chr(byte) if byte in _HARMLESS else f"_{byte:02X}" for byte in range(256))
_FIELD_COUNTS = (12, 11, 2)
APPLICATOR_MODE = 4


class LabelError(ValueError):
    """A label that can't be printed as it stands."""


class StatusError(ValueError):
    """An answer to `~HS` that is not as documented."""


@dataclass(frozen=True, slots=True)
class WaybillLabel:
    """One waybill. :ivar mail_number: in the bars and under them; :ivar lines: further text, top to bottom."""

    mail_number: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer says of itself.

    :ivar queued: formats received and not yet printed; :ivar remaining: labels of the batch still to come.
    :ivar label_waiting: a label stands at the peel edge. :ivar mode: 4 is the applicator's.
    """

    paper_out: bool = False
    paused: bool = False
    label_dots: int = LENGTH_DOTS
    queued: int = 0
    buffer_full: bool = False
    partial_format: bool = False
    corrupt_memory: bool = False
    too_cold: bool = False
    too_hot: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    mode: int = APPLICATOR_MODE
    label_waiting: bool = False
    remaining: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it can't print now, for a person; empty when it can."""
        found = {
            "paper out": self.paper_out,
            "ribbon out": self.ribbon_out,
            "head open": self.head_open,
            "paused: press its key": self.paused,
            "buffer full": self.buffer_full,
            "memory corrupt: switch it off and on": self.corrupt_memory,
            "head too cold": self.too_cold,
            "head too hot": self.too_hot,
            f"print mode {self.mode}, must be {APPLICATOR_MODE} (applicator)": self.mode != APPLICATOR_MODE,
        }
        return tuple(name for name, present in found.items() if present)

    def encode(self) -> bytes:
        """Return the three lines of the answer."""
        b = int
        lines = (
            f"030,{b(self.paper_out)},{b(self.paused)},{self.label_dots:04d},{self.queued:03d},{b(self.buffer_full)},0,"
            f"{b(self.partial_format)},000,{b(self.corrupt_memory)},{b(self.too_cold)},{b(self.too_hot)}",
            f"000,0,{b(self.head_open)},{b(self.ribbon_out)},1,{self.mode},6,{b(self.label_waiting)},"
            f"{self.remaining:08d},1,000",
            "1234,0",
        )
        return b"".join(STX + line.encode("ascii") + ETX + b"\r\n" for line in lines)

    @classmethod
    def decode(cls, lines: list[bytes]) -> PrinterStatus:
        """Read the three lines, without STX and ETX.

        :raises StatusError: another number of lines or fields, or a field that is no number.
        """
        fields = [_numbers(line) for line in lines]
        if tuple(len(line) for line in fields) != _FIELD_COUNTS:
            found = [len(line) for line in fields]
            raise StatusError(f"~HS must have {_FIELD_COUNTS} fields in three lines, found {found}: {lines!r}")
        first, second, _ = fields
        return cls(
            paper_out=first[1] != 0,
            paused=first[2] != 0,
            label_dots=first[3],
            queued=first[4],
            buffer_full=first[5] != 0,
            partial_format=first[7] != 0,
            corrupt_memory=first[9] != 0,
            too_cold=first[10] != 0,
            too_hot=first[11] != 0,
            head_open=second[2] != 0,
            ribbon_out=second[3] != 0,
            mode=second[5],
            label_waiting=second[7] != 0,
            remaining=second[8],
        )


def frames() -> Frames:
    """Return what cuts the printer's bytes into lines."""
    return Frames(LONGEST)


def render(label: WaybillLabel) -> bytes:
    """Return the ZPL that prints `label` once: Code 128 with 3 dots a module, the number under it, the lines.

    :raises LabelError: a value that is empty, too long or holds a control character.
    """
    number = _checked("mail number", label.mail_number)
    if len(label.lines) > LINES_MOST:
        raise LabelError(f"label has {len(label.lines)} lines, allowed: {LINES_MOST}")
    texts = [_field(40, 60 + 60 * row, "^A0N,40,36", line) for row, line in enumerate(label.lines) if line]
    bars = LENGTH_DOTS - 360
    parts = [
        f"^XA^CI28^PW{WIDTH_DOTS}^LL{LENGTH_DOTS}^LH0,0",
        *texts,
        _field(120, bars, "^BY3^BCN,200,N,N,N,A", number),
        _field(120, bars + 220, "^A0N,60,54", number),
        "^PQ1^XZ",
    ]
    return "\n".join(parts).encode("ascii") + b"\n"


def escape(value: str) -> str:
    """Return `value` as it may stand in a `^FD` behind `^FH_`."""
    return "".join(map(_ESCAPED.__getitem__, value.encode("utf-8")))


def _field(x: int, y: int, kind: str, value: str) -> str:
    return f"^FO{x},{y}{kind}^FH_^FD{escape(_checked('text', value))}^FS"


def _checked(what: str, value: str) -> str:
    if not value or len(value) > TEXT_LONGEST:
        raise LabelError(f"{what} must have 1..{TEXT_LONGEST} characters, found {len(value)}")
    if not value.isprintable():
        wrong = next(character for character in value if not character.isprintable())
        raise LabelError(f"{what} holds {wrong!r}; only printable characters are allowed")
    return value


def _numbers(line: bytes) -> list[int]:
    try:
        fields = list(map(int, line.split(b",")))
    except ValueError:
        fields = []
    if not fields or not line.replace(b",", b"").isdigit():
        raise StatusError(f"~HS holds a field that is no number: {line!r}")
    return fields
