"""The stations of the floor, in the order in which an item meets them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controller.exits import Nonconformance, StationFault
from controller.flow.items import Item
from controller.stations.divert import Divert
from controller.stations.feeding import Collate, Infeed
from controller.stations.inspect import Inspect
from controller.stations.label import Label
from controller.stations.seal import Sealers
from controller.stations.verify import Verify


@dataclass(frozen=True, slots=True)
class Stations:
    """What `pack_item` walks through.

    :ivar hold: called when equipment failed under an item: the line holds and the item becomes suspect.
    :ivar doubt: called when the product is wrong: what was read there may show that the line has slipped.
    """

    infeed: Infeed
    collate: Collate
    verify: Verify
    label: Label
    sealers: Sealers
    inspect: Inspect
    divert: Divert
    hold: Callable[[Item, StationFault], Awaitable[None]]
    doubt: Callable[[Item, Nonconformance], Awaitable[None]]
