"""What a PLC says of itself, as part of the contract: read once after connecting, before anything else is believed."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from devices.plc.contract import SCAN_S, ContractError, DeviceKind

CONTRACT_ID = 0x5EA1
CONTRACT_VERSION = 2
"""2: a gate counts strays."""
KNOWN_FLOAT = 123456.0
"""Stands in the identity as IEEE 754, high word first (47F1 2000): a swapped word order is found at connect."""

IDENTITY_ADDRESS = 9000
IDENTITY_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Identity:
    """What a PLC says of itself: contract, version, word order, kind, number of blocks, scan time."""

    kind: DeviceKind
    blocks: int
    version: int = CONTRACT_VERSION
    scan_ms: int = int(SCAN_S * 1000)

    def encode(self) -> list[int]:
        """Return the 7 registers from `IDENTITY_ADDRESS` on."""
        high, low = struct.unpack(">HH", struct.pack(">f", KNOWN_FLOAT))
        return [CONTRACT_ID, self.version, high, low, int(self.kind), self.blocks, self.scan_ms]

    @classmethod
    def decode(cls, words: list[int]) -> Identity:
        """Read the identity.

        :raises ContractError: another contract, version, word order or kind than this file's.
        """
        if len(words) != IDENTITY_LENGTH or words[0] != CONTRACT_ID:
            raise ContractError(
                f"no sealline PLC: register {IDENTITY_ADDRESS} must hold {CONTRACT_ID:#06x}, found {words[:1]}"
            )
        if words[1] != CONTRACT_VERSION:
            raise ContractError(f"contract version {words[1]} found, this line speaks {CONTRACT_VERSION}")
        known = struct.unpack(">f", struct.pack(">HH", words[2], words[3]))[0]
        if known != KNOWN_FLOAT:
            raise ContractError(
                f"word order: registers 9002-9003 must read {KNOWN_FLOAT}, found {known!r}; set high word first"
            )
        try:
            kind = DeviceKind(words[4])
        except ValueError as error:
            allowed = [int(each) for each in DeviceKind]
            raise ContractError(f"device kind {words[4]} is unknown, allowed: {allowed}") from error
        return cls(kind=kind, blocks=words[5], version=words[1], scan_ms=words[6])
