"""Secrets as they are kept: scrypt of the standard library, salted; badges and tokens, which are random, by SHA-256.

Slow on purpose: call it in a thread, never in a loop.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import os
import secrets
from dataclasses import dataclass

PASSWORD_LENGTH = 10
PIN_LENGTH = 6
SECRET_LIMIT = 200
"""Longest secret that is looked at, characters."""
_SALT = 16
_BADGE_BYTES = 15


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs: 128·n·r bytes of memory, p passes. Source: OWASP password storage cheat sheet, scrypt."""

    n: int = 2**15
    r: int = 8
    p: int = 3


COST = Cost()


def hash_secret(secret: str, cost: Cost = COST) -> str:
    """Return `scrypt$n$r$p$salt$hash` of a secret."""
    salt = os.urandom(_SALT)
    parts = (str(cost.n), str(cost.r), str(cost.p), _text(salt), _text(_scrypt(secret, salt, cost)))
    return "$".join(("scrypt", *parts))


def is_secret(secret: str, kept: str) -> bool:
    """Whether the secret is the one that was kept; takes as long when it is not."""
    _, n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(secret, base64.b64decode(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(found, base64.b64decode(wanted))


def make_badge() -> str:
    """A new badge's code: 24 capitals and digits, 120 bits. It is shown once and kept as its digest."""
    return base64.b32encode(secrets.token_bytes(_BADGE_BYTES)).decode()


def make_token() -> str:
    """A new session's or program's token, 256 bits."""
    return secrets.token_urlsafe(32)


def digest(code: str) -> bytes:
    """How a random code is kept and looked up. Not for secrets that people think of."""
    return hashlib.sha256(code.encode()).digest()


def too_weak(secret: str, name: str, *, password: bool) -> str:
    """Why a secret can't be taken, as the name of a text; empty when it can."""
    if len(secret) > SECRET_LIMIT:
        return "secret_long"
    if password:
        return _weak_password(secret, name)
    return _weak_pin(secret)


def _weak_password(secret: str, name: str) -> str:
    if len(secret) < PASSWORD_LENGTH:
        return "password_short"
    plain = secret.casefold()
    if len(set(plain)) < 5 or name.casefold() in plain or "sealline" in plain:
        return "password_simple"
    return ""


def _weak_pin(secret: str) -> str:
    if not (secret.isascii() and secret.isdecimal() and len(secret) >= PIN_LENGTH):
        return "pin_form"
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(secret)}
    return "pin_simple" if len(steps) == 1 or len(set(secret)) < 3 else ""


def _scrypt(secret: str, salt: bytes, cost: Cost) -> bytes:
    room = 2 * 128 * cost.n * cost.r + 2**20
    return hashlib.scrypt(secret.encode(), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=room, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
