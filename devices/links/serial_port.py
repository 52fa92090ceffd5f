"""Serial links by pyserial's port set-up and the loop's own reader."""

from __future__ import annotations

import errno
import termios

import serial

from devices.links.descriptor import DescriptorStream
from devices.links.stream import Dial

_WHY = {
    errno.ENOENT: "does not exist: plugged in? `ls /dev/serial/by-id` lists what is",
    errno.EACCES: "may not be opened by this user: add the user to the group `dialout` and sign in again",
    errno.EBUSY: "is in use by another program",
    errno.EAGAIN: "is in use by another program",
}


def dial_serial(path: str, baud: int, parity: str = "N") -> Dial:
    """Return what opens the port for this process alone, 8 data bits, 1 stop bit; what lay in its buffers is dropped.

    :param parity: `N`, `E` or `O`.
    """

    async def dial() -> DescriptorStream:
        try:
            port = serial.Serial(path, baudrate=baud, parity=parity, timeout=0, exclusive=True)
        except serial.SerialException as error:
            raise ConnectionError(f"serial port {path} {_WHY.get(error.errno or 0, str(error))}") from error
        try:
            _report_hangups(port.fd)
            return DescriptorStream(port.fd, port.close)
        except BaseException:
            port.close()
            raise

    return dial


def _report_hangups(descriptor: int) -> None:
    # pyserial sets VMIN 0, with which an empty port reads as an ended one. With VMIN 1 only a hang-up reads empty.
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
