"""Every mistake that is planted: what a line must never do, each with the trouble in which it shows.

Single layers that others stand behind are planted together with these: a line must not fall with one check.
"""

from __future__ import annotations

from tests.mutants.after_restart import AFTER_RESTART
from tests.mutants.at_stations import AT_STATIONS
from tests.mutants.by_hand import BY_HAND
from tests.mutants.in_motion import IN_MOTION
from tests.mutants.in_the_books import IN_THE_BOOKS
from tests.mutants.on_the_wire import ON_THE_WIRE
from tests.mutants.to_dispatch import TO_DISPATCH

MUTANTS = (*AT_STATIONS, *IN_MOTION, *IN_THE_BOOKS, *AFTER_RESTART, *TO_DISPATCH, *ON_THE_WIRE, *BY_HAND)
