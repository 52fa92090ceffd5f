"""Which way up a plate lies, found out when its characters are not the expected ones: turned round, or back side up."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vision.pictures import Picture
from vision.plane import Plane
from vision.plates import check_plate, proven
from vision.pocket import Thing
from vision.verdict import Box, Check, ExpectedPlate, Outcome

_POSE = "face up, upright"


def check_posed_plate(seen: Picture, area: Box, plane: Plane, thing: Thing, plate: ExpectedPlate) -> list[Check]:
    """The checks of a plate and its pose. Characters that read as expected prove the pose.

    :param seen: the upright picture of `area`.
    """
    checks = check_plate(seen, area, plane, thing, plate)
    region = plane.outline(thing.corners())
    if proven(checks):
        return [Check("plate_pose", Outcome.ACCEPT, plate.role, _POSE, _POSE, region=region), *checks]
    for found, picture, lying in (
        ("upside down", cv2.rotate(seen, cv2.ROTATE_180), _turned(thing, area)),
        ("back side up", cv2.flip(seen, 1), _mirrored(thing, area)),
    ):
        other = check_plate(np.asarray(picture, np.uint8), area, plane, lying, replace(plate, earlier=()))
        if proven(other):
            return [Check("plate_pose", Outcome.REJECT, plate.role, _POSE, found, region=region), *checks]
    return checks


def _turned(thing: Thing, area: Box) -> Thing:
    x, y = 2 * area.x + area.width - thing.x, 2 * area.y + area.height - thing.y
    return replace(thing, x=x, y=y)


def _mirrored(thing: Thing, area: Box) -> Thing:
    return replace(thing, x=2 * area.x + area.width - thing.x, turn=-thing.turn)
