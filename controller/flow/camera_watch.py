"""Watches over each camera by every picture that it gives: what moved, blurred or faded is told within the shift.

A picture tells of its camera by the carrier's code in it (`Verdict.camera`). A few of them, in the median, are held
against the camera's golden sample by that sample's own bounds. A camera that is beyond them is believed no longer: the
line holds, and goes on only when a new picture meets the golden sample.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from controller.alarms import Alarms
from controller.eyes.golden_samples import GoldenSamples, spoiled
from controller.flow.holding import Holding
from controller.plan.layouts import Golden
from controller.words.alarm_texts import AlarmKind
from controller.words.text import Text
from vision.as_taught import compared, typical
from vision.verdict import Check, GoldenSample, Outcome, Verdict

UNSEEN = 3
"""Items in a row without a carrier's code in their pictures, from which on a camera is not believed."""
LAST = 5
"""Pictures whose median may stand anywhere within the bounds of the golden sample."""
RUN = 15
"""Pictures whose median tells a drift. Carriers stand within 1 mm and 1 degree: few pictures scatter too widely."""
DRIFTS_FROM, DRIFTS_NO_MORE = 0.75, 0.6
"""Share of those bounds from which on a camera is said to drift, and within which it is well again."""


class CameraWatch:
    """What the cameras' last pictures say of them; one picture an item.

    :param golden: taught golden samples by camera; of any other only whether it sees carriers is known.
    """

    def __init__(self, golden: Mapping[str, Golden], samples: GoldenSamples, holding: Holding, alarms: Alarms) -> None:
        self._golden = {name: taught.sample for name, taught in golden.items()}
        self._samples = samples
        self._holding = holding
        self._alarms = alarms
        self._runs: dict[str, deque[GoldenSample]] = {}
        self._unseen: dict[str, int] = {}
        self._doubted: set[str] = set()

    def note(self, camera: str, verdict: Verdict) -> None:
        """Take the last picture of an item; raises and clears the alarms, and holds."""
        if camera in self._doubted:
            return
        if verdict.camera is not None:
            self._unseen[camera] = 0
            if camera in self._golden:
                self._compare(camera, verdict.camera)
        elif _saw_no_carrier(verdict):
            self._unseen[camera] = self._unseen.get(camera, 0) + 1
            if self._unseen[camera] >= UNSEEN:
                self._doubt(camera, _UNSEEN_TEXT)

    async def found_good(self) -> bool:
        """Look anew with each camera that is not believed; one that is still wrong holds the line again."""
        doubted, wrong = sorted(self._doubted), {}
        for name in doubted:
            text = await self._samples.wrong(name, amid_items=True) if name in self._golden else None
            if text is not None:
                wrong[name] = text
        for name in doubted:
            if name in wrong:
                self._doubt(name, wrong[name])
            else:
                self._believe(name)
        # Another may have been doubted meanwhile: nobody has looked with it.
        return not self._doubted

    def believe_all(self) -> None:
        """Every taught camera has just met its golden sample."""
        for name in sorted(self._doubted):
            self._believe(name)

    def _compare(self, camera: str, seen: GoldenSample) -> None:
        sample, run = self._golden[camera], self._runs.setdefault(camera, deque(maxlen=RUN))
        run.append(seen)
        if len(run) >= LAST and (failed := _off([*run][-LAST:], sample, 1.0)):
            self._doubt(camera, spoiled(failed))
        elif len(run) == RUN:
            if drifted := _off(run, sample, DRIFTS_FROM):
                text = spoiled(drifted)
                self._alarms.raise_alarm(AlarmKind.CAMERA_DRIFTS, camera, cause=text.en, cause_zh=text.zh)
            elif not _off(run, sample, DRIFTS_NO_MORE):
                self._alarms.clear(AlarmKind.CAMERA_DRIFTS, camera)

    def _doubt(self, camera: str, text: Text) -> None:
        self._doubted.add(camera)
        self._samples.doubt(camera)
        self._alarms.absorb(AlarmKind.CAMERA_DRIFTS, camera)
        facts = {"cause": text.en, "cause_zh": text.zh}
        self._alarms.remind(AlarmKind.CAMERA_DOUBTED, camera, **facts)
        self._holding.hold(AlarmKind.CAMERA_DOUBTED, camera, **facts)

    def _believe(self, camera: str) -> None:
        """It was found good: what its pictures said before is over."""
        self._doubted.discard(camera)
        self._runs.pop(camera, None)
        self._unseen.pop(camera, None)
        self._holding.answered(AlarmKind.CAMERA_DOUBTED, camera)


_UNSEEN_TEXT = Text(
    f"最近 {UNSEEN} 件的画面中都看不到载具码：镜头被遮挡、失焦、过暗，或相机被碰歪",
    f"no carrier's code was seen in the pictures of the last {UNSEEN} items: it is covered, out of focus, dark or "
    "knocked away",
)


def _off(seen: Sequence[GoldenSample], sample: GoldenSample, share: float) -> list[Check]:
    checks = compared(typical(seen), sample, share)
    return [check for check in checks if check.outcome is not Outcome.ACCEPT]


def _saw_no_carrier(verdict: Verdict) -> bool:
    """Nothing was accepted and no carrier was read, neither the right one nor another."""
    read = any(check.name == "carrier_code" and check.found for check in verdict.checks)
    return verdict.outcome is not Outcome.ACCEPT and not read
