"""Pictures taken, judged and kept: what verify, label and inspect have in common."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from controller.exits import Nonconformance, Reason, StationFault
from controller.eyes.evidence import EvidenceStore, record
from controller.eyes.print_trend import PrintTrend
from controller.eyes.vision_workers import VisionError, VisionWorkers
from controller.flow.camera_watch import CameraWatch
from controller.flow.items import Activity, Item
from controller.flow.memory import Begun, Memory
from controller.flow.tracking import Tracking
from controller.plan.config import LineConfig
from devices.camera.driver import Frame
from devices.errors import DeviceError
from vision.looks import after
from vision.verdict import PICTURE_FRESH, Check, Outcome, Task, Verdict

_OLD_PICTURE = Check(
    PICTURE_FRESH, Outcome.REJECT, expected="exposed after its trigger", found="the picture of the item before"
)
"""Said of a picture that was there before, whatever it shows: it proves nothing of the item that stands there."""
_NO_ITEM = 0
"""Where an item's token stands; they begin at 1."""
_STUCK = "shows the picture of the item before: switch it off and on"
_DARK = "its picture is black: look at its lens, lamp and exposure"


class Camera(Protocol):
    """Any camera that can take one picture after being asked."""

    async def snapshot(self, deadline_s: float) -> Frame:
        """Return a picture exposed after this call."""


@dataclass(frozen=True, slots=True)
class Look:
    """A judged picture. :ivar exposed_at: loop time; :ivar digest: of its evidence.

    :ivar repeated: byte for byte it is the picture of the item before, or the next one: the camera is stuck on it, or
        sees nothing at all. Its verdict accepts nothing.
    :ivar record: its entry in the journal, of an accepted one under way: to be awaited with what rests on it.
    """

    verdict: Verdict
    exposed_at: float
    digest: str
    repeated: bool
    record: Begun[None]


class Prover:
    """Asks the cameras and the vision workers, and keeps what they showed."""

    def __init__(
        self,
        config: LineConfig,
        cameras: Mapping[str, Camera],
        vision: VisionWorkers,
        evidence: EvidenceStore,
        tracking: Tracking,
        memory: Memory,
        print_trend: PrintTrend,
        camera_watch: CameraWatch,
    ) -> None:
        self._config = config
        self._cameras = cameras
        self._vision = vision
        self._evidence = evidence
        self._tracking = tracking
        self._memory = memory
        self._print_trend = print_trend
        self._camera_watch = camera_watch
        self._last: dict[str, tuple[int, bytes]] = {}
        """Of each camera the last item and the SHA-256 of its picture."""

    async def look(self, item: Item, station: str, camera: str, task: Task) -> Look:
        """Take and judge a picture; an unsure one is taken again, `vision.looks` times at most, and judged with it.

        :raises StationFault: the camera gave none in time.
        :raises Nonconformance: the vision workers could not judge it; nothing is proven.
        """
        for _ in range(self._config.vision.looks):
            look = await self._look_once(item, station, camera, task)
            if look.verdict.outcome is not Outcome.UNSURE:
                break
            task = after(task, look.verdict)
        self._camera_watch.note(camera, look.verdict)
        return look

    async def _look_once(self, item: Item, station: str, camera: str, task: Task) -> Look:
        timing = self._config.timing
        self._tracking.note(item, Activity.TAKING_PICTURES)
        frame, repeated = await self._taken(item, camera)
        self._tracking.note(item, Activity.JUDGING)
        try:
            verdict = await self._vision.judge(frame.jpeg, task, timing.verdict_s)
        except VisionError as error:
            raise Nonconformance(Reason.CONTENTS_NOT_PROVEN, camera=camera, cause=str(error)) from error
        item.input_at = asyncio.get_running_loop().time()
        if not repeated and any(check.name == "carrier_code" for check in verdict.failed):
            repeated = await self._is_stuck(camera, frame.jpeg)
        if not repeated:
            self._print_trend.note(camera, verdict)
        elif not _is_dark(verdict):
            verdict = replace(verdict, outcome=Outcome.REJECT, checks=(*verdict.checks, _OLD_PICTURE))
        digest, record = await self._keep(item, station, camera, verdict)
        return Look(verdict, frame.exposed_at, digest, repeated, record)

    async def _picture(self, camera: str) -> Frame:
        """A picture exposed after this call. :raises StationFault: the camera gave none in time."""
        try:
            return await self._cameras[camera].snapshot(self._config.timing.picture_s)
        except DeviceError as error:
            raise StationFault(camera, str(error)) from error

    async def _taken(self, item: Item, camera: str) -> tuple[Frame, bool]:
        """A picture, and whether it is what the camera showed of another item before: no two are alike to the last bit.

        What it showed before the line was started is not known: a picture is taken for that, and no more.
        """
        token, before = self._last.get(camera) or (_NO_ITEM, _digest(await self._picture(camera)))
        frame = await self._picture(camera)
        repeated = token != item.token and _digest(frame) == before
        if not repeated:
            self._last[camera] = (item.token, _digest(frame))
        return frame, repeated

    async def _is_stuck(self, camera: str, jpeg: bytes) -> bool:
        """Whether a second picture is the same to the last bit: what it shows was there once, not now.

        Asked before another carrier in view counts as a slip: of a picture that a stop cut off nothing is known here. A
        camera that gives no second one proves nothing.
        """
        try:
            return (await self._picture(camera)).jpeg == jpeg
        except StationFault:
            return False

    async def _keep(self, item: Item, station: str, camera: str, verdict: Verdict) -> tuple[str, Begun[None]]:
        """Keep the picture before the verdict is acted on: good ones for days, telling ones longer."""
        store = self._config.store
        digest = await self._memory.keep(self._evidence, verdict.evidence) if verdict.evidence else ""
        good = verdict.outcome is Outcome.ACCEPT
        days = store.good_evidence_days if good else store.reject_evidence_days
        begun = self._memory.begin(lambda ledger: record(ledger, item.token, station, camera, digest, verdict, days))
        if not good:
            await begun.made()
        return digest, begun


CHECK_REASONS = {
    "plate_characters": Reason.PLATE_MISMATCH,
    "plate_province": Reason.PLATE_MISMATCH,
    "plate_city": Reason.PLATE_MISMATCH,
    "plate_kind": Reason.PLATE_MISMATCH,
    "plate_rows": Reason.PLATE_MISMATCH,
    "plate_present": Reason.PART_COUNT,
    "plate_pose": Reason.PART_POSE,
    "plate_clear": Reason.FOREIGN_THING,
    "plate_alike": Reason.FOREIGN_THING,
    "plate_colour": Reason.PLATE_COLOUR,
    "part_count": Reason.PART_COUNT,
    "part_inside": Reason.PART_POSE,
    "foreign_thing": Reason.FOREIGN_THING,
    "document_present": Reason.PART_COUNT,
    "document_pose": Reason.PART_POSE,
    "document_kind": Reason.DOCUMENT_KIND,
    "document_clear": Reason.FOREIGN_THING,
    "document_code": Reason.DOCUMENT_MISMATCH,
    "document_number": Reason.DOCUMENT_MISMATCH,
    "document_zone": Reason.DOCUMENT_MISMATCH,
    "document_check_digits": Reason.DOCUMENT_MISMATCH,
    "identity_number": Reason.DOCUMENT_MISMATCH,
    "foreign_code": Reason.FOREIGN_CODE,
    "waybill_code": Reason.WAYBILL_MISMATCH,
    "waybill_text": Reason.WAYBILL_MISMATCH,
    "waybill_count": Reason.FOREIGN_WAYBILL,
    "waybill_place": Reason.WAYBILL_MISMATCH,
    "print_quality": Reason.PRINT_QUALITY,
    "seam": Reason.SEAM_NOT_PROVEN,
    "seam_length": Reason.SEAM_NOT_PROVEN,
    "seam_gap": Reason.SEAM_FLAW,
    "seam_wrinkle": Reason.SEAM_FLAW,
    "seam_caught": Reason.SEAM_FLAW,
}
"""What a check that fails says of the product; any other, as a covered carrier code: nothing was proven."""


_OF_OTHERS = ("carrier_code", "foreign_code", "document_code", "document_number", "plate_characters", "waybill_code")
"""Checks that tell in `found` what was read instead: a code or number that may be another item's."""


def demand_accept(look: Look, camera: str) -> None:
    """Go on only when the verdict accepts.

    :raises Nonconformance: for the first failed check; the picture and all checks stand in the evidence.
    :raises StationFault: the camera is stuck on the picture of the item before, or gives black ones.
    """
    if look.verdict.outcome is Outcome.ACCEPT:
        return
    if look.repeated:
        raise StationFault(camera, _DARK if _is_dark(look.verdict) else _STUCK)
    failed = _most_telling(look.verdict.failed)
    name = failed.name if failed else "picture"
    raise Nonconformance(
        CHECK_REASONS.get(name, Reason.CONTENTS_NOT_PROVEN),
        strange=tuple(check.found for check in look.verdict.failed if check.name in _OF_OTHERS),
        camera=camera,
        check=name,
        subject=failed.subject if failed else "",
        checks=[check.name for check in look.verdict.failed],
    )


def _digest(frame: Frame) -> bytes:
    return hashlib.sha256(frame.jpeg).digest()


def _is_dark(verdict: Verdict) -> bool:
    """Whether it shows nothing: black pictures are alike to the last bit, and no camera need be stuck for it.

    Of what can't be decoded, or has a wrong size, no brightness is told.
    """
    return any(check.name == "picture_readable" and check.score is not None for check in verdict.failed)


def _most_telling(failed: tuple[Check, ...]) -> Check | None:
    """A check that says no before one that could not say."""
    return next((check for check in failed if check.outcome is Outcome.REJECT), failed[0] if failed else None)
