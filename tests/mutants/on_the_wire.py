"""Mistakes where frames are cut and images believed: these show at full wire only."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANY_CLOCK = ("devices/plc/link.py", "        self._look_at_clock(image, asked_at)\n", "")

ON_THE_WIRE = (
    Mutant(
        "a late reply is taken for the next",
        "devices/links/modbus.py",
        "        if unasked:\n            self.close()\n",
        "        if unasked and self._framing == 'none':\n            self.close()\n",
        "registers of one moment or place are taken for another's",
        only="modbus_late",
        depth="wire",
        items=20,
        seed=5,
        also=(
            (
                "devices/links/modbus.py",
                "        if transaction != self._transaction:\n",
                "        if transaction > 1 << 16:\n",
            ),
            _ANY_CLOCK,
        ),
    ),
    # Not "a link stays open after a timeout": master, station link and the next connect each close it.
    Mutant(
        "the clock of an image is not minded",
        *_ANY_CLOCK,
        "an answer of seconds ago, to which a gateway gave the present number, is believed",
        only="modbus_late",
        at="inspect",
        depth="wire",
        items=20,
    ),
    Mutant(
        "an image that was torn is believed",
        "devices/plc/contract.py",
        "        if words[0] != words[-1]:\n",
        "        if words[0] > 1 << 16:\n",
        "half of one scan and half of another are taken for one",
        only="modbus_torn_image",
        at="divert",
        depth="wire",
        items=20,
        also=(("devices/plc/link.py", "or words[0] != words[-1] or", "or"),),
    ),
    Mutant(
        "a PLC that started anew is not noticed",
        "controller/flow/integrity.py",
        "            if image.boot_id != before[name][0]:\n",
        "            if image is None:\n",
        "what was proven before a PLC lost its memory is sealed and sent",
        only="plc_forgot",
        at="verify",
        items=40,
        also=(
            (
                "controller/flow/watch.py",
                "    return image.boot_id, image.disturbances\n",
                "    return 0, image.disturbances\n",
            ),
        ),
    ),
    Mutant(
        "a permit that was written in doubt is written again",
        "devices/plc/driver.py",
        "            if error.written_at is None:\n",
        "            if error is not None:\n",
        "a motion that was made is asked for once more",
        only="modbus_swallowed,modbus_cut,modbus_noise,link_dropped",
        items=40,
    ),
)
