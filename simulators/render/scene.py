"""One picture of one zone, from the physical truth in `simulators.world`."""

from __future__ import annotations

import cv2
import numpy as np

from simulators.render.mailer import draw_clamp, draw_codes, draw_ground
from simulators.render.optics import CALM, Optics, camera_map, expose, tilt
from simulators.render.papers import document_back, document_sprite, label_sprite
from simulators.render.plates import plate_sprite
from simulators.render.sprites import Map, Picture, Sprite, lay
from simulators.render.strays import STRAY_SIZES_MM, plate_back, stray_sprite
from simulators.world import LABEL, LABEL_PANEL, Carrier, Mailer, PartKind, PlacedPart
from vision.verdict import View

JPEG_QUALITY = 85


def render(
    carrier: Carrier | None, view: View, size_px: tuple[int, int], *, seed: int, optics: Optics = CALM
) -> Picture:
    """What a camera sees of a zone.

    :param carrier: what stands there; None: only the floor.
    :param size_px: width and height.
    :param seed: chooses the camera's displacement, light, blur and noise.
    :param optics: how hard light and lens are on who must judge the picture.
    :returns: shape (height, width, 3), BGR.
    """
    chance = np.random.default_rng(seed)
    camera = camera_map(view, size_px, chance)
    scene = np.empty((size_px[1], size_px[0], 3), np.uint8)
    draw_ground(scene, carrier, camera, view.px_per_mm)
    if carrier is not None:
        if carrier.mailer is not None:
            _draw_mailer(scene, carrier.mailer, camera, view.px_per_mm)
            draw_clamp(scene, camera)
        draw_codes(scene, carrier, camera, view.px_per_mm)
    scene = tilt(scene, chance, optics)
    expose(scene, chance, optics)
    return scene


def jpeg(picture: Picture) -> bytes:
    """Encode as a camera does, at `JPEG_QUALITY`."""
    done, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} can't be encoded as JPEG")
    return bytes(np.asarray(data))


def _draw_mailer(scene: Picture, mailer: Mailer, camera: Map, px_per_mm: float) -> None:
    if not mailer.sealed:
        for placed in mailer.contents:
            if _in_view(scene, camera, placed.x, placed.y, placed.part.size_mm):
                lay(scene, _part_sprite(placed, px_per_mm), camera, placed.x, placed.y, placed.turn)
        for stray in mailer.strays:
            if _in_view(scene, camera, stray.x, stray.y, STRAY_SIZES_MM[stray.kind]):
                lay(scene, stray_sprite(stray.kind, px_per_mm), camera, stray.x, stray.y, stray.turn)
    x = LABEL_PANEL[0] + (LABEL_PANEL[2] - LABEL[0]) / 2
    y = LABEL_PANEL[1] + (LABEL_PANEL[3] - LABEL[1]) / 2
    for applied in mailer.labels:
        if _in_view(scene, camera, x + applied.dx, y + applied.dy, LABEL):
            sprite = label_sprite(applied.label.mail_number, applied.label.text, px_per_mm, applied.label.wear)
            lay(scene, sprite, camera, x + applied.dx, y + applied.dy, applied.turn)


def _part_sprite(placed: PlacedPart, px_per_mm: float) -> Sprite:
    part = placed.part
    if part.kind is PartKind.PLATE:
        drawn = plate_back if placed.face_down else plate_sprite
        return drawn(part.style, part.text, part.code, part.size_mm, px_per_mm)
    if placed.face_down:
        return document_back(part.size_mm, px_per_mm)
    return document_sprite(part.style, part.code, part.code_readable, part.size_mm, px_per_mm, part.text)


def _in_view(scene: Picture, camera: Map, x: float, y: float, size_mm: tuple[float, float]) -> bool:
    """Whether the circle around a piece, so that any turn is covered, touches the picture."""
    middle = camera[:, :2] @ np.array((x + size_mm[0] / 2, y + size_mm[1] / 2)) + camera[:, 2]
    reach = np.hypot(*size_mm) / 2 * np.hypot(*camera[:, 0])
    return bool(np.all(middle > -reach) and np.all(middle < np.array((scene.shape[1], scene.shape[0])) + reach))
