"""The line's own key: an Ed25519 key that it makes at its first start and that never leaves this machine.

It signs statements about files that leave the line, so that anybody who knows the public half can tell years later
that this line made them and that nobody has changed them since.
"""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from controller.durable import put_first_file


class KeyUnusable(Exception):
    """The line's key can't be read or made; the message says why and what to do."""


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in the file; make one (mode 0600) when there is none.

    :raises KeyUnusable: others may read it, it is no Ed25519 key, or it can't be made.
    """
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyUnusable(f"{path}: mode {path.stat().st_mode & 0o777:04o}, must be 0600: chmod 600 {path}")
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}; the line signs its dossiers with this key") from error
    except ValueError as error:
        raise KeyUnusable(f"{path}: holds no Ed25519 key in hex (32 bytes): put the line's key back") from error


def public_half(key: Ed25519PrivateKey) -> str:
    """The public half in hex: 32 bytes that anybody may know."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def fingerprint(public: str) -> str:
    """Sixteen characters by which people compare two public halves."""
    short = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]
    return " ".join(short[place : place + 4] for place in range(0, 16, 4))


def canonical(statement: dict[str, Any]) -> bytes:
    """The bytes of a statement that are signed: JSON with sorted keys and no blanks, UTF-8."""
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(key: Ed25519PrivateKey, statement: dict[str, Any]) -> str:
    """Sign a statement; the signature in hex."""
    return key.sign(canonical(statement)).hex()


def is_signed(statement: dict[str, Any], signature: str, public: str) -> bool:
    """Whether the holder of the key with this public half has signed this statement."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), canonical(statement))
    except (InvalidSignature, ValueError):
        return False
    return True


def _make(path: Path) -> None:
    """Put a whole key file in place at once; where two processes start together the first one's stays."""
    raw = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    put_first_file(path, raw.hex().encode() + b"\n")
