"""Cameras and vision on a virtual floor: a picture is a JPEG's head and the truth in JSON; the verdict reads it.

The camera drivers are the line's own and speak HTTP to these faces. The verdict is the truth, spoiled at the rates at
which real vision is unsure or wrongly rejects; it never wrongly accepts unless that rate is set too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from random import Random
from typing import Any

from simulators.camera import EXPOSURE_S, CameraFaults
from simulators.matter import CARRIER, Mailer, PartKind, PlacedLabel, PlacedPart
from simulators.virtual.loop import nap
from simulators.wires import Send
from simulators.world import World
from vision.verdict import Check, ContentsTask, Outcome, Task, Verdict, WaybillTask, worst

JPEG_START = b"\xff\xd8\xff"
_TRIGGER = re.compile(rb"[?&]trigger=(\d+)")
_COLOURS = {"ebike": "white"}
MISPLACED_MM = 8.0
ASKEW_DEG = 20.0
Shown = dict[str, Any]
"""The truth of what a picture shows."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often vision errs, 0..1 of its verdicts, and how long it takes, s.

    :ivar unsure: it can't say, and may be asked again; :ivar rejects: it rejects what is good.
    :ivar accepts: it accepts what is wrong; :ivar silent: no verdict in time.
    """

    unsure: float = 0.01
    rejects: float = 0.002
    accepts: float = 0.0
    silent: float = 0.0005
    least_s: float = 0.04
    most_s: float = 0.25


class VirtualCamera:
    """One camera. :ivar faults: what is wrong with it now; :ivar on_exposed: told of each mailer that it shows."""

    def __init__(self, name: str, zone: str, world: World, chance: Random, speed: float) -> None:
        self.name = name
        self.faults = CameraFaults()
        self._zone = zone
        self._world = world
        self._chance = chance
        self._speed = speed
        self.on_exposed: Callable[[str, Mailer], None] = lambda _, __: None
        self._last = b""
        self._shots = 0
        self._context = copy_context()

    def face(self, send: Send) -> CameraConversation:
        """One connection's conversation."""
        return CameraConversation(self, send)

    def asked(self, trigger: bytes, send: Send) -> None:
        """Open the shutter a moment after the trigger, and answer when the picture is there."""
        loop = asyncio.get_running_loop()
        loop.call_later(EXPOSURE_S / self._speed, self._expose, trigger, send, context=self._context)

    def _expose(self, trigger: bytes, send: Send) -> None:
        if not (self.faults.stuck and self._last):
            self._last = self._picture()
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nX-Trigger: %b\r\nContent-Length: %d\r\n"
            b"Connection: keep-alive\r\n\r\n" % (trigger, len(self._last))
        )
        loop = asyncio.get_running_loop()
        loop.call_later(self.faults.late_s + self._chance.uniform(0.002, 0.03), send, head + self._last)

    def _picture(self) -> bytes:
        return JPEG_START + json.dumps(self._seen(), ensure_ascii=False, sort_keys=True).encode()

    def _seen(self) -> Shown:
        """The truth of what it shows now."""
        carrier = self._world.zones.get(self._zone)
        self._shots += 1
        shown: Shown = {"camera": self.name, "shot": self._shots, "black": self.faults.black}
        if carrier is not None and carrier.mailer is not None:
            self.on_exposed(self.name, carrier.mailer)
        if carrier is not None and not self.faults.black:
            shown["carrier"] = carrier.code
            shown["mailer"] = None if carrier.mailer is None else _shown(carrier.mailer)
        return shown


class CameraConversation:
    """One connection to a camera."""

    def __init__(self, camera: VirtualCamera, send: Send) -> None:
        self._camera = camera
        self._send = send
        self._pending = b""

    def received(self, data: bytes) -> None:
        """Take bytes of requests."""
        *requests, self._pending = (self._pending + data).split(b"\r\n\r\n")
        for request in requests:
            found = _TRIGGER.search(request)
            self._camera.asked(found[1] if found else b"0", self._send)


class NoVerdict(Exception):
    """Vision has no answer."""


class TrueVision:
    """In the place of the vision workers. :ivar failure: the line's own error for a missing verdict.

    :ivar blinded: it accepts everything.
    """

    def __init__(self, chance: Random, rates: Rates) -> None:
        self.rates = rates
        self.failure: Callable[[str], Exception] = NoVerdict
        self._chance = chance
        self.blinded = False

    def blind(self) -> None:
        """Let it accept everything."""
        self.blinded = True

    def mend(self) -> None:
        """Let it see again."""
        self.blinded = False

    async def serve(self) -> None:
        """There is no process to keep alive."""
        await asyncio.get_running_loop().create_future()

    async def ready(self, deadline_s: float = 0.0) -> None:
        """Always."""

    async def judge(self, picture: bytes, task: Task, deadline_s: float) -> Verdict:
        """Say the truth, mostly."""
        chance, rates = self._chance, self.rates
        if chance.random() < rates.silent:
            await asyncio.sleep(deadline_s)
            raise self.failure(f"no verdict within {deadline_s} s")
        await nap(chance.uniform(rates.least_s, rates.most_s))
        if self.blinded:
            return Verdict(Outcome.ACCEPT, (Check("picture_readable", Outcome.ACCEPT),), picture)
        return self._verdict(picture, task)

    def _verdict(self, picture: bytes, task: Task) -> Verdict:
        chance, rates = self._chance, self.rates
        checks = true_checks(json.loads(picture.removeprefix(JPEG_START)), task)
        luck = chance.random()
        if luck < rates.unsure:
            checks = [*checks, Check("picture_readable", Outcome.UNSURE)]
        elif luck < rates.unsure + rates.rejects:
            checks = [*checks, Check("part_count", Outcome.REJECT)]
        elif luck < rates.unsure + rates.rejects + rates.accepts:
            checks = [Check("picture_readable", Outcome.ACCEPT)]
        return Verdict(worst(tuple(checks)), tuple(checks), picture)


def _shown(mailer: Mailer) -> dict[str, Any]:
    """What a camera sees of a mailer: its parts while it is open, its labels, its seam."""
    return {
        "sealed": mailer.sealed,
        "parts": [] if mailer.sealed else [_seen(placed) for placed in mailer.contents],
        "labels": [[each.label.mail_number, _away_mm(each)] for each in mailer.labels],
    }


def _away_mm(label: PlacedLabel) -> float:
    """How far a label is from its place; one on a parcel that was turned round is at the other end."""
    turned = abs(label.turn) % 360.0 > ASKEW_DEG
    return max(abs(label.dx), abs(label.dy), CARRIER[0] / 2 if turned else 0.0)


def _seen(placed: PlacedPart) -> dict[str, Any]:
    """What a part shows: a face that lies down shows nothing."""
    part, up = placed.part, not placed.face_down
    text, code = (part.text, part.code) if up else ("", "")
    askew = abs(placed.turn) % 360.0 > ASKEW_DEG
    return {"kind": part.kind.value, "text": text, "code": code, "style": part.style, "askew": askew}


def true_checks(shown: Shown, task: Task) -> list[Check]:
    """What vision that never errs would say of a picture that shows this."""
    if shown["black"]:
        return [Check("picture_readable", Outcome.UNSURE, expected="light", found="dark")]
    if not isinstance(task, ContentsTask | WaybillTask):
        asked = type(task).__name__
        return [Check("picture_readable", Outcome.REJECT, expected="a question about a mailer", found=asked)]
    found = shown.get("carrier", "")
    carrier = Check("carrier_code", _said(found == task.carrier_code), "", task.carrier_code, found)
    mailer = shown.get("mailer")
    if mailer is None:
        return [carrier, Check("part_count", Outcome.REJECT, found="no mailer")]
    if isinstance(task, ContentsTask):
        return [carrier, *_contents(mailer, task)]
    return [carrier, *_waybill(mailer, task)]


def _contents(mailer: dict[str, Any], task: ContentsTask) -> list[Check]:
    """The wide camera answers for plates, the close-up for certificates; which one is asked shows in its pocket."""
    if mailer["sealed"]:
        return [Check("part_count", Outcome.REJECT, found="sealed")]
    plates = [each for each in mailer["parts"] if each["kind"] == PartKind.PLATE]
    documents = [each for each in mailer["parts"] if each["kind"] == PartKind.DOCUMENT]
    looks_at_documents = task.pocket.y > 300
    checks = [Check("part_count", Outcome.ACCEPT)]
    if looks_at_documents:
        codes = sorted(each["code"] for each in documents)
        wanted = sorted(each.code for each in task.documents)
        checks.append(Check("document_code", _said(codes == wanted), "", ",".join(wanted), ",".join(codes)))
    else:
        texts = sorted((each["text"], _COLOURS.get(each["style"], each["style"])) for each in plates)
        expected = sorted((each.text, each.colour.value) for each in task.plates)
        checks.append(Check("plate_pose", _said(not any(each["askew"] for each in plates))))
        checks.append(Check("plate_characters", _said(texts == expected), "", str(expected), str(texts)))
    return checks


def _waybill(mailer: dict[str, Any], task: WaybillTask) -> list[Check]:
    labels = mailer["labels"]
    numbers = [number for number, _ in labels]
    checks = [Check("waybill_code", _said(task.mail_number in numbers), "", task.mail_number, ",".join(numbers))]
    checks.append(Check("waybill_count", _said(len(numbers) <= 1), found=str(len(numbers))))
    if any(number == task.mail_number and away > MISPLACED_MM for number, away in labels):
        checks.append(Check("waybill_place", Outcome.REJECT))
    if task.sealed:
        checks.append(Check("seam", _said(mailer["sealed"])))
    return checks


def _said(holds: bool) -> Outcome:
    return Outcome.ACCEPT if holds else Outcome.REJECT
