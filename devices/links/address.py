"""Link addresses as they stand in `line.toml`, and what opens each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from devices.links.serial_port import dial_serial
from devices.links.stream import Dial
from devices.links.tcp import dial_tcp

FORMS = (
    "modbus-tcp://host:port?unit=1",
    "modbus-rtu:///dev/ttyX?baud=19200&parity=N&unit=1",
    "serial:///dev/ttyX?baud=9600&parity=N",
    "tcp://host:port",
    "http://host:port/path",
    "opencv:0",
    "opencv:rtsp://host/path",
)
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
PARITIES = ("N", "E", "O")


class AddressError(ValueError):
    """A link address that can't be read; names the value, the part and what is allowed."""


@dataclass(frozen=True, slots=True)
class TcpLink:
    """A TCP port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SerialLink:
    """A serial port, 8 data bits, 1 stop bit. :ivar parity: `N`, `E` or `O`."""

    path: str
    baud: int = 9600
    parity: str = "N"


@dataclass(frozen=True, slots=True)
class ModbusLink:
    """A Modbus device: TCP framing over a TCP port, RTU framing over a serial one. :ivar unit: 1..247."""

    transport: TcpLink | SerialLink
    unit: int = 1


@dataclass(frozen=True, slots=True)
class HttpLink:
    """A snapshot address."""

    url: str


@dataclass(frozen=True, slots=True)
class CaptureLink:
    """What OpenCV opens: a device number, an RTSP or HTTP stream, or a file."""

    source: int | str


Link = TcpLink | SerialLink | ModbusLink | HttpLink | CaptureLink


def parse_link(text: str) -> Link:
    """Read a link address; `FORMS` lists what is allowed.

    :raises AddressError: anything else.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "opencv":
        return _capture(text, rest)
    parts = _split(text)
    query = _query(text, parts, scheme)
    match scheme:
        case "modbus-tcp":
            return ModbusLink(_tcp(text, parts), _whole(text, "unit", query, 1, range(1, 248)))
        case "modbus-rtu":
            serial = _serial(text, parts, query, default_baud=19200)
            return ModbusLink(serial, _whole(text, "unit", query, 1, range(1, 248)))
        case "serial":
            return _serial(text, parts, query, default_baud=9600)
        case "tcp":
            return _tcp(text, parts)
        case "http":
            _host(text, parts)
            return HttpLink(text)
        case _:
            raise AddressError(f"link {text!r}: scheme {scheme!r} is unknown; allowed: {', '.join(FORMS)}")


def dial(link: Link) -> Dial:
    """Return what opens a link that carries bytes.

    :raises AddressError: a capture link, which its camera opens itself.
    """
    match link:
        case ModbusLink(transport=transport):
            return dial(transport)
        case TcpLink(host=host, port=port):
            return dial_tcp(host, port)
        case SerialLink(path=path, baud=baud, parity=parity):
            return dial_serial(path, baud, parity)
        case HttpLink(url=url):
            parts = urlsplit(url)
            return dial_tcp(parts.hostname or "", parts.port or 80)
        case _:
            allowed = "tcp, serial, modbus-tcp, modbus-rtu, http"
            raise AddressError(f"link {link} carries no byte stream; allowed: {allowed}")


_QUERY_KEYS: dict[str, tuple[str, ...]] = {
    "modbus-tcp": ("unit",),
    "modbus-rtu": ("baud", "parity", "unit"),
    "serial": ("baud", "parity"),
    "tcp": (),
}


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise AddressError(f"link {text!r}: {error}; allowed: {', '.join(FORMS)}") from error
    return parts


def _query(text: str, parts: SplitResult, scheme: str) -> dict[str, str]:
    if scheme not in _QUERY_KEYS:
        return {}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = [key for key in query if key not in _QUERY_KEYS[scheme]]
    if unknown:
        allowed = ", ".join(_QUERY_KEYS[scheme]) or "none"
        raise AddressError(f"link {text!r}: option {unknown[0]!r} is unknown; allowed for {scheme}: {allowed}")
    return query


def _host(text: str, parts: SplitResult) -> str:
    if not parts.hostname:
        raise AddressError(f"link {text!r}: host is missing; as in {FORMS[3]}")
    return parts.hostname


def _tcp(text: str, parts: SplitResult) -> TcpLink:
    host = _host(text, parts)
    if not parts.port:
        raise AddressError(f"link {text!r}: port is missing or 0; allowed: 1..65535, as in {FORMS[3]}")
    if parts.path not in ("", "/"):
        raise AddressError(f"link {text!r}: path {parts.path!r} has no meaning here; as in {FORMS[3]}")
    return TcpLink(host, parts.port)


def _serial(text: str, parts: SplitResult, query: Mapping[str, str], *, default_baud: int) -> SerialLink:
    if parts.netloc or not parts.path.strip("/"):
        raise AddressError(f"link {text!r}: needs three slashes and the device's path, as in {FORMS[2]}")
    parity = query.get("parity", "N")
    if parity not in PARITIES:
        raise AddressError(f"link {text!r}: parity {parity!r}; allowed: {', '.join(PARITIES)}")
    return SerialLink(parts.path, _whole(text, "baud", query, default_baud, BAUDS), parity)


def _capture(text: str, source: str) -> CaptureLink:
    if not source:
        raise AddressError(f"link {text!r}: source is missing; as in {FORMS[5]} or {FORMS[6]}")
    return CaptureLink(int(source) if source.isascii() and source.isdigit() else source)


def _whole(text: str, key: str, query: Mapping[str, str], default: int, allowed: range | tuple[int, ...]) -> int:
    found = query.get(key, str(default))
    if not (found.isascii() and found.isdigit()) or int(found) not in allowed:
        bounds = f"{allowed[0]}..{allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        raise AddressError(f"link {text!r}: {key} {found!r}; allowed: {bounds}")
    return int(found)
