"""Causes that the line and its drivers tell in short English, as people on the floor read them in either language.

What is not known here stays as it was told: a technician can read it, and nothing is lost.
"""

from __future__ import annotations

import re
from functools import lru_cache

from controller.words.text import Text

_CODES = {
    "INTERRUPTED": Text("动作被中断", "interrupted"),
    "NOT_CONFIRMED": Text("传感器没有确认", "not confirmed by its sensor"),
    "NO_LABEL": Text("没有面单", "no label there"),
    "HEATER_FAULT": Text("加热故障", "heater failed"),
    "GUARD_OPEN": Text("防护门打开", "guard open"),
    "TARGET_OCCUPIED": Text("前方有载具", "a carrier stands ahead"),
    "NO_CARRIER": Text("载具不在位", "no carrier there"),
    "WRONG_CARRIER": Text("载具号不符", "another carrier stands there"),
    "HOST_LOST": Text("与产线程序失去联系", "it lost the line's program"),
    "OUT_OF_BOUNDS": Text("信封不在应有的位置", "no mailer where one must lie, or one where none may"),
    "RESULT_UNACKNOWLEDGED": Text("上一结果尚未取走", "its last result is still unread"),
    "EXPIRED": Text("许可已过期", "the permit came too late"),
    "OLD_EPOCH": Text("启动号过旧", "the permit is of an earlier start"),
}
"""What a PLC answers and how a motion ended; the code follows in brackets, because technicians ask for it."""
_CODE = re.compile(rf"(?<![(（])\b({'|'.join(_CODES)})\b", re.ASCII)
"""In brackets it was put into words already: what keeps a Reset from ending is told once more by its alarm."""

_SENTENCES = (
    (r"move of carrier (\d+) to (\w+): ", r"载具 \1 移到 \2 时", r"carrier \1 on its way to \2: "),
    (r"carrier (\d+) did not leave divert: ", r"载具 \1 没有离开 divert：", None),
    (r"carrier (\d+) stands in no zone", r"载具 \1 不在任何区位", None),
    (r"zone (\w+) must hold carrier (\d+), found none", r"\1 应有载具 \2，实际没有载具", r"\1 must hold carrier \2"),
    (r"zone (\w+) must hold carrier (\d+), found (\d+)", r"\1 应为载具 \2，实为载具 \3", None),
    (r"label of carrier (\d+): ", r"载具 \1 贴面单时", r"label of carrier \1: "),
    (r"jaw reads carrier (\d+), proven is (\d+)", r"封口机读到载具 \1，核验的是载具 \2", None),
    (r"sealed carrier (\d+), proven is (\d+)", r"封的是载具 \1，核验的是载具 \2", None),
    (r"[A-Z_]+ of item (\d+) at block \d+, sequence \d+: refused with ", r"封装件 \1：", r"item \1: "),
    (r"[A-Z_]+ of item (\d+) at block \d+, sequence \d+: ", r"封装件 \1 的动作：", r"motion of item \1: "),
    (r"[;:] link is (\w+), last error: *$", "", ""),
    (r"link is (\w+), last error: (none)?", "链路未接通，", None),
    (r"no result within ([\d.]+) s", r"\1 秒内没有结果", None),
    (r"no answer to function \d+ at register \d+ in ([\d.]+) s", r"\1 秒内没有应答", r"no answer in \1 s"),
    (r"(tcp://\S+) did not answer within ([\d.]+) s", r"\1 在 \2 秒内没有应答", None),
    (r"label not at the peel edge within ([\d.]+) s", r"\1 秒内面单没有到剥离口", None),
    (r"no answer to ~HS in ([\d.]+) s: media or ribbon out, head open, or switched off",
     r"\1 秒内没有应答：缺纸、缺碳带、打印头打开，或没有通电",
     r"no answer in \1 s: paper or ribbon out, head open, or switched off"),
    (r"(\d+) formats and (\d+) labels wait in it: cancel them at the printer",
     r"其中还有 \1 个任务、\2 张面单：在打印机上取消", r"\1 jobs and \2 labels wait in it: cancel them at the printer"),
    (r"no verdict within ([\d.]+) s", r"\1 秒内没有判定结果", None),
    (r"; last worker failure: .*$", "", ""),
    (r"vision worker \d+ outlasted its deadline and is replaced", "视觉进程超时，已更换",
     "vision took too long and was started anew"),
    (r"; last failure: none$", "", ""),
    (r"(\d+) of (\d+) vision workers are ready after ([\d.]+) s",
     r"\3 秒后 \2 个视觉进程中只有 \1 个就绪", None),
    (r"; last failure: ", "；最近的原因：", None),
    (r"vision worker \d+ can't start: ", "视觉进程无法启动：", "vision can't start: "),
    (r"vision worker \d+ was not ready within ([\d.]+) s of its start", r"视觉进程启动 \1 秒后仍未就绪",
     r"vision was not ready \1 s after its start"),
    (r"vision worker \d+ died \(out of memory\)", "视觉进程内存不足，已更换：检查相机的图片尺寸",
     "vision ran out of memory and was started anew: look at the camera's picture size"),
    (r"vision worker \d+ died \(signal (\d+)\)", r"视觉进程异常退出（信号 \1），已更换",
     r"vision died (signal \1) and was started anew"),
    (r"vision worker \d+ died \(exit code (\d+)\)", r"视觉进程退出（代码 \1），已更换",
     r"vision ended (exit code \1) and was started anew"),
    (r"vision worker \d+ died or was stopped before it answered", "视觉进程没有给出结果就退出",
     "vision ended before it answered"),
    (r"(\d+) pictures wait for (\d+) vision workers", r"有 \1 张画面排队等待 \2 个视觉进程", None),
    (r"the picture can't be judged: ", "画面无法判定：", None),
    (r"answered HTTP (\d+), expected 200: .*$", r"相机以 HTTP \1 应答，没有给出图片：检查相机的地址和设置",
     r"it answered HTTP \1 and no picture: look at its address and settings"),
    (r"answered (\S+) starting [0-9a-f ]*, expected image/jpeg", r"送来的内容（\1）不是 JPEG 图片：检查相机的图片格式",
     r"what it sent (\1) is no JPEG picture: look at its picture format"),
    (r"picture of trigger (\w+), expected (\d+): it may show an earlier item",
     r"送来第 \1 次触发的画面，应为第 \2 次：可能是更早一件的", None),
    (r"answer is larger than (\d+) bytes", r"应答超过 \1 字节", None),
    (r"no HTTP: .*$", "应答不是 HTTP：检查相机的地址", "it does not answer by HTTP: look at its address"),
    (r"the vision workers were stopped", "视觉进程已停止", None),
    (r"print mode (\S+), must be (\S+) \(applicator\)", r"打印模式为 \1，应为 \2（贴标机）", None),
    (r"the waybill of item (\d+)", r"封装件 \1 的面单", None),
    (r"a part of item (\d+)", r"封装件 \1 的部件", None),
)  # fmt: skip
"""Pattern, Chinese, English; None: the English is good as it stands."""
_IN_CHINESE = tuple((re.compile(pattern), chinese) for pattern, chinese, _ in _SENTENCES)
_IN_ENGLISH = tuple((re.compile(pattern), english) for pattern, _, english in _SENTENCES if english is not None)

_PHRASES = {
    "guard or emergency stop": "防护门或急停",
    "dispatch was asked, reject confirmed": "应落入发运，实际落入剔除",
    "shows the picture of the item before: switch it off and on": "显示的是上一件的画面：断电再上电",
    "its picture is black: look at its lens, lamp and exposure": "画面全黑：检查镜头、灯光和曝光",
    "a label waits at the peel edge: take it away and destroy it": "剥离口留有面单：取下并销毁",
    "label sent, then: ": "面单已发出，随后：",
    "memory corrupt: switch it off and on": "内存损坏：断电再上电",
    "paused: press its key": "已暂停：按打印机上的暂停键",
    "the PLC started anew before its echo was read": "控制器在应答前重新启动",
    "the PLC started anew before its result was read": "控制器在给出结果前重新启动",
    "the device closed the link before it answered": "设备没有应答就断开了链路",
    "the device closed the link": "设备断开了链路",
    "the other end closed the link": "对端断开了链路",
    "the camera closed the link before it answered": "相机没有应答就断开了链路",
    "no answer in the time allowed": "规定时间内没有应答",
    "Connection refused": "连接被拒绝",
    "Connection reset by peer": "连接被对端复位",
    "No route to host": "网络不通",
    "nothing was sent": "没有发出",
    "nothing was read": "没有读到",
    "link is not open": "链路没有打开",
    "link broke": "链路中断",
    "no picture within": "没有收到图片，时限",
    "paper out": "缺纸",
    "ribbon out": "缺碳带",
    "head open": "打印头打开",
    "buffer full": "缓存已满",
    "head too cold": "打印头过冷",
    "head too hot": "打印头过热",
    "found on its carrier": "在自己的载具上找到",
    "restarted": "已重启",
    "disturbed": "受到扰动",
    "link lost": "通讯中断",
    "restart": "程序重启",
    "stopped": "产线停止",
    "internal": "程序内部错误",
    "slip": "载具错位",
    "no code": "无条码",
    "no proof": "没有核验",
    "found by hand": "人工找到",
    "blind detector": "检测失灵",
    "manual mode": "手动模式",
    "wrong_plate": "号牌号码错误",
    "missing_part": "缺少部件",
    "wrong_waybill": "面单错误",
    "cold_seal": "封口不足",
    "light_weight": "重量不足",
    "carrier none": "无载具",
    "carrier ": "载具 ",
    "its own parts": "本件的部件",
    "its own waybill": "本件的面单",
    "an empty carrier": "空载具",
    "its waybill was voided by hand": "其面单被人工作废",
    "a parcel": "一件包裹",
    "nobody saw it fall, look at the gate": "没有看到它落下，先看分拣门",
    "to be rejected, yet it fell into dispatch": "应剔除，却落入了发运",
    "not counted yet": "尚未清点",
}
"""Causes that the line tells in English, in Chinese; the longer before the shorter that stand in them."""

_BRIEFLY = {
    "slip": "carriers slipped",
    "stopped": "the line was stopped",
    "restart": "the program was restarted",
    "internal": "error of the program",
}
"""Causes that are too brief in English."""

_WORDS = {
    "front": Text("前牌", "front plate"),
    "rear": Text("后牌", "rear plate"),
    "plate": Text("号牌", "plate"),
    "certificate": Text("证件", "certificate"),
    "vehicle_licence": Text("行驶证", "vehicle licence"),
    "driving_licence": Text("驾驶证", "driving licence"),
    "temperature min": Text("最低温度", "lowest temperature"),
    "temperature max": Text("最高温度", "highest temperature"),
    "dwell": Text("保压时间", "dwell"),
    "force": Text("压力", "force"),
    "cooling": Text("冷却时间", "cooling"),
}
"""Roles of parts and measured values, which stand as words of their own; a role that a plant adds stays as it is."""
_WORD = re.compile(rf"(?<![\w-])({'|'.join(_WORDS)})(?![\w-])")


@lru_cache(maxsize=1024)
def in_chinese(cause: str) -> str:
    """A cause as a Chinese operator reads it; what has no translation stays as it is."""
    for pattern, chinese in _IN_CHINESE:
        cause = pattern.sub(chinese, cause)
    cause = _CODE.sub(lambda found: f"{_CODES[found[1]].zh}（{found[1]}）", cause)
    cause = _WORD.sub(lambda found: _WORDS[found[1]].zh, cause)
    for phrase, chinese in _PHRASES.items():
        cause = cause.replace(phrase, chinese)
    return cause.replace("; ", "；")


@lru_cache(maxsize=1024)
def in_english(cause: str) -> str:
    """A cause without registers, sequence numbers and bare codes."""
    device, told, briefly = cause.rpartition(": ")
    if briefly in _BRIEFLY:
        return device + told + _BRIEFLY[briefly]
    for pattern, english in _IN_ENGLISH:
        cause = pattern.sub(english, cause)
    cause = _CODE.sub(lambda found: f"{_CODES[found[1]].en} ({found[1]})", cause)
    return _WORD.sub(lambda found: _WORDS[found[1]].en, cause)
