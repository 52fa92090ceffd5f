"""One line: everything it is made of, put together, and the tasks that keep it going until it is stopped.

The flow itself stands in `pack_item`; what an operator may ask of the line stands in `desk`.
"""

from __future__ import annotations

import asyncio

import structlog

from controller.alarms import Alarms, begin_alarms
from controller.clock import WallClock
from controller.dispatch.publisher import DispatchLink
from controller.equipment import Equipment
from controller.escape_bound import read_campaign
from controller.exits import Nonconformance, Outcome, StationFault
from controller.eyes.evidence import EvidenceStore
from controller.eyes.golden_samples import GoldenSamples
from controller.eyes.print_trend import PrintTrend
from controller.eyes.vision_workers import VisionError, VisionWorkers
from controller.flow.acknowledging import Acknowledgements
from controller.flow.calling import call_next, note_suspect, without_recipe
from controller.flow.camera_watch import CameraWatch
from controller.flow.challenges import call_challenge, missed_kinds
from controller.flow.holding import Holding
from controller.flow.integrity import Integrity
from controller.flow.items import Item
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.recalls import Recalls, raise_blind, raise_open
from controller.flow.reject_run import RejectRun
from controller.flow.slips import Slips
from controller.flow.strays import Strays
from controller.flow.supplies import Supplies
from controller.flow.tracking import Tracking
from controller.flow.watch import Watch
from controller.housekeeping import remove_expired
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.journal.epochs import begin_epoch
from controller.journal.open_matters import open_matters
from controller.journal.tally import Tally
from controller.plan.config import LineConfig
from controller.plan.places import SEAL_ZONES, StationKind
from controller.plan.settings import SettingsRefused, with_settings
from controller.plan.settings_book import approved, begin_version, overlay_in_use
from controller.pulse import Pulse
from controller.recovery import Plan, Recovery
from controller.session import Session
from controller.stations import Stations
from controller.stations.divert import Divert
from controller.stations.feeding import Collate, Infeed, PartScan
from controller.stations.inspect import Inspect
from controller.stations.label import Label
from controller.stations.proving import Prover
from controller.stations.seal import Sealer, Sealers
from controller.stations.verify import Verify
from controller.unit.machine import Change, NotReady, UnitMachine
from controller.unit.packml import State
from controller.words.alarm_texts import AlarmKind
from controller.words.cause_texts import in_chinese, in_english
from controller.words.text import Text
from devices.errors import DeviceError

log = structlog.get_logger()


class Line:
    """A line over an open journal and its equipment."""

    def __init__(
        self,
        config: LineConfig,
        clock: WallClock,
        journal: Journal,
        equipment: Equipment,
        vision: VisionWorkers,
    ) -> None:
        self.config = config
        self.names = config.names()
        self.plant_recipes = config.recipes
        """As `line.toml` has them, without the settings that lie over them."""
        self.settings_version = 0
        self.clock = clock
        self.journal = journal
        self.equipment = equipment
        self.vision = vision
        self.alarms = Alarms(clock)
        self.unit = UnitMachine(
            {
                State.RESETTING: self._reset,
                State.STARTING: self._begin,
                State.UNHOLDING: self._begin,
                State.UNSUSPENDING: self._begin,
                State.HOLDING: self._stand_still,
                State.STOPPING: self._end_session,
                State.ABORTING: self._end_session,
            },
            self._record_change,
            lambda text: self.alarms.raise_anew(AlarmKind.NOT_READY, "", cause=text.en, cause_zh=text.zh),
        )
        self.holding = Holding(self.unit, self.alarms)
        self.memory = Memory(journal, self.holding)
        self.acknowledgements = Acknowledgements(self.holding, self.memory)
        self.permits = Permits(self.unit, self.holding, self.acknowledgements)
        self.integrity = Integrity(equipment.plcs)
        self.slips = Slips(config.line.id, self.memory, self.holding, self._recalled)
        self.tracking = Tracking(
            equipment.conveyor,
            self.permits,
            self.acknowledgements,
            self.memory,
            self.holding,
            self.slips,
            config.timing,
        )
        self.dispatch = DispatchLink(config.dispatch, config.line.id, journal, self._event_refused)
        self.tally = Tally(journal.reading(), clock, read_campaign(config.challenge.campaign))
        self.evidence = EvidenceStore(config.store.evidence)
        self.golden_samples = GoldenSamples(config, equipment.cameras, vision, clock)
        self.camera_watch = CameraWatch(config.golden, self.golden_samples, self.holding, self.alarms)
        self.print_trend = PrintTrend(self.alarms)
        self.orders_changed = Pulse()
        self.pool_filled = Pulse()
        self.ended = Pulse()
        self.epoch = 0
        self._reject_run = RejectRun(self.holding, self.alarms)
        self.stations = self._build_stations()
        self.session = Session(
            self.unit,
            equipment.conveyor,
            self.stations,
            self.tracking,
            self.memory,
            journal,
            self.holding,
            self._call,
            self.orders_changed,
        )
        gate = equipment.plcs[equipment.station(StationKind.DIVERT).devices["gate"]]
        self._strays = Strays(gate, self.permits, self.memory, self.holding)
        self.recovery = Recovery(
            equipment.plcs,
            gate,
            config.recipes,
            self.stations.divert,
            self.stations.label,
            self.tracking,
            self.acknowledgements,
            self.memory,
            self.alarms,
        )

    async def serve(self) -> None:
        """Keep the line going until cancelled. It begins Stopped: an operator resets and starts it."""
        # On a full disk it waits here, its alarm on the page, and answers as soon as the disk does.
        self.epoch = await self.memory.remember(lambda ledger: begin_epoch(ledger, self.config.line.id))
        self.alarms.begin_after(await self.memory.remember(begin_alarms))
        raise_open(self.alarms, await self.memory.remember(lambda ledger: open_matters(ledger.connection)))
        raise_blind(self.alarms, await self.memory.remember(missed_kinds))
        labelled = [each.devices["camera"] for each in self.config.stations if each.kind == "label"]
        await self.memory.remember(lambda ledger: self.print_trend.begin(ledger.connection, labelled))
        self.equipment.begin_epoch(self.epoch)
        watch = Watch(self.equipment, self.unit, self.holding, self.alarms, self.tracking, self.memory)
        recalls = Recalls(self.alarms, self.holding, self.config.dispatch, self.tally)
        supplies = Supplies(self.alarms, self.dispatch, self.tally, self.config.mail_numbers.low_water)
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self.equipment.serve(), name="equipment")
            group.create_task(self.alarms.serve(self.journal), name="alarms")
            group.create_task(self.acknowledgements.serve(), name="acknowledgements")
            group.create_task(self.dispatch.serve(), name="dispatch")
            group.create_task(watch.serve(recalls.look, supplies.look), name="watch")
            group.create_task(self._strays.follow(), name="strays")
            group.create_task(self.tally.serve(), name="tally")
            bad_days = self.config.store.reject_evidence_days
            cleared = remove_expired(self.journal, self.evidence, self.clock, bad_days)
            group.create_task(cleared, name="housekeeping")
            group.create_task(self.unit.serve(), name="unit")

    async def hold(self, item: Item, fault: StationFault) -> None:
        """Equipment failed under an item: the line holds, the item becomes suspect and goes to reject after Unhold."""
        self.holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
        touched = self.tracking.suspect(fault.cause, [item])
        await self.memory.remember(lambda ledger: note_suspect(ledger, touched))
        await self.stations.divert.find(item)
        await self.stations.label.shed(item)

    async def doubt(self, item: Item, nonconformance: Nonconformance) -> None:
        """The product is wrong: what is read there although it was proven elsewhere means that the line has slipped."""
        await self.slips.look_into(item, nonconformance.strange, lambda: self.tracking.suspect("slip"))

    async def _reset(self) -> None:
        """Bring everything to where it can start: stations answering, journal reconciled, vision workers ready."""
        await self._end_session()
        try:
            await self.vision.ready()
        except VisionError as error:
            why = str(error)
            text = Text(f"视觉进程未就绪：{in_chinese(why)}", f"vision is not ready: {in_english(why)}")
            raise NotReady(text) from error
        await self.use_settings()
        await self._demand_recipes()
        # First, since the sample's carrier stands there without an item, which reconciling then asks to take away.
        await self.golden_samples.check()
        self.camera_watch.believe_all()
        await self._reconcile()
        self.alarms.clear(AlarmKind.NOT_READY)

    async def use_settings(self) -> None:
        """Line clearance: what is called from now on is packed by the newest approved settings.

        :raises NotReady: they don't fit `line.toml` any more, which was changed meanwhile.
        """
        version, overlay, fresh = await self.memory.remember(_settings)
        try:
            recipes = with_settings(self.plant_recipes, overlay)
        except SettingsRefused as error:
            raise NotReady(
                error.text.within(f"设置版本 {version} 与配置文件不符", f"settings version {version} and line.toml")
            ) from error
        if fresh:
            await self.memory.remember(lambda ledger: begin_version(ledger, version))
        self.settings_version = version
        self.config = self.config.model_copy(update={"recipes": recipes})

    async def _demand_recipes(self) -> None:
        """A recipe that was taken out of the configuration while orders need it must not be met in the middle."""
        missing = await self.memory.remember(lambda ledger: without_recipe(ledger, self.config.recipes))
        if missing:
            raise NotReady(
                Text(
                    f"配置中没有以下产品的工艺：{missing}，仍有订单需要；请恢复该工艺",
                    f"the configuration has no recipe for {missing}, which orders still need: put it back",
                )
            )

    async def _begin(self) -> None:
        """Start, or go on: a session that still runs is only let go on."""
        if not await self.camera_watch.found_good():
            return  # it holds again
        if self.session.under_way:
            self.session.clear(await self.recovery.take_up())
        else:
            self.tracking.forget_all()
            self.session.begin(self._group, await self._reconcile())
        self.holding.resolved()

    async def _reconcile(self) -> Plan:
        try:
            return await self.recovery.reconcile()
        except (DeviceError, StationFault) as error:
            why = str(error)
            text = Text(f"设备未就绪：{in_chinese(why)}", f"a device is not ready: {in_english(why)}")
            raise NotReady(text) from error

    async def _stand_still(self) -> None:
        """Held is said only once every motion that was permitted before has ended."""
        await self.permits.standstill()

    async def _end_session(self) -> None:
        """Cancel every item where it stands; the next start clears them from the line."""
        await self.session.end()
        await self.permits.standstill()  # of a motion that was made by hand

    def _call(self, ledger: Ledger, carrier: int) -> Item | None:
        """The test kit that is due, else the next order."""
        recipes = self.config.recipes
        kit = call_challenge(ledger, carrier, self.config.challenge, recipes)
        return kit or call_next(ledger, carrier, recipes)

    def _item_ended(self, item: Item, outcome: Outcome) -> None:
        self.dispatch.kick()
        self.tally.touch()
        if item.challenge is None:
            self._reject_run.note(outcome)
        self.ended.beat()

    def _recalled(self) -> None:
        self.dispatch.kick()
        self.tally.touch()

    def _event_refused(self, sequence: int, reason: str) -> None:
        self.alarms.raise_alarm(AlarmKind.EVENT_REFUSED, str(sequence), cause=reason)

    async def _record_change(self, change: Change) -> None:
        def enter(ledger: Ledger) -> int:
            return ledger.enter(
                "unit_state", before=change.before.name, after=change.after.name, cause=change.cause, by=change.by
            )

        if change.after is State.EXECUTE:
            await self.memory.remember(enter)
            return
        try:
            await self.journal.write(enter)
        except JournalUnavailable:
            # Stopping and holding must work on a full disk too.
            log.exception("state_not_journalled", after=change.after.name)

    def _build_stations(self) -> Stations:
        config, equipment, timing = self.config, self.equipment, self.config.timing
        tracking, memory, permits, holding = self.tracking, self.memory, self.permits, self.holding
        acknowledgements = self.acknowledgements
        at = {station.zone: station.devices for station in config.stations}
        prover = Prover(
            config,
            equipment.cameras,
            self.vision,
            self.evidence,
            tracking,
            memory,
            self.print_trend,
            self.camera_watch,
        )
        infeed_scanner = equipment.scanners[at["infeed"]["scanner"]]
        collate_scanner = equipment.scanners[at["collate"]["scanner"]]
        return Stations(
            infeed=Infeed(PartScan("infeed", infeed_scanner, permits, tracking, memory, timing)),
            collate=Collate(PartScan("collate", collate_scanner, permits, tracking, memory, timing)),
            verify=Verify(config, at["verify"], prover, self.integrity, tracking, memory),
            label=Label(
                config,
                equipment.printers[at["label"]["printer"]],
                equipment.plcs[at["label"]["applicator"]],
                at["label"]["camera"],
                prover,
                permits,
                acknowledgements,
                tracking,
                memory,
                holding,
                self.alarms,
                self.pool_filled,
            ),
            sealers=Sealers(
                {
                    zone: Sealer(
                        equipment.sealers[zone], self.integrity, permits, acknowledgements, tracking, memory, timing
                    )
                    for zone in SEAL_ZONES
                },
                tracking,
            ),
            inspect=Inspect(
                config, at["inspect"]["camera"], equipment.scales[at["inspect"]["scale"]], prover, tracking, memory
            ),
            divert=Divert(
                config.line.id,
                equipment.plcs[at["divert"]["gate"]],
                self.integrity,
                permits,
                acknowledgements,
                tracking,
                memory,
                holding,
                self.slips,
                timing,
                self._item_ended,
            ),
            hold=self.hold,
            doubt=self.doubt,
        )


def _settings(ledger: Ledger) -> tuple[int, dict[str, float], bool]:
    """Version and overlay to pack by, and whether it is new."""
    waiting = approved(ledger.connection)
    if waiting is not None:
        return waiting.version, waiting.overlay, True
    return (*overlay_in_use(ledger.connection), False)
