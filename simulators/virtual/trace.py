"""What happened in a run, as one hash: the same seed must give the same, whatever else the machine does."""

from __future__ import annotations

import hashlib
import struct

_HEAD = struct.Struct(">dHI")


class Trace:
    """Takes what passes the seams, in its order."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, at: float, what: str, data: bytes = b"") -> None:
        """Take one occurrence. :param at: virtual seconds."""
        self._hash.update(_HEAD.pack(at, len(what), len(data)) + what.encode() + data)

    def digest(self) -> str:
        """The hash so far, in hex."""
        return self._hash.hexdigest()
