"""The golden sample check at the start of a shift: no line starts on a camera that has moved, is dirty or dark.

Only cameras for which a golden sample has been taught are asked. One that sees no carrier is believed until the shift
ends in which it was found good, so that a reset between two orders needs no sample laid under every lens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from controller.clock import WallClock
from controller.eyes.vision_workers import VisionError, VisionWorkers
from controller.plan.config import LineConfig
from controller.plan.machines import Camera
from controller.plan.shifts import shift_of
from controller.unit.machine import NotReady
from controller.words.cause_texts import in_chinese, in_english
from controller.words.check_texts import check_in_chinese
from controller.words.text import Text
from devices.camera.driver import Frame
from devices.errors import DeviceError
from vision.verdict import Check, GoldenTask, Outcome, Verdict

_PLACE = Text("把相机装回原位", "put the camera back in its place")
_WHAT = {
    "picture_readable": (
        Text("画面过暗或无法解码", "its picture is dark or can't be decoded"),
        Text("检查镜头盖、灯和曝光时间", "look at its lens cap, lamp and exposure time"),
    ),
    "camera_focus": (Text("失焦", "it is out of focus"), Text("对焦或擦净镜头", "focus it or clean its lens")),
    "camera_exposure": (
        Text("曝光改变", "its exposure has changed"),
        Text("检查灯和曝光时间", "look at its lamp and exposure time"),
    ),
    "camera_contrast": (Text("镜头脏污或起雾", "its lens is dirty or hazy"), Text("擦净镜头", "clean its lens")),
    "camera_lighting": (
        Text("照明不均或有遮挡", "its light has changed in one part of the picture"),
        Text("检查灯、遮挡物和镜头污迹", "look for a failed lamp, a shadow or a smear on the lens"),
    ),
    "camera_scale": (
        Text("距离或焦距改变", "its scale has changed"),
        Text("检查镜头和支架", "look at its lens and bracket"),
    ),
    "camera_place": (Text("移位", "it has moved"), _PLACE),
    "camera_turn": (Text("转动", "it has turned"), _PLACE),
}
"""What each check says of a camera, and what to do."""


class SnapshotCamera(Protocol):
    """Any camera that can take one picture after being asked."""

    async def snapshot(self, deadline_s: float) -> Frame:
        """Return a picture exposed after this call."""


class GoldenSamples:
    """What is known of each taught camera since the line process began."""

    def __init__(
        self, config: LineConfig, cameras: Mapping[str, SnapshotCamera], vision: VisionWorkers, clock: WallClock
    ) -> None:
        self._config = config
        self._cameras = cameras
        self._vision = vision
        self._clock = clock
        self._good_at: dict[str, datetime] = {}

    async def check(self) -> None:
        """Compare each taught camera with its golden sample.

        :raises NotReady: names every camera that can't be believed, and what is wrong with it.
        """
        found = [(name, await self.wrong(name)) for name in sorted(self._config.golden)]
        wrong = [text.within(name, name) for name, text in found if text is not None]
        if wrong:
            raise NotReady(Text("；".join(text.zh for text in wrong), "; ".join(text.en for text in wrong)))

    def doubt(self, name: str) -> None:
        """Believe a camera no longer, as if it had never been found good."""
        self._good_at.pop(name, None)

    async def wrong(self, name: str, *, amid_items: bool = False) -> Text | None:
        """What keeps a taught camera from being believed, found by a new picture; None: nothing.

        :param amid_items: any item's carrier may stand there. What lies in it is not compared, be it the sample's own;
            and where none is seen the sample's is not asked for, which would be a stranger in the line.
        """
        try:
            verdict = await self._look(name, amid_items)
        except (DeviceError, VisionError) as error:
            why = str(error).removeprefix(f"{name}: ")  # whoever shows this names the camera
            return Text(f"无法核对标准样：{in_chinese(why)}", f"it can't be checked: {in_english(why)}")
        now = self._clock.now().astimezone()
        if verdict.outcome is Outcome.ACCEPT:
            self._good_at[name] = now
            return None
        unseen = [check for check in verdict.failed if check.name == "golden_seen"]
        if unseen:
            began, ends = shift_of(self._config.shifts, now, 0)
            known = name in self._good_at and began <= self._good_at[name] < ends
            return None if known else _NO_CARRIER if amid_items else _no_sample(unseen[0], self._laid(name))
        text = spoiled(verdict.failed)
        if any(check.name == "camera_lighting" for check in verdict.failed) and (laid := self._laid(name)):
            zh, en = (
                f"。或是载具内放的不是示教时的{laid.zh}",
                f"; or it is not {laid.en} that lies in the carrier, as when taught",
            )
            return Text(text.zh + zh, text.en + en)
        return text

    def _laid(self, name: str) -> Text | None:
        """The product that lay in the carrier when the camera was taught; None: nothing, or it is not known."""
        product = self._config.golden[name].product
        recipe = self._config.recipes.get(product)
        if recipe is not None:
            return Text(f"“{recipe.title_zh}”", f"“{recipe.title}”")
        return Text(product, product) if product else None

    async def _look(self, name: str, amid_items: bool) -> Verdict:
        device = self._config.devices[name]
        assert isinstance(device, Camera)  # the configuration demands it
        timing = self._config.timing
        frame = await self._cameras[name].snapshot(timing.picture_s)
        sample = self._config.golden[name].sample
        task = GoldenTask(device.view, replace(sample, grid=()) if amid_items else sample)
        return await self._vision.judge(frame.jpeg, task, timing.verdict_s)


_NO_CARRIER = Text(
    "看不到载具码：若其下有载具，则是相机失焦、被遮挡或移位；若没有，不要放入载具，按“停止”，再按“复位”核对",
    "it sees no carrier's code: if a carrier stands there, the camera is out of focus, covered or has moved; if none "
    "does, put none in, but press Stop, then Reset, which looks with it too",
)


def _no_sample(check: Check, laid: Text | None) -> Text:
    with_it = Text(f"（内放{laid.zh}）", f", with {laid.en} laid in,") if laid else Text("", "")
    return Text(
        f"没有看到标准样：请放上{check.expected.replace('carrier', '载具')}{with_it.zh}后重试；"
        "若已放好，则是相机失焦、被遮挡或移位",
        f"it sees no golden sample: put {check.expected} under it{with_it.en} and try again; "
        "if it stands there, the camera is out of focus, covered or has moved",
    )


def spoiled(failed: Sequence[Check]) -> Text:
    """What checks against a golden sample that failed say of the camera, and what to do."""
    said = [_WHAT.get(check.name, (Text(check.name, check.name), _PLACE)) for check in failed]
    facts = "; ".join(f"{check.found}, allowed: {check.expected}" for check in failed)
    told = ((check_in_chinese(check.found), check_in_chinese(check.expected)) for check in failed)
    read = "；".join(f"实测 {found}，要求{expected}" for found, expected in told)
    zh, en = "、".join(what.zh for what, _ in said), ", ".join(what.en for what, _ in said)
    mend = tuple(dict.fromkeys(mend for _, mend in said))
    todo_zh, todo_en = "；".join(each.zh for each in mend), "; ".join(each.en for each in mend)
    return Text(
        f"{zh}（{read}）。{todo_zh}；若是有意改动，重新示教",
        f"{en} ({facts}). {todo_en[:1].upper()}{todo_en[1:]}; if it was changed on purpose, teach it anew",
    )
