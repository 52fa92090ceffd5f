"""Mistakes where frames are cut and images believed: these show at full wire only."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANY_CLOCK = (
    "devices/plc/link.py",
    "        if asked_at - self._ticked_at > _FORGETS_CLOCK_S:\n",
    "        if True:\n",
)

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
        also=(
            (
                "devices/links/modbus.py",
                "        if transaction != self._transaction:\n",
                "        if transaction > 1 << 16:\n",
            ),
            _ANY_CLOCK,
        ),
    ),
    Mutant(
        "a link stays open after a timeout, and late bytes are not minded",
        "devices/links/modbus.py",
        "            except TimeoutError as error:\n                self.close()\n",
        "            except TimeoutError as error:\n",
        "the late answer to one question is believed as that to another",
        only="modbus_late",
        depth="wire",
        items=20,
        also=(
            (
                "devices/links/modbus.py",
                "        if unasked:\n            self.close()\n",
                "        if unasked and self._framing == 'none':\n            self.close()\n",
            ),
        ),
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
        "devices/plc/driver.py",
        "        if image.boot_id != issued.boot_id:\n"
        '            raise self._unknown(issued, "the PLC started anew before its result was read")\n',
        "",
        "the line waits for a result that no PLC has any more",
        only="plc_forgot",
        items=40,
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
