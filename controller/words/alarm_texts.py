"""What each alarm means and what to do about it, in Chinese and English, with its priority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.words.cause_texts import in_chinese, in_english
from controller.words.reason_texts import reason_text
from controller.words.text import Text


class AlarmKind(StrEnum):
    """Stable code of an alarm. Each asks a person to do something; what asks nothing is an event, not an alarm."""

    STATION_FAULT = "station_fault"
    COMMAND_REFUSED = "command_refused"
    GUARD_OPEN = "guard_open"
    EMERGENCY_STOP = "emergency_stop"
    DEVICE_OFFLINE = "device_offline"
    DISTURBANCE = "disturbance"
    SLIP = "slip"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    POOL_EMPTY = "pool_empty"
    POOL_LOW = "pool_low"
    LABEL_LEFT = "label_left"
    PRINTER = "printer"
    BAG_FROZEN = "bag_frozen"
    STRAY_PARCEL = "stray_parcel"
    RECALL = "recall"
    CHALLENGE_MISSED = "challenge_missed"
    CARRIER_MISSING = "carrier_missing"
    CARRIER_BACK = "carrier_back"
    EVENT_REFUSED = "event_refused"
    DISPATCH_AWAY = "dispatch_away"
    REJECTS_IN_A_ROW = "rejects_in_a_row"
    NOT_READY = "not_ready"
    PRINT_HEAD_WORN = "print_head_worn"
    CAMERA_DOUBTED = "camera_doubted"
    CAMERA_DRIFTS = "camera_drifts"
    RECORDING_STOPPED = "recording_stopped"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Meaning:
    """:ivar priority: 1 high, 2 medium, 3 low. `zh` and `en` may name `{source}` and facts of the alarm.

    A fact `cause_zh` is the Chinese of the fact `cause`, where whoever raised the alarm had both.

    :ivar of_item: its source may be an item's number.
    """

    priority: int
    zh: str
    en: str
    of_item: bool = False

    def text(self, source: str, facts: Mapping[str, Any]) -> Text:
        """The filled text; a fact that is missing shows as a dash."""
        told = {name: _cause(value, source) for name, value in facts.items()}
        told |= {name: Text(facts[f"{name}_zh"], told[name].en) for name in told if f"{name}_zh" in facts}
        of_item = self.of_item and source.isdecimal()
        place = Text(f"封装件 {source}", f"item {source}") if of_item else Text(source, source)
        zh = self.zh.format_map(_Dashes({"source": place.zh, **{name: text.zh for name, text in told.items()}}))
        en = self.en.format_map(_Dashes({"source": place.en, **{name: text.en for name, text in told.items()}}))
        return Text(zh=zh, en=en)


def _cause(value: Any, source: str) -> Text:
    """A fact in both languages, without the name of the device that the sentence begins with."""
    said = str(value).removeprefix(f"{source}: ")
    return reason_text(said) or Text(zh=in_chinese(said), en=in_english(said))


class _Dashes(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


ALARMS: dict[AlarmKind, Meaning] = {
    AlarmKind.STATION_FAULT: Meaning(
        1,
        "{source} 故障：{cause}。检查该工位，排除后按“恢复”；该工位上的封装件将被剔除返工。",
        "{source} failed: {cause}. Look at the station, mend it, then press Unhold; its item goes to rework.",
    ),
    AlarmKind.COMMAND_REFUSED: Meaning(
        1,
        "{source} 拒绝动作：{cause}。排除原因后按“恢复”，动作将重新请求。",
        "{source} refused to move: {cause}. Remove the cause, then press Unhold; it will be asked again.",
    ),
    AlarmKind.GUARD_OPEN: Meaning(
        1,
        "防护门已打开（{cause} 报告）。关好防护门，然后清除、复位、启动；线上所有封装件将被剔除返工。",
        "A guard is open (reported by {cause}). Close it, then Clear, Reset, Start; "
        "every item on the line goes to rework.",
    ),
    AlarmKind.EMERGENCY_STOP: Meaning(
        1,
        "急停被按下（{cause} 报告）。排除危险后释放急停，然后清除、复位、启动；线上所有封装件将被剔除返工。",
        "An emergency stop is pressed (reported by {cause}). Remove the danger, release it, then Clear, Reset, Start; "
        "every item on the line goes to rework.",
    ),
    AlarmKind.DEVICE_OFFLINE: Meaning(
        1,
        "{source} 通讯中断：{cause}。检查电源与线缆；不恢复就叫技术员。",
        "{source} does not answer: {cause}. Check power and cable; if it stays away, call a technician.",
    ),
    AlarmKind.DISTURBANCE: Meaning(
        1,
        "跟踪中断（{plc} 报告：{cause}）：线上封装件均不可信，按“恢复”后将全部剔除返工。",
        "Track was lost ({plc} reports: {cause}): items on the line are suspect; after Unhold they go to rework.",
    ),
    AlarmKind.SLIP: Meaning(
        1,
        "产线错位（{source}）：应为{expected}，实为{found}。不要挪动载具：逐件登记，再按“恢复”。线上的都剔除返工，"
        "刚落入发运的已召回。",
        "The line slipped ({source}): expected {expected}, found {found}. Move no carrier: answer for each, then "
        "Unhold. What is on the line goes to rework, what has just fallen into dispatch is recalled.",
        of_item=True,
    ),
    AlarmKind.JOURNAL_UNAVAILABLE: Meaning(
        1,
        "日志无法写入：{cause}。释放磁盘空间后按“恢复”；在此之前生产线保持停止。",
        "The journal can't be written: {cause}. Free the disk, then press Unhold; until then the line holds.",
    ),
    AlarmKind.POOL_EMPTY: Meaning(
        1,
        "邮件号已用完，工件在面单工位等待。请导入邮件号。",
        "There are no mail numbers left; the item waits at the waybill station. Import mail numbers.",
    ),
    AlarmKind.POOL_LOW: Meaning(
        2,
        "邮件号快用完了（剩余数见总览）。请导入邮件号。",
        "Few mail numbers are left (how many: Overview). Import more.",
    ),
    AlarmKind.LABEL_LEFT: Meaning(
        1,
        "打印机剥离口留有一张面单。取下并销毁，然后按“恢复”；生产线已停止时按“复位”。",
        "A printed label hangs at the peel edge. Take it off and destroy it, then press Unhold, or Reset when the line "
        "is stopped.",
    ),
    AlarmKind.PRINTER: Meaning(
        1, "{source}：{cause}。处理后按“恢复”。", "{source}: {cause}. Mend it, then press Unhold."
    ),
    AlarmKind.BAG_FROZEN: Meaning(
        1,
        "{source} 号邮袋已冻结（封装件 {item}：{cause}）：换上空袋，这只不准发出。"
        "在“恢复引导”登记该件在哪里，再清点邮袋。",
        "Mail bag {source} is frozen (item {item}: {cause}). Hang an empty bag, answer for the item, count this one.",
    ),
    AlarmKind.STRAY_PARCEL: Meaning(
        1,
        "有包裹未经分拣门放行就落入了 {source} 号邮袋，该袋已冻结：换上空袋，这只不准发出。"
        "对照该袋清单逐件核对，清单上没有的取出放入剔除，再在“恢复引导”登记清点的件数。",
        "A parcel fell into mail bag {source} that no push let through; the bag is frozen. Hang an empty one. Take out "
        "of this one what its list does not name, lay it to the rejects, then count the rest.",
    ),
    AlarmKind.RECALL: Meaning(
        1,
        "已召回 {count} 件包裹，发运系统尚未确认：立即致电发运，停发所在邮袋。{patience} 分钟仍未确认，产线保持。",
        "Recalled parcels that dispatch has not acknowledged: {count}. Call dispatch now and stop their mail bags; "
        "after {patience} minutes without an answer the line holds.",
    ),
    AlarmKind.CHALLENGE_MISSED: Meaning(
        1,
        "测试件未被检出：{what}。该检测自上次通过以来的全部存疑：线上的剔除返工，已发出的已召回。检查该检测装置，"
        "按“恢复”后同一测试件会再次上线，通过后本报警消失。",
        "A test kit was let through: {what}. All since that detector last caught one is suspect: what is on the line "
        "goes to rework, what has fallen is recalled. Mend the detector, then Unhold: the same kit is called again; "
        "this ends when it is caught.",
    ),
    AlarmKind.CARRIER_MISSING: Meaning(
        1,
        "载具 {source} 不在线上任何区位。找到它，取出内件并登记；若它又出现在区位上，产线自动保持。",
        "Carrier {source} stands in no zone. Find it, take its things out and say where it was; "
        "where it shows in a zone again, the line holds.",
    ),
    AlarmKind.CARRIER_BACK: Meaning(
        2,
        "此前不见的载具 {source} 又出现在 {zone}，产线已保持。核对后按“恢复”：其封装件送去返工。",
        "Carrier {source}, which was missing, shows at {zone} again; the line holds. Look at it and press Unhold: its "
        "item goes to rework.",
    ),
    AlarmKind.EVENT_REFUSED: Meaning(
        2,
        "发运系统拒绝了事件 {source}：{cause}。请与发运系统核对。",
        "Dispatch refused event {source}: {cause}. Settle it with dispatch.",
    ),
    AlarmKind.DISPATCH_AWAY: Meaning(
        2,
        "发运系统没有应答，事件都在等待确认（件数见页面右上）。生产可继续，事件不会丢失；请检查网络与发运系统。",
        "Dispatch does not answer, its events wait (how many: upper right). Packing goes on, nothing is lost; check "
        "the network and dispatch.",
    ),
    AlarmKind.REJECTS_IN_A_ROW: Meaning(
        2,
        "连续 {count} 件被剔除，最近原因：{cause}。检查来料与相机。",
        "{count} items in a row were rejected, the last for {cause}. Check the parts and the camera.",
    ),
    AlarmKind.PRINT_HEAD_WORN: Meaning(
        2,
        "打印质量下降：面单条码相对等级或对比度由 {first} 降至 {last}。清洁打印头；若无改善，请更换打印头。",
        "Print head worn: the waybills' relative grade or contrast has fallen from {first} to {last}. Clean the head; "
        "change it when that does not help.",
    ),
    AlarmKind.CAMERA_DOUBTED: Meaning(
        1,
        "{source}不可信，产线已保持：{cause}。处理好后让载具留在其下，再按“恢复”：已示教标准样的相机核对合格才会继续运行。",
        "{source} is not believed, the line holds: {cause}. Mend it, leave the carrier under it, press "
        "Unhold: a camera that was taught a golden sample must be found good first.",
    ),
    AlarmKind.CAMERA_DRIFTS: Meaning(
        2,
        "{source}正在偏离示教状态：{cause}。请在下次停线时处理；超出限值时产线将自动保持。",
        "{source} drifts away from how it was taught: {cause}. Mend it at the next stop; past the full limit "
        "the line holds.",
    ),
    AlarmKind.RECORDING_STOPPED: Meaning(
        3,
        "记录已停止（{source}：{cause}）。生产不受影响；腾出磁盘空间，方便时重启产线程序以重新记录。",
        "Recording has ended ({source}: {cause}). Packing goes on; make room on the disk, and start the line process "
        "again when it suits to record anew.",
    ),
    AlarmKind.NOT_READY: Meaning(2, "不能复位或启动：{cause}", "The line can't be reset or started: {cause}"),
    AlarmKind.INTERNAL: Meaning(
        1,
        "程序内部错误（{cause}）。生产线已保持；记录此信息并联系支持，停止、复位、启动后线上封装件将被剔除返工。",
        "Internal error ({cause}). The line holds; note this and call support. After Stop, Reset, Start the items on "
        "the line go to rework.",
    ),
}
