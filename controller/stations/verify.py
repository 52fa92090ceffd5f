"""Verify: the cameras look into the open mailer and prove what lies in it."""

from __future__ import annotations

from controller.flow.integrity import Integrity
from controller.flow.items import Item, Proof, Stage
from controller.flow.memory import Memory
from controller.flow.tracking import Tracking, record_stage
from controller.orders.work_orders import OrderedPart
from controller.plan.config import LineConfig
from controller.plan.identity_cards import read_identity_key
from controller.plan.machines import Camera
from controller.plan.recipes import PartKind, RecipePart
from controller.stations.proving import Prover, demand_accept
from controller.together import both
from vision.verdict import Box, ContentsTask, ExpectedDocument, ExpectedPlate


class Verify:
    """The wide camera answers for plates, the close-up camera for certificates; each for strange things too."""

    def __init__(
        self,
        config: LineConfig,
        cameras: dict[str, str],
        prover: Prover,
        integrity: Integrity,
        tracking: Tracking,
        memory: Memory,
    ) -> None:
        self._config = config
        self._wide, self._close_up = cameras["wide"], cameras["close_up"]
        key = config.vision.identity_key_file
        self._identity_key = read_identity_key(key) if key is not None else ""
        self._prover = prover
        self._integrity = integrity
        self._tracking = tracking
        self._memory = memory

    async def prove(self, item: Item) -> None:
        """Prove codes, characters, colour and count against the order.

        :raises Nonconformance: a picture does not show exactly this order's parts.
        """
        await self._tracking.advance(item, "verify")
        await self._integrity.fresh()
        mark = self._integrity.mark()
        wide, close_up = await both(
            self._prover.look(item, "verify", self._wide, self._plates_task(item)),
            self._prover.look(item, "verify", self._close_up, self._documents_task(item)),
        )
        demand_accept(wide, self._wide)
        demand_accept(close_up, self._close_up)
        item.proof = Proof(at=min(wide.exposed_at, close_up.exposed_at), mark=mark)
        item.accepted = Stage.PROVEN
        pictures = [wide.digest, close_up.digest]
        await self._memory.remember(lambda ledger: record_stage(ledger, item, Stage.PROVEN, pictures=pictures))
        await wide.record.made()
        await close_up.record.made()

    def _plates_task(self, item: Item) -> ContentsTask:
        roles = {part.role: part for part in item.recipe.parts if part.kind is PartKind.PLATE}
        plates = tuple(_plate(part, roles[part.role]) for part in item.order.parts if part.role in roles)
        return ContentsTask(
            carrier_code(item.carrier),
            self._camera(self._wide).view,
            Box(*self._config.pocket.plates),
            plates=plates,
            personal=any(layout.identity for layout in self._config.layouts.values()),
        )

    def _documents_task(self, item: Item) -> ContentsTask:
        roles = {part.role: part for part in item.recipe.parts if part.kind is PartKind.DOCUMENT}
        documents = tuple(self._document(part, roles[part.role]) for part in item.order.parts if part.role in roles)
        return ContentsTask(
            carrier_code(item.carrier),
            self._camera(self._close_up).view,
            Box(*self._config.pocket.documents),
            documents=documents,
            layouts=tuple(layout.named(name) for name, layout in self._config.layouts.items()),
            digest_key=self._identity_key,
        )

    def _document(self, part: OrderedPart, recipe: RecipePart) -> ExpectedDocument:
        """Of an identity card the order names the keyed hash of its number, never the number."""
        layout = self._config.layouts.get(recipe.layout)
        identity = layout is not None and layout.identity
        return ExpectedDocument(
            part.role,
            part.code if recipe.bears_code else "",
            recipe.symbology,
            recipe.box,
            recipe.layout,
            number="" if identity else part.number,
            digest=part.number if identity else "",
        )

    def _camera(self, name: str) -> Camera:
        camera = self._config.devices[name]
        assert isinstance(camera, Camera)
        return camera


def _plate(part: OrderedPart, recipe: RecipePart) -> ExpectedPlate:
    assert recipe.colour is not None
    return ExpectedPlate(
        part.role, part.number, recipe.colour, recipe.box, recipe.city, recipe.city_print, recipe.marks
    )


def carrier_code(carrier: int) -> str:
    """Text of the code that a carrier bears: `C` and three digits."""
    return f"C{carrier:03d}"
