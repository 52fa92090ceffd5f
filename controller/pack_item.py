"""The line as a newcomer should meet it: one coroutine, one item, from the called order to the durable outcome.

Each step is a station of the floor, in the order in which the parcel meets it. A step returns only when what it
proves is proven and journalled; it raises `Nonconformance` when the product is wrong and `StationFault` when the
equipment failed. Cancellation is the operator's stop: the item stays where it stands and is cleared at the restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.exits import Nonconformance, Outcome, StationFault
from controller.flow.items import Item

if TYPE_CHECKING:
    from controller.stations import Stations


async def pack_item(item: Item, line: Stations) -> Outcome:
    """Take one called item through every station and return how it ended.

    :param item: admitted at the load zone, bound to its carrier by the pick list.
    :returns: the outcome as journalled; packed only when every step proved its part and the gate confirmed dispatch.
    """
    try:
        await line.infeed.match(item)  # plate codes against the order called to this carrier
        await line.collate.complete(item)  # certificate codes: every part is there
        await line.verify.prove(item)  # cameras into the open mailer: codes, characters, colour, count
        await line.label.apply(item)  # mail number reserved, printed, applied, read back
        sealer = await line.sealers.receive(item)  # whichever is free
        await sealer.seal(item)  # proof still fresh? permit, cycle, measured values within limits
        await line.inspect.prove(item)  # camera and scale: waybill, seam, weight
        outcome = Outcome.accepted()
    except Nonconformance as nonconformance:
        await line.doubt(item, nonconformance)  # a neighbour's part or label: everything since the last proven anchor
        outcome = Outcome.rejected(nonconformance)
    except StationFault as fault:
        await line.hold(item, fault)
        outcome = Outcome.suspect(str(fault))
    return await line.divert.end(item, outcome)  # the confirming sensor, then history and outbox in one commit


async def clear_item(item: Item, cause: str, line: Stations) -> Outcome:
    """Take an item that nobody can vouch for from where it stands to the reject chute."""
    await line.label.shed(item)  # a label left at the peel edge leaves on the parcel for which it was printed
    return await line.divert.end(item, Outcome.suspect(cause))
