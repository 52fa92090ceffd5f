"""Labels, print head or camera lamp were changed: a person lets the print trend begin anew, and it stays so."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from order_bench import SteppingClock, example_config

from controller.alarms import Alarms
from controller.desk.channel import ChannelRefused
from controller.desk.device_calls import DeviceCalls
from controller.desk.print_calls import PrintCalls
from controller.eyes.evidence import expire, record
from controller.eyes.print_trend import SHIFT, PrintTrend
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.line import Line
from controller.plan.places import StationKind
from devices.links.state import LinkCounters, LinkState
from vision.verdict import Check, Outcome, Verdict

CAMERA = "waybill_camera"
GOOD, OTHER_STOCK = 87.0, 70.0
"""Symbol contrast in per cent; another label stock may be darker than a head's wear ever makes it."""


def contrast(value: float) -> Verdict:
    return Verdict(Outcome.ACCEPT, (Check("print_contrast", Outcome.ACCEPT, score=value),))


class Printing:
    """A label station on a real journal, and the desk before it; a test starts its line anew and fills the disk."""

    def __init__(self, journal: Journal) -> None:
        self.full = False
        self.item = 0
        self._journal = journal
        self.start()

    def start(self) -> None:
        config = example_config()
        self.alarms = Alarms(SteppingClock())
        self.trend = PrintTrend(self.alarms)
        stations = {each.kind: each for each in config.stations}
        counters = LinkCounters()
        driver = SimpleNamespace(counters=counters, link_state=LinkState.ONLINE, last_error="")
        names = ("printer", CAMERA, "wide_camera")
        equipment = SimpleNamespace(
            drivers=dict.fromkeys(names, driver), plcs={}, station=lambda kind: stations[StationKind(kind)]
        )
        journal = SimpleNamespace(write=self._write)
        line = SimpleNamespace(
            config=config, names=config.names(), equipment=equipment, print_trend=self.trend, journal=journal
        )
        self._calls = {**PrintCalls(cast(Line, line)).handlers, **DeviceCalls(cast(Line, line)).handlers}

    async def restart(self) -> None:
        self.start()
        await self._journal.write(lambda ledger: self.trend.begin(ledger.connection, [CAMERA]))

    async def label(self, value: float, times: int = SHIFT) -> None:
        """Labels of one contrast each, judged and kept as the line does it."""

        def keep(ledger: Ledger) -> None:
            for _ in range(times):
                self.item += 1
                record(ledger, self.item, "verify", "wide_camera", "", Verdict(Outcome.ACCEPT, ()), 3)
                record(ledger, self.item, "label", CAMERA, "", contrast(value), 3)

        for _ in range(times):
            self.trend.note(CAMERA, contrast(value))
        await self._journal.write(keep)

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        return await self._calls[name](arguments)

    async def told_of(self, device: str) -> Any:
        devices = (await self.call("devices"))["devices"]
        return next(each["print_trend"] for each in devices if each["name"] == device)

    async def begin_anew(self) -> dict[str, Any]:
        return await self.call("begin_print_trend", camera=CAMERA, by="li")

    async def acts(self) -> list[dict[str, Any]]:
        def read(ledger: Ledger) -> list[dict[str, Any]]:
            rows = ledger.connection.execute("SELECT data FROM history WHERE kind = 'print_trend_begun' ORDER BY seq")
            return [json.loads(row[0]) for row in rows]

        return await self._journal.write(read)

    @property
    def worn(self) -> list[bool]:
        """Whether each listed alarm of a worn head is over."""
        return [view.cleared for view in self.alarms.views() if view.kind == "print_head_worn"]

    async def _write(self, change: Any) -> Any:
        if self.full:
            raise JournalUnavailable("disk full")
        return await self._journal.write(change)


@pytest.fixture
def printing(journal: Journal) -> Printing:
    return Printing(journal)


async def test_after_other_labels_the_alarm_goes_at_once_and_the_next_wear_is_told(printing: Printing) -> None:
    """Without the act the darker stock kept the alarm for ever."""
    await printing.label(GOOD)
    await printing.label(OTHER_STOCK, 2 * SHIFT)
    assert printing.worn == [False]
    begun = await printing.begin_anew()
    assert printing.worn == [True]
    assert await printing.acts() == [{"camera": CAMERA, "by": "li", "first_item": 3 * SHIFT + 1}]
    assert begun["camera"] == CAMERA
    await printing.label(OTHER_STOCK, 2 * SHIFT)
    assert printing.worn == [True]
    await printing.label(OTHER_STOCK - 11)
    assert printing.worn.count(False) == 1


async def test_after_a_better_head_wear_is_told_from_its_own_first_labels(printing: Printing) -> None:
    await printing.label(OTHER_STOCK)
    await printing.begin_anew()
    await printing.label(GOOD)
    await printing.label(GOOD - 11)
    assert printing.worn == [False]


@pytest.mark.parametrize("labels", [0, SHIFT // 2, 2 * SHIFT])
async def test_a_start_of_the_line_takes_up_nothing_from_before(printing: Printing, labels: int) -> None:
    await printing.label(GOOD, 2 * SHIFT)
    await printing.begin_anew()
    await printing.label(OTHER_STOCK, labels)
    await printing.restart()
    await printing.label(OTHER_STOCK)
    assert printing.worn == []
    await printing.label(OTHER_STOCK - 11)
    assert printing.worn == [False]


async def test_the_second_change_counts(printing: Printing) -> None:
    await printing.label(GOOD)
    await printing.begin_anew()
    await printing.label(OTHER_STOCK)
    await printing.begin_anew()
    await printing.label(OTHER_STOCK - 20)
    await printing.restart()
    await printing.label(OTHER_STOCK - 20)
    assert printing.worn == []
    assert [act["first_item"] for act in await printing.acts()] == [SHIFT + 1, 2 * SHIFT + 1]


async def test_a_line_that_stood_until_its_evidence_had_expired_knows_later_labels(
    printing: Printing, journal: Journal
) -> None:
    """Rows of evidence are numbered from 1 again then; items are not."""
    await printing.label(GOOD)
    await printing.begin_anew()
    far = SteppingClock().now().replace(year=2100)
    await journal.write(lambda ledger: expire(ledger, far))
    await printing.label(GOOD)
    await printing.restart()
    await printing.label(GOOD - 11)
    assert printing.worn == [False]


async def test_who_and_when_is_shown_at_the_printer_and_its_camera(printing: Printing) -> None:
    assert await printing.told_of("printer") == {"camera": CAMERA, "at": "", "by": ""}
    at = (await printing.begin_anew())["at"]
    for _ in range(2):
        for device in ("printer", CAMERA):
            assert await printing.told_of(device) == {"camera": CAMERA, "at": at, "by": "li"}
        await printing.restart()
    assert await printing.told_of("wide_camera") is None


async def test_what_is_not_on_the_disk_has_not_begun(printing: Printing) -> None:
    await printing.label(GOOD)
    await printing.label(OTHER_STOCK)
    printing.full = True
    with pytest.raises(ChannelRefused, match="journal_unavailable"):
        await printing.begin_anew()
    assert printing.worn == [False]
    assert await printing.told_of("printer") == {"camera": CAMERA, "at": "", "by": ""}


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"camera": "wide_camera", "by": "li"}, "unknown_device"), ({"camera": CAMERA, "by": ""}, "bad_arguments")],
)
async def test_another_camera_or_nobody_begins_nothing(printing: Printing, asked: dict[str, str], code: str) -> None:
    await printing.label(GOOD)
    await printing.label(OTHER_STOCK)
    with pytest.raises(ChannelRefused, match=code):
        await printing.call("begin_print_trend", **asked)
    assert (printing.worn, await printing.acts()) == ([False], [])
