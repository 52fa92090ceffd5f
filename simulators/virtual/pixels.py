"""Real pictures on a virtual floor: drawn by the renderer, judged by the line's own vision, and held against the truth.

Vision is known only by the entry point group `sealline.seams`: nothing here imports it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from random import Random

import cv2

from simulators.camera import CameraSetup, CameraTwin
from simulators.virtual.eyes import Rates, Shown, TrueVision, VirtualCamera, true_checks
from simulators.world import World
from vision.verdict import Outcome, Task, Verdict, worst

Judge = Callable[[bytes, Task], Verdict]
COUNTED = ("pictures", "unsure", "false_rejects", "escapes")


class Truths:
    """What each picture truly shows, by its bytes."""

    def __init__(self) -> None:
        self._shown: dict[bytes, Shown] = {}

    def note(self, picture: bytes, shown: Shown) -> None:
        """Say what a picture shows."""
        self._shown[hashlib.sha256(picture).digest()] = shown

    def of(self, picture: bytes) -> Shown:
        """What it shows."""
        return self._shown[hashlib.sha256(picture).digest()]


class PixelCamera(VirtualCamera):
    """A camera whose pictures are drawn. :param truths: told of each what it shows."""

    def __init__(
        self, setup: CameraSetup, world: World, chance: Random, speed: float, seed: int, truths: Truths
    ) -> None:
        super().__init__(setup.name, setup.zone, world, chance, speed)
        self._twin = CameraTwin(world, setup, speed=speed, seed=seed)
        self._twin.faults = self.faults
        self._truths = truths

    def _picture(self) -> bytes:
        shown, picture = self._seen(), self._twin.draw()
        self._truths.note(picture, shown)
        return picture


class PixelVision(TrueVision):
    """The line's own vision; it answers as late and is silent as often as `rates` say.

    :ivar counts: pictures judged; of those that show what is right, how often it was unsure and rejected; escapes: of
        those that show what is wrong, how often it accepted.
    :ivar found: told of each escape, in a sentence.
    """

    def __init__(self, chance: Random, rates: Rates, truths: Truths, found: Callable[[str], None]) -> None:
        super().__init__(chance, rates)
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
        self._truths = truths
        self._found = found

    def _verdict(self, picture: bytes, task: Task) -> Verdict:
        shown, verdict = self._truths.of(picture), _judge()(picture, task)
        self.counts["pictures"] += 1
        checks = tuple(true_checks(shown, task))
        truth = worst(checks)
        if truth is Outcome.ACCEPT:
            self.counts["unsure"] += verdict.outcome is Outcome.UNSURE
            self.counts["false_rejects"] += verdict.outcome is Outcome.REJECT
        elif truth is Outcome.REJECT and verdict.outcome is Outcome.ACCEPT:
            self.counts["escapes"] += 1
            wrong = "; ".join(
                f"{each.name}: expected {each.expected or 'right'}, truly {each.found or 'wrong'}"
                for each in checks
                if each.outcome is Outcome.REJECT
            )
            self._found(f"vision accepted what camera {shown['camera']} showed, which is wrong: {wrong}")
        return verdict


@cache
def _judge() -> Judge:
    """What judges a picture, by name; on one core, as in the line's workers."""
    cv2.setNumThreads(1)
    (entry,) = entry_points(group="sealline.seams", name="judge")
    judge: Judge = entry.load()
    return judge
