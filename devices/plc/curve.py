"""The curve that a sealer keeps beside its retained result: part of the contract, pure data as the rest of it.

It stands from the moment of the result until that is acknowledged, and is read with one FC03 in between. It proves
nothing: the limits are held against the result's measured values. A sealer that keeps none answers exception 2.

Registers from `CURVE_ADDRESS + CURVE_STRIDE · block` on: sequence, token, epoch, step, count, temperatures, forces,
token, sequence. Token and sequence stand first and last, so that a torn read is seen.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from devices.plc.contract import ContractError, Result

CURVE_ADDRESS = 2000
CURVE_STRIDE = 100
CURVE_SAMPLES = 24
CURVE_LENGTH = 6 + 2 * CURVE_SAMPLES + 3


@dataclass(frozen=True, slots=True)
class Curve:
    """One cycle of a jaw from its way down to its opening. `sequence` 0: there is none.

    :ivar step_ms: time between two samples, 1..65535; the first is taken as the jaw begins to close.
    :ivar temperature_dc: up to 24 samples of the jaw's face, 0.1 °C; :ivar force_n: as many of its force, N.
    """

    epoch: int = 0
    sequence: int = 0
    token: int = 0
    step_ms: int = 0
    temperature_dc: tuple[int, ...] = ()
    force_n: tuple[int, ...] = ()

    def encode(self) -> list[int]:
        """Return the `CURVE_LENGTH` registers; samples that there are not are 0."""
        token = (self.token >> 16, self.token & 0xFFFF)
        rest = [0] * (CURVE_SAMPLES - len(self.temperature_dc))
        samples = [*self.temperature_dc, *rest, *self.force_n, *rest]
        head = [self.sequence, *token, self.epoch, self.step_ms, len(self.temperature_dc)]
        return [*head, *samples, *token, self.sequence]

    @classmethod
    def decode(cls, words: list[int]) -> Curve:
        """Read a curve.

        :raises ContractError: wrong length, a torn read, more samples than there is room for.
        """
        if len(words) != CURVE_LENGTH:
            raise ContractError(f"curve has {len(words)} registers, must have {CURVE_LENGTH}")
        if (words[0], words[1:3]) != (words[-1], words[-3:-1]):
            raise ContractError(f"torn read: sequence {words[0]} first, {words[-1]} last, or another token")
        count = words[5]
        if count > CURVE_SAMPLES:
            raise ContractError(f"curve of {count} samples, allowed: 0..{CURVE_SAMPLES}")
        forces = 6 + CURVE_SAMPLES
        return cls(
            epoch=words[3],
            sequence=words[0],
            token=words[1] << 16 | words[2],
            step_ms=words[4],
            temperature_dc=tuple(words[6 : 6 + count]),
            force_n=tuple(words[forces : forces + count]),
        )

    def belongs_to(self, result: Result) -> bool:
        """Whether it was measured in the cycle that ended with this result."""
        return (self.epoch, self.sequence, self.token) == (result.epoch, result.sequence, result.token)

    def pack(self) -> bytes:
        """Step and samples in at most 98 bytes, big-endian: how a journal keeps it beside the result that names it."""
        samples = (*self.temperature_dc, *self.force_n)
        return struct.pack(f">H{len(samples)}H", self.step_ms, *samples)

    @classmethod
    def unpack(cls, packed: bytes) -> Curve:
        """Read what `pack` has made.

        :raises ContractError: it can't have.
        """
        if len(packed) % 4 != 2 or len(packed) > 2 + 4 * CURVE_SAMPLES:
            raise ContractError(f"packed curve of {len(packed)} bytes, must be 2 + 4 · samples")
        step_ms, *samples = struct.unpack(f">{len(packed) // 2}H", packed)
        half = len(samples) // 2
        return cls(step_ms=step_ms, temperature_dc=tuple(samples[:half]), force_n=tuple(samples[half:]))


def curve_address(block: int) -> int:
    """First register of the curve of block number `block`, 0-based."""
    return CURVE_ADDRESS + CURVE_STRIDE * block
