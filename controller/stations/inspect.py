"""Inspect: the sealed parcel proves itself again: its waybill, its seam, its weight."""

from __future__ import annotations

from controller.exits import Nonconformance, Reason, StationFault
from controller.flow.items import Item, Stage
from controller.flow.memory import Memory
from controller.flow.tracking import Tracking, record_stage
from controller.plan.config import LineConfig
from controller.stations.label import demand_waybill, waybill_task
from controller.stations.proving import Prover
from controller.together import both
from devices.errors import DeviceError
from devices.scale.driver import Scale


class Inspect:
    """Parcel camera and scale."""

    def __init__(
        self, config: LineConfig, camera: str, scale: Scale, prover: Prover, tracking: Tracking, memory: Memory
    ) -> None:
        self._config = config
        self._camera = camera
        self._scale = scale
        self._prover = prover
        self._tracking = tracking
        self._memory = memory

    async def prove(self, item: Item) -> None:
        """Prove the sealed parcel.

        :raises Nonconformance: another waybill, no seam, or a weight that is not that of its parts.
        """
        await self._tracking.advance(item, "inspect")
        task = waybill_task(self._config, item, self._camera, sealed=True)
        look, grams = await both(self._prover.look(item, "inspect", self._camera, task), self._weigh(item))
        demand_waybill(look, self._camera)
        item.measured["weight_g"] = grams
        recipe = item.recipe
        if abs(grams - recipe.weight_g) > recipe.weight_tolerance_g:
            low, high = recipe.weight_g - recipe.weight_tolerance_g, recipe.weight_g + recipe.weight_tolerance_g
            raise Nonconformance(Reason.WEIGHT_OUT_OF_LIMITS, expected=f"{low:g}–{high:g} g", found=f"{grams:g} g")
        item.accepted = Stage.INSPECTED
        await self._memory.remember(
            lambda ledger: record_stage(ledger, item, Stage.INSPECTED, weight_g=grams, picture=look.digest)
        )
        await look.record.made()

    async def _weigh(self, item: Item) -> float:
        try:
            weight = await self._scale.weigh(self._config.timing.weigh_s)
        except DeviceError as error:
            raise StationFault(self._scale.name, str(error)) from error
        item.input_at = max(item.input_at, weight.at)
        return weight.grams
