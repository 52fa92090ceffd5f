"""One tree for all that can go wrong at a device. Owns no wire and no decision: the line says what follows.

Three of them say how far a command came, because that decides whether it may be issued again:
`NotTaken` (provably not executed), `CommandRefused` (the device said no), `UnknownOutcome` (nobody knows: hold).
"""

from __future__ import annotations

from devices.plc.contract import Answer


class DeviceError(Exception):
    """Anything that a device or its link did other than asked.

    :ivar device: its name in the configuration.
    :ivar expected: the value allowed; :ivar actual: the value found; :ivar unit: of both, where one is meant.
    :ivar written_at: loop time at which the request's bytes had been handed to the operating system; None: the
        request was never sent.
    """

    def __init__(
        self,
        device: str,
        message: str,
        *,
        expected: object = None,
        actual: object = None,
        unit: str = "",
        written_at: float | None = None,
    ) -> None:
        super().__init__(f"{device}: {message}")
        self.device = device
        self.message = message
        self.expected = expected
        self.actual = actual
        self.unit = unit
        self.written_at = written_at


class LinkLost(DeviceError):
    """The link is not open, could not be opened or ended."""


class WrongDevice(DeviceError):
    """Something answers at the address, and it is not what the configuration says."""


class DeviceTimeout(DeviceError):
    """No answer within the time allowed. The link has been closed: a late answer can't be taken for the next."""


class BadReply(DeviceError):
    """An answer that can't be the one asked for. The link has been closed."""


class ExceptionReply(DeviceError):
    """A Modbus device answered with an exception: it understood the request and did not carry it out.

    :ivar code: the exception code of the Modbus application protocol, §7.
    """

    def __init__(self, device: str, message: str, *, code: int, written_at: float | None = None) -> None:
        super().__init__(device, message, actual=code, written_at=written_at)
        self.code = code


class CommandRefused(DeviceError):
    """The station did not accept a command and says why. Nothing moved.

    :ivar answer: the PLC's answer, or the one that it would have given to what its image shows.
    """

    def __init__(self, device: str, message: str, *, answer: Answer) -> None:
        super().__init__(device, message, expected=Answer.ACCEPTED, actual=answer)
        self.answer = answer


class NotTaken(DeviceError):
    """A command was provably not executed: it may be issued again."""


class UnknownOutcome(DeviceError):
    """A command may or may not have been executed. Never issue it again: hold, and treat the item as suspect."""


class PrinterFault(DeviceError):
    """The printer says, or shows by silence, that it can't print. Nothing of this label was sent."""


class ScaleFault(DeviceError):
    """The scale answered without a stable weight."""


class NoRead(DeviceError):
    """The scanner was triggered and read no code."""


class BadCode(NoRead):
    """The scanner sent something for this trigger that can't be one allowed code: no code was read."""


class CameraFault(DeviceError):
    """The camera gave no picture that could be evidence."""
