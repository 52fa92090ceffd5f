"""People who look for the parcels that the line asks about: those of dispatch in their bags, others beside the line.

What is found in a mail bag and must not leave comes back and is laid to the rejects; then it is said at the line's
desk where the parcel is. Now and then nobody ever looks: such an order stays open, and the line goes on saying so.
A bag that was frozen for a stray is always looked through, waybill by waybill.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from devices.plc.contract import Chute
from simulators.matter import Carrier, Fallen, Mailer
from simulators.virtual.people import LOOK_S, Call
from simulators.world import World

NEVER = 0.2
"""How often nobody looks for what has ended, 0..1. A carrier that is missed is always looked for."""
SOONEST_S, LATEST_S = 5.0, 60.0
AGAIN_S = 10.0
MOST_LOOKS = 6
"""After so many a parcel that has ended counts as found by nobody."""
MOST_LOOKS_THROUGH = 60
"""So often a bag is looked through while parcels of the line itself may still come to be on its list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A parcel that the line asks about. :ivar outcome: how its item ended; '' while its carrier is missed."""

    item: int
    acceptance: str
    attempt: int
    carrier: int
    mail_number: str
    outcome: str

    @property
    def question(self) -> tuple[int, str]:
        """Which question it is: of an item that is asked about again something else is asked."""
        return self.item, self.outcome


class Finders:
    """Whoever looks."""

    def __init__(self, world: World, call: Call, seed: int) -> None:
        self._world, self._call, self._seed = world, call, seed
        self._begun: set[tuple[int, str]] = set()
        self._given_up: set[tuple[int, str]] = set()
        self._bags: set[int] = set()
        self._looked_through: set[int] = set()

    @property
    def ended(self) -> int:
        """How many searches have ended, whether with success or not."""
        return len(self._given_up) + len(self._looked_through)

    async def work(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(8 * LOOK_S)
                answer = await self._call("orders", most=0)
                for asked in self.still_to_find(answer):
                    if asked.question not in self._begun:
                        self._begun.add(asked.question)
                        group.create_task(self._look_for(asked))
                for bag in self.bags_to_look_through(answer) - self._bags:
                    self._bags.add(bag)
                    group.create_task(self._look_through(bag))

    def still_to_find(self, answer: dict[str, Any] | None) -> list[Asked]:
        """What the line asks about, as it answers for its orders, and somebody looks for or will."""
        rows = answer["asked"] if answer else []
        asked = [
            Asked(**row | {"mail_number": row["mail_number"] or "", "outcome": row["outcome"] or ""}) for row in rows
        ]
        return [each for each in asked if each.question not in self._given_up and self._wakes(each)]

    def bags_to_look_through(self, answer: dict[str, Any] | None) -> set[int]:
        """Bags that are frozen for a stray and that nobody has looked through yet."""
        return set(answer["stray_bags"]) - self._looked_through if answer else set()

    async def _look_through(self, bag: int) -> None:
        await asyncio.sleep(Random(f"looking through {self._seed} {bag}").uniform(SOONEST_S, LATEST_S))
        for _ in range(MOST_LOOKS_THROUGH):
            answer = await self._call("orders", most=0)
            if answer is not None and not self._take_out_strays(set(answer["sent"]), set(answer["open_numbers"])):
                break
            await asyncio.sleep(AGAIN_S)
        self._looked_through.add(bag)

    def _take_out_strays(self, sent: set[str], still_open: set[str]) -> bool:
        """Lay to the rejects what bears no waybill of the lists; return whether one bears that of an open item.

        The line still has to say of such a one whether it fell there rightly.
        """
        undecided = False
        for fallen in list(self._world.chutes[Chute.DISPATCH]):
            borne = {placed.label.mail_number for placed in fallen.mailer.labels}
            if borne & still_open:
                undecided = True
            elif not borne or borne - sent:
                self._world.take_out_of_bag(fallen)
        return undecided

    def _wakes(self, asked: Asked) -> bool:
        return not asked.outcome or self._chance(asked, "ever").random() >= NEVER

    def _chance(self, asked: Asked, what: str) -> Random:
        return Random(f"finding {self._seed} {asked.question} {what}")

    async def _look_for(self, asked: Asked) -> None:
        await asyncio.sleep(self._chance(asked, "when").uniform(SOONEST_S, LATEST_S))
        looks = 0
        while not await self._settled(asked) and (looks < MOST_LOOKS or not asked.outcome):
            looks += 1
            await asyncio.sleep(AGAIN_S)
        self._given_up.add(asked.question)

    async def _settled(self, asked: Asked) -> bool:
        """Look once; whether the line asks no more."""
        answer = await self._call("orders", most=0)
        if answer is None:
            return False
        return asked not in self.still_to_find(answer) or await self._answer(asked)

    async def _answer(self, asked: Asked) -> bool:
        fallen = self._in_bag(asked)
        if fallen is not None:
            if asked.outcome == "unknown" and await self._say(asked, "dispatch"):
                return True
            self._world.take_out_of_bag(fallen)
            return await self._say(asked, "reject")
        # Whose it is nobody can tell; who looks through the bags leaves nothing in them that bears no waybill.
        strays = [each for each in self._world.chutes[Chute.DISPATCH] if not each.mailer.labels]
        for stray in strays:
            self._world.take_out_of_bag(stray)
        if any(self._is(asked, each.mailer) for each in self._world.chutes[Chute.REJECT]):
            return await self._say(asked, "reject")
        on_line = [*self._world.zones.values(), *(way.carrier for way in self._world.travelling.values())]
        if any(self._stands_on(asked, each) for each in on_line):
            return False  # the line will see it
        # Nowhere: a hand has taken it apart, and what lay in it lies in the trays.
        return await self._say(asked, "reject" if strays else "on_line")

    def _in_bag(self, asked: Asked) -> Fallen | None:
        """Its parcel among those in dispatch: by its number, else by what lies in one that bears no other's."""
        for fallen in self._world.chutes[Chute.DISPATCH]:
            borne = {placed.label.mail_number for placed in fallen.mailer.labels}
            if asked.mail_number in borne or (not borne and self._is(asked, fallen.mailer)):
                return fallen
        return None

    def _stands_on(self, asked: Asked, carrier: Carrier) -> bool:
        """Whether a carrier on the line bears it, or is the one that is missed."""
        missed = not asked.outcome and carrier.number == asked.carrier
        return missed or (carrier.mailer is not None and self._is(asked, carrier.mailer))

    def _is(self, asked: Asked, mailer: Mailer) -> bool:
        bears = any(placed.label.mail_number == asked.mail_number for placed in mailer.labels)
        return bears or (mailer.kit, mailer.attempt) == (asked.acceptance, asked.attempt)

    async def _say(self, asked: Asked, found: str) -> bool:
        said = {"item": asked.item, "found": found, "by": "finder", "why": "looked for it"}
        return await self._call("answer_item", **said) is not None
