"""What a Reset that fails at a device says, in the language of who reads it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.clock import SystemClock
from controller.eyes.golden_samples import GoldenSamples
from controller.line import Line
from controller.plan.config import load_config
from controller.unit.machine import NotReady
from controller.words.alarm_texts import AlarmKind
from controller.words.text import Text
from devices.errors import DeviceError
from tests.controller.test_cause_texts import LATIN_WORD, told

EXAMPLE = Path(__file__).parents[2] / "controller" / "line.example.toml"


def failing(error: Exception) -> Any:
    async def fails(*_: object) -> None:
        raise error

    return fails


def alarm_of(text: Text) -> Text:
    """As the line raises it, and as the page shows it."""
    return told(AlarmKind.NOT_READY, "", cause=text.en, cause_zh=text.zh)


async def test_a_camera_that_sends_no_jpeg_is_told_in_chinese_at_reset() -> None:
    """Seen on the Chinese page: `无法核对标准样：close_up_camera: answered image/png starting 89 50, …`."""
    said = DeviceError("close_up_camera", "answered image/png starting 89 50, expected image/jpeg")
    config = load_config(EXAMPLE).model_copy(update={"golden": {"close_up_camera": None}})
    camera, unasked = SimpleNamespace(snapshot=failing(said)), SimpleNamespace()
    samples = GoldenSamples(config, {"close_up_camera": camera}, unasked, SystemClock())  # type: ignore[arg-type]
    with pytest.raises(NotReady) as refused:
        await samples.check()
    text = alarm_of(refused.value.text)
    assert text.zh.endswith("：无法核对标准样：送来的内容（image/png）不是 JPEG 图片：检查相机的图片格式")
    assert text.en.endswith(
        ": it can't be checked: what it sent (image/png) is no JPEG picture: look at its picture format"
    )


async def reset_at(device: str, message: str) -> Text:
    """The alarm of a Reset at which a device said this."""
    line: Any = SimpleNamespace(recovery=SimpleNamespace(reconcile=failing(DeviceError(device, message))))
    with pytest.raises(NotReady) as refused:
        await Line._reconcile(line)
    return alarm_of(refused.value.text)


async def test_a_device_that_does_not_answer_is_told_in_chinese_at_reset() -> None:
    text = await reset_at("sealer_1", "no answer to function 3 at register 9000 in 0.3 s")
    assert not LATIN_WORD.search(text.zh), text.zh
    assert text.zh.startswith("不能复位或启动：设备未就绪：封口机 1")
    assert text.en.endswith("a device is not ready: Sealer 1: no answer in 0.3 s")


async def test_a_code_is_put_into_words_once_though_the_alarm_does_it_too() -> None:
    text = await reset_at("sealer_1", "SEAL of item 3 at block 9100, sequence 2: refused with GUARD_OPEN")
    assert text.zh.endswith("封装件 3：防护门打开（GUARD_OPEN）")
    assert text.en.endswith("item 3: guard open (GUARD_OPEN)")
