"""Hostile and broken pictures."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plant_scenes import good_waybill_picture, outcomes, waybill_task

from vision.judge import judge
from vision.picture_headers import HeaderError, header_of
from vision.pictures import UnreadablePictureError, as_grey, decode, shrunk, warped
from vision.verdict import Outcome


def _declaring(width: int, height: int) -> bytes:
    """A JPEG whose frame header declares another size than it has."""
    data = bytearray(good_waybill_picture())
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


HOSTILE = {
    "empty": lambda: b"",
    "text": lambda: b"<html>404</html>",
    "random": lambda: np.random.default_rng(1).bytes(50_000),
    "start_only": lambda: b"\xff\xd8\xff\xd9",
    "cut": lambda: good_waybill_picture()[:60_000],
    "cut_with_end": lambda: good_waybill_picture()[:300] + b"\xff\xd9",
    "bomb": lambda: _declaring(60_000, 60_000),
    "zero": lambda: _declaring(0, 0),
    "small": lambda: cv2.imencode(".jpg", np.zeros((20, 20, 3), np.uint8))[1].tobytes(),
    "png_head": lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82",
    "endless_segment": lambda: b"\xff\xd8" + b"\xff\xe0\xff\xff" + b"\xff\xd9",
}


def test_a_size_that_no_decoder_sees_is_not_believed() -> None:
    """What follows FF00 was skipped here and read by the decoder: a picture of any size passed as a small one."""
    data = good_waybill_picture()
    place = data.index(b"\xff\xc0")
    frame, rest = data[place : place + 19], data[place + 19 :]
    small = frame[:5] + struct.pack(">HH", 100, 100) + frame[9:]
    hidden = frame + b"\xff\xe1" + struct.pack(">H", 2 + len(small))
    skipped = b"\xff\x00" + struct.pack(">H", 2 + len(hidden)) + hidden
    with pytest.raises(HeaderError, match="no baseline or progressive frame header"):
        header_of(data[:place] + skipped + small + rest)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_gives_the_pixels_that_opencv_gives(mode: str, progressive: bool) -> None:
    whole = cv2.cvtColor(decode(good_waybill_picture())[:601, :403], cv2.COLOR_BGR2RGB)
    written = io.BytesIO()
    Image.fromarray(whole).convert(mode).save(written, "JPEG", progressive=progressive, quality=80)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    other = cv2.imdecode(np.frombuffer(written.getvalue(), np.uint8), flags)
    assert np.array_equal(decode(written.getvalue()), other)


def test_a_jpeg_that_is_not_quite_in_order_is_read_all_the_same() -> None:
    data = good_waybill_picture()
    assert np.array_equal(decode(data[:-2] + b"\0\0" + data[-2:]), decode(data))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_picture_is_rejected_as_unreadable(name: str) -> None:
    verdict = judge(HOSTILE[name](), waybill_task())
    assert outcomes(verdict) == {"picture_readable": "reject"}
    assert verdict.evidence == b""


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: header, further chunks, end."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(data)) + name + data + _crc(name + data) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + body


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _webp(width: int, height: int, flags: int = 0) -> bytes:
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    body = b"WEBPVP8X" + struct.pack("<IB3x", 10, flags) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _tiff(width: int, height: int) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height)]
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<I4xIIiiHHI", 54, 54, 40, width, height, 1, 24, 0) + bytes(20)


DECLARING = {
    "jpeg": lambda side: _declaring(side, side),
    "png": lambda side: _png(side, side),
    "webp": lambda side: _webp(min(side, 1 << 24), min(side, 1 << 24)),
    "tiff": lambda side: _tiff(side, side),
    "bmp": lambda side: _bmp(side, side),
}


@pytest.mark.parametrize("kind", DECLARING)
@pytest.mark.parametrize("side", [0, 60_000])
def test_no_pixel_is_decoded_of_what_declares_too_much_or_nothing(
    kind: str, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if side == 0 and kind == "webp":
        pytest.skip("this header knows no zero")
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UnreadablePictureError, match=f"declares {side} x {side} px; allowed: sides from 64 to 20000"):
        decode(DECLARING[kind](side))


@pytest.mark.parametrize("kind", sorted(DECLARING.keys() - {"jpeg"}))
def test_header_without_pixels_is_unreadable(kind: str) -> None:
    with pytest.raises(UnreadablePictureError):
        decode(DECLARING[kind](200))


def test_animations_are_refused() -> None:
    for data in (_webp(200, 200, flags=2), _png(200, 200, (b"acTL", bytes(8)), (b"IDAT", b""))):
        with pytest.raises(UnreadablePictureError, match="holds an animation"):
            decode(data)


def _encoded(suffix: str, pixels: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    return cv2.imencode(suffix, pixels)[1].tobytes()


def _scene() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(np.arange(80 * 120 * 3).reshape(80, 120, 3) // 113, np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg"])
def test_kinds_that_cameras_send(suffix: str) -> None:
    seen = decode(_encoded(suffix, _scene())).astype(int)
    assert seen.shape == (80, 120, 3)
    assert np.abs(seen - _scene()).mean() < 12


def test_grey_and_sixteen_bit_pictures_become_bgr() -> None:
    grey = _scene()[..., 0]
    assert (decode(_encoded(".png", grey)) == grey[..., None]).all()
    for suffix in (".png", ".tiff"):
        deep = decode(_encoded(suffix, grey.astype(np.uint16) * 257))
        assert np.abs(deep.astype(int) - grey[..., None]).max() <= 1


def test_transparency_is_laid_on_white() -> None:
    ink = np.zeros((80, 120, 4), np.uint8)
    ink[20:40, 20:40, 3] = 255
    for pixels in (ink, ink.astype(np.uint16) * 257):
        seen = decode(_encoded(".png", pixels))
        assert (seen[20:40, 20:40] == 0).all()
        assert (seen[50:] == 255).all()


def test_cmyk_jpeg_is_converted() -> None:
    """Made by Pillow; red."""
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.new("CMYK", (100, 100), (0, 255, 255, 0)).save(out, "JPEG")
    blue, green, red = decode(out.getvalue()).reshape(-1, 3).mean(axis=0)
    assert red > 180 > 90 > max(blue, green)


def test_palette_with_transparency() -> None:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    palette = image.new("P", (100, 100), 0)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.paste(1, (0, 0, 50, 100))
    palette.save(out, "PNG", transparency=0)
    seen = decode(out.getvalue())
    assert tuple(seen[50, 25]) == (0, 0, 200)
    assert tuple(seen[50, 75]) == (255, 255, 255)


def test_turn_by_exif_is_not_followed() -> None:
    """A fixed camera's pixels stand where they stand, whatever a header says."""
    plain = _encoded(".jpg", _scene())
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    turned = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    assert (decode(turned) == decode(plain)).all()


def test_small_cut_outs_are_taken_where_asked() -> None:
    small = _encoded(".png", np.full((4, 9, 3), 7, np.uint8))
    assert decode(small, min_side_px=1).shape == (4, 9, 3)
    with pytest.raises(UnreadablePictureError, match="sides from 64"):
        decode(small)


_STARTS = st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"II*\0", b"MM\0*", b""])


@settings(max_examples=150, deadline=None)
@given(start=_STARTS, rest=st.binary(max_size=200), end=st.sampled_from([b"", b"\xff\xd9", b"IEND\xaeB`\x82"]))
def test_any_bytes_are_a_picture_or_refused(start: bytes, rest: bytes, end: bytes) -> None:
    with suppress(UnreadablePictureError):
        decode(start + rest + end)


@settings(max_examples=60, deadline=None)
@given(suffix=st.sampled_from([".png", ".bmp", ".tiff", ".webp", ".jpg"]), data=st.data())
def test_damaged_pictures_are_pictures_or_refused(suffix: str, data: st.DataObject) -> None:
    whole = bytearray(_encoded(suffix, _scene()))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadablePictureError):
        decode(bytes(whole[: data.draw(st.integers(1, len(whole)))]))


def test_refusal_names_size_and_bound() -> None:
    with pytest.raises(UnreadablePictureError, match=r"60000 x 60000 px; allowed: .* at most 40000000"):
        decode(_declaring(60_000, 60_000))


def test_black_picture_is_unsure() -> None:
    black = cv2.imencode(".jpg", np.zeros((1560, 1260, 3), np.uint8))[1].tobytes()
    verdict = judge(black, waybill_task())
    assert outcomes(verdict) == {"picture_readable": "unsure"}
    assert verdict.evidence


def test_damaged_middle_is_not_accepted() -> None:
    data = bytearray(good_waybill_picture())
    middle = len(data) // 3
    data[middle : middle + 400] = bytes(400)
    assert judge(bytes(data), waybill_task()).outcome is not Outcome.ACCEPT


@pytest.mark.parametrize("level", [60, 128, 255])
def test_even_picture_is_not_accepted(level: int) -> None:
    even = cv2.imencode(".jpg", np.full((1560, 1260, 3), level, np.uint8))[1].tobytes()
    assert judge(even, waybill_task()).outcome is not Outcome.ACCEPT


def test_png_is_read() -> None:
    pixels = cv2.imdecode(np.frombuffer(good_waybill_picture(), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert judge(cv2.imencode(".png", pixels)[1].tobytes(), waybill_task()).outcome is Outcome.ACCEPT


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("shape", [(47, 61), (48, 60, 3)])
def test_a_shrunk_picture_is_the_mean_of_each_square(step: int, shape: tuple[int, ...]) -> None:
    part = np.random.default_rng(step).integers(0, 256, shape).astype(np.uint8)
    rows, columns = shape[0] // step, shape[1] // step
    squares = part[: rows * step, : columns * step].reshape(rows, step, columns, step, *shape[2:])
    small = shrunk(part, step)
    assert small.shape == (rows, columns, *shape[2:])
    assert np.abs(small - squares.mean(axis=(1, 3))).max() <= 1.0


def test_a_part_smaller_than_the_step_becomes_one_pixel() -> None:
    assert shrunk(np.full((3, 9), 77, np.uint8), 4).tolist() == [[77, 77]]


def test_a_picture_is_turned_to_the_same_pixels_as_channel_by_channel() -> None:
    seen = cv2.GaussianBlur(np.random.default_rng(7).integers(0, 256, (50, 70, 3)).astype(np.uint8), (5, 5), 0)
    onto = np.array(((0.96, 0.1, -3.0), (-0.1, 0.96, 4.5)))
    for inverse in (False, True):
        flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if inverse else 0)
        alone = [
            cv2.warpAffine(seen[..., channel], onto, (60, 40), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for channel in range(3)
        ]
        assert np.abs(warped(seen, onto, (60, 40), inverse=inverse) - np.stack(alone, axis=2).astype(int)).max() <= 1


def test_a_quick_decode_changes_colours_at_their_edges_alone() -> None:
    data = good_waybill_picture()
    whole, quick = decode(data), decode(data, quick=True)
    assert quick.shape == whole.shape
    assert np.abs(as_grey(quick).astype(int) - as_grey(whole)).mean() < 0.5
    assert np.abs(shrunk(quick, 2).astype(int) - shrunk(whole, 2)).mean() < 0.5
