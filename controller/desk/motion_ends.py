"""How a motion by hand ended, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.desk.registers import in_units
from controller.flow.motions import Motion, MotionKind
from controller.stations.divert import confirmed_chute
from controller.words.cause_texts import in_chinese, in_english
from controller.words.text import Text
from devices.errors import CommandRefused, DeviceError, UnknownOutcome
from devices.plc.contract import Answer, Chute, Result, ResultCode

_ANSWERS = {
    Answer.OUT_OF_BOUNDS: Text("载具上有邮封，或应有而没有", "a mailer lies where none may, or none where one must"),
    Answer.NO_CARRIER: Text("没有载具", "no carrier stands there"),
    Answer.WRONG_CARRIER: Text("是另一个载具", "another carrier stands there"),
    Answer.TARGET_OCCUPIED: Text("目标位有载具", "the target zone is occupied"),
    Answer.GUARD_OPEN: Text("防护门或急停", "a guard is open or the emergency stop pressed"),
    Answer.BUSY: Text("机器夹着载具或正在动作", "a machine holds the carrier, or still moves"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """How a motion ended. :ivar code: a result's name, or an error's; :ivar good: as it should have."""

    motion: str
    at: str
    by: str
    code: str
    good: bool
    text: Text
    measured: Mapping[str, int]

    def view(self) -> dict[str, Any]:
        """As the channel tells it."""
        measured = [in_units(name, value) for name, value in self.measured.items()]
        about = {"motion": self.motion, "at": self.at, "by": self.by, "code": self.code, "good": self.good}
        return {**about, "en": self.text.en, "zh": self.text.zh, "measured": measured}


def not_done(error: DeviceError) -> Text:
    """What to tell of a motion that was refused or of which nobody knows how it ended."""
    if isinstance(error, CommandRefused) and error.answer in _ANSWERS:
        said = _ANSWERS[error.answer]
        code = error.answer.name
        return Text(f"{error.device} 拒绝：{said.zh}（{code}）", f"{error.device} refused: {said.en} ({code})")
    if isinstance(error, UnknownOutcome):
        return _told(error).within("结果不明，请到机器旁看", "nobody knows how it ended, look at the machine")
    return _told(error).within("未完成", "not done")


def _told(error: DeviceError) -> Text:
    return Text(in_chinese(str(error)), in_english(str(error)))


def ended(motion: Motion, carrier: int, result: Result, target: Text) -> Text:
    """What to tell of a motion with a result. :param target: where a move leads, by its title."""
    if motion.kind is MotionKind.PUSH:
        return pushed(result)
    if result.code is ResultCode.NO_LABEL:
        return Text("剥离口没有面单", "no label stood at the peel edge")
    if result.code is not ResultCode.OK:
        return Text(f"未完成：{result.code.name}", f"it ended {result.code.name}")
    if motion.kind is MotionKind.MOVE:
        return Text(f"载具 {carrier} 已到{target.zh}", f"carrier {carrier} went to {target.en}")
    return Text("动作完成", "done")


def pushed(result: Result) -> Text:
    """Where the chutes' sensors saw what was pushed."""
    match confirmed_chute(result):
        case Chute.REJECT:
            return Text("已落入剔除槽", "it fell into reject")
        case Chute.DISPATCH:
            return Text("落入了发运槽！邮袋已冻结", "it fell into DISPATCH: the bag is frozen")
        case _:
            return Text(
                f"没有东西落入任何滑槽（{result.code.name}）", f"nothing fell into a chute ({result.code.name})"
            )
