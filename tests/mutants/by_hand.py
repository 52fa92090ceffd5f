"""Mistakes in manual mode."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

BY_HAND = (
    Mutant(
        "the gate pushes to dispatch by hand",
        "controller/flow/motions.py",
        "return int(Chute.REJECT) if self.kind is MotionKind.PUSH else 0",
        "return int(Chute.DISPATCH) if self.kind is MotionKind.PUSH else 0",
        "an unproven parcel reaches the dispatch chute",
        only="technician_jogs",
    ),
    Mutant(
        "the jaw closes by hand on whatever stands there",
        "controller/flow/interlocks.py",
        '        yield Interlock("jaw_occupied", text)\n',
        "        del text\n",
        "unproven contents are sealed",
        only="technician_jogs",
    ),
    Mutant(
        "an aborted line may be moved by hand",
        "controller/flow/interlocks.py",
        "MOVABLE_IN = (State.STOPPED, State.IDLE)",
        "MOVABLE_IN = (State.STOPPED, State.IDLE, State.ABORTED)",
        "something moves although somebody has just held the line",
        only="technician_jogs",
        items=40,
        also=(
            (
                "controller/flow/interlocks.py",
                "unit.state in (State.ABORTING, State.ABORTED):",
                "unit.state in (State.ABORTING,):",
            ),
        ),
    ),
)
