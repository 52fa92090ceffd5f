"""A PDF that carries its proof: the entries behind it and the line's signature, as comments at its very end.

    …PDF…  %sealline-data <base64>  %sealline-signature <base64>  startxref <as before>  %%EOF

Readers of PDF skip the comments. The signature is over the SHA-256 of every byte before its own line, so neither the
pages nor the data can be changed. To verify a file nothing is needed but the file; to know whose line it was, the
public half of that line's key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from controller.desk.dossiers import DOSSIER
from controller.desk.signing import is_signed
from controller.journal.store import entry_digest
from controller.journal.tracing import ProvenEntry

_DATA, _SIGNATURE = b"%sealline-data ", b"%sealline-signature "
_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
LARGEST_DATA = 32 * 1024 * 1024
"""Bytes that the data may unfold to."""


class NotProven(Exception):
    """The file is not what a line has signed; the message says in what."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that holds. :ivar public: the key that signed it; :ivar entries: the history behind it."""

    statement: dict[str, Any]
    public: str
    entries: tuple[ProvenEntry, ...]


def with_data(pdf: bytes, entries: Sequence[ProvenEntry]) -> bytes:
    """The file and its entries, ready to be signed: `sha256` of what is returned is what the line states."""
    data = zlib.compress(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False).encode(), 9)
    return pdf.rstrip() + b"\n" + _DATA + base64.b64encode(data) + b"\n"


def with_signature(unsigned: bytes, signed: dict[str, Any]) -> bytes:
    """The whole file. :param signed: `statement`, `public` and `signature` as the line gave them."""
    end = _END.search(unsigned[: unsigned.rindex(_DATA)])
    if end is None:
        raise NotProven("no end of a PDF file before the data")
    tail = base64.b64encode(json.dumps(signed, ensure_ascii=False, sort_keys=True).encode())
    return unsigned + _SIGNATURE + tail + b"\nstartxref\n" + end.group(1) + b"\n%%EOF\n"


def file_digest(unsigned: bytes) -> str:
    """What the line states of a file, in hex."""
    return hashlib.sha256(unsigned).hexdigest()


def verify(file: bytes) -> Proven:
    """Hold a file against its own proof.

    :raises NotProven: no signature, a changed byte, a signature that is not the key's, or an entry that is not what
        its digest says.
    """
    unsigned, tail = _split(file)
    signed = _unfold(tail, "signature", json.loads)
    try:
        statement, public, signature = dict(signed["statement"]), str(signed["public"]), str(signed["signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotProven("the signature is not in the form of a dossier") from error
    if statement.get("format") != DOSSIER:
        raise NotProven(f"format {statement.get('format')!r} found, {DOSSIER!r} is what this sealline knows")
    if not is_signed(statement, signature, public):
        raise NotProven("the signature is not that of the key in the file: the statement or the key was changed")
    found = file_digest(unsigned)
    if statement.get("file") != found:
        raise NotProven(f"the file was changed after it was signed: SHA-256 {found}, signed {statement.get('file')}")
    entries = _entries(unsigned)
    _check_entries(entries, statement)
    return Proven(statement, public, entries)


def _split(file: bytes) -> tuple[bytes, bytes]:
    """What was signed, and the signature; nothing but the end of a PDF may stand behind it."""
    place = file.rfind(_SIGNATURE)
    if place < 0:
        raise NotProven("no signature of a line is in this file")
    tail, _, end = file[place + len(_SIGNATURE) :].partition(b"\n")
    unsigned = file[:place]
    before = _END.search(unsigned[: unsigned.rfind(_DATA)].rstrip())
    if before is None or end != b"startxref\n" + before.group(1) + b"\n%%EOF\n":
        raise NotProven("something stands behind the signature, or the file's end was changed")
    return unsigned, tail


def _entries(unsigned: bytes) -> tuple[ProvenEntry, ...]:
    data = unsigned[unsigned.rfind(_DATA) + len(_DATA) :]
    try:
        return tuple(ProvenEntry(**each) for each in _unfold(data, "data", _inflated))
    except TypeError as error:
        raise NotProven("the data are not in the form of a dossier") from error


def _inflated(raw: bytes) -> Any:
    unfolding = zlib.decompressobj()
    data = unfolding.decompress(raw, LARGEST_DATA)
    if unfolding.unconsumed_tail:
        raise ValueError("too large")
    return json.loads(data)


def _unfold(raw: bytes, name: str, read: Callable[[bytes], Any]) -> Any:
    try:
        return read(base64.b64decode(raw.strip(), validate=True))
    except (binascii.Error, ValueError, zlib.error) as error:
        raise NotProven(f"the {name} can't be read: {error}") from error


def _check_entries(entries: Sequence[ProvenEntry], statement: dict[str, Any]) -> None:
    """Each entry gives its own digest, those that follow each other are linked, and none is younger than the end."""
    history = statement.get("history") or {}
    last: ProvenEntry | None = None
    for entry in entries:
        digest = entry_digest(
            bytes.fromhex(entry.before), entry.seq, entry.at, entry.kind, entry.item, entry.acceptance, entry.data
        )
        if digest.hex() != entry.digest:
            raise NotProven(f"entry {entry.seq} is not what its digest says")
        if last is not None and (entry.seq <= last.seq or (entry.seq == last.seq + 1 and entry.before != last.digest)):
            raise NotProven(f"entry {entry.seq} does not follow from entry {last.seq}")
        last = entry
    if last is None or last.seq > int(history.get("seq", 0)):
        raise NotProven("no entry of the history is in the file, or one that is younger than its signature")
