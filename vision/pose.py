"""Which way up a plate lies, found out when its characters are not the expected ones: turned round, or back side up."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vision.pictures import Picture
from vision.plane import Plane
from vision.plates import Looked, check_plate, proven
from vision.pocket import Thing
from vision.verdict import Check, ExpectedPlate, Outcome

_POSE = "face up, upright"


def check_posed_plate(picture: Picture, plane: Plane, thing: Thing, plate: ExpectedPlate) -> Looked:
    """The checks of a plate and its pose. Characters that read as expected prove the pose.

    :param picture: the plate alone, as `vision.plates.flattened` gives it.
    """
    seen = check_plate(picture, plane, thing, plate)
    region = plane.outline(thing.corners())
    if proven(seen.checks):
        return _with(Check("plate_pose", Outcome.ACCEPT, plate.role, _POSE, _POSE, region=region), seen)
    for found, other in (("upside down", cv2.rotate(picture, cv2.ROTATE_180)), ("back side up", cv2.flip(picture, 1))):
        said = check_plate(np.asarray(other, np.uint8), plane, thing, replace(plate, earlier=()))
        if proven(said.checks):
            return _with(Check("plate_pose", Outcome.REJECT, plate.role, _POSE, found, region=region), seen)
    return seen


def _with(pose: Check, seen: Looked) -> Looked:
    return replace(seen, checks=[pose, *seen.checks])
