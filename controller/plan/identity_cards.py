"""Identity cards on the line: what a configuration must say of them together, and the key of their numbers' hashes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.plan.layouts import Layout
from controller.plan.recipes import PartKind, Recipe

DIGEST_FORMAT = "identity_digest"
"""Name in `controller.formats` of what an order says in place of an identity number."""
_LEAST_KEY_BYTES = 16


class IdentityKeyUnusable(Exception):
    """The key of the identity numbers' hashes can't be used; says why, never what it is."""


def mistakes_of(recipes: Mapping[str, Recipe], layouts: Mapping[str, Layout], has_key: bool) -> list[str]:
    """What does not fit together of parts that bear no code, and of identity cards; empty: all does."""
    wrong = []
    for product, recipe in recipes.items():
        coded = [part for part in recipe.parts if part.bears_code]
        for part in recipe.parts:
            place, layout = f"recipes.{product}.parts.{part.role}", layouts.get(part.layout)
            identity = layout is not None and layout.identity
            if not part.bears_code and (part.kind is not PartKind.DOCUMENT or layout is None):
                wrong.append(f"{place}.bears_code: only a document with a layout may bear none: else nothing proves it")
            if not part.bears_code and not coded:
                wrong.append(
                    f"{place}.bears_code: a product needs a part with a code: its reading calls the next station"
                )
            if identity and (part.bears_code or part.number_format != DIGEST_FORMAT):
                wrong.append(
                    f"{place}: layout {part.layout!r} is an identity card: say bears_code = false and number_format = "
                    f'"{DIGEST_FORMAT}"'
                )
            elif not identity and part.number_format == DIGEST_FORMAT:
                wrong.append(f'{place}.number_format: "{DIGEST_FORMAT}" is for layouts with identity = true alone')
            if layout is not None and identity and layout.number is None:
                wrong.append(f"layouts.{part.layout}.number: missing: of an identity card it is all that is compared")
            if identity and not has_key:
                wrong.append(f"vision.identity_key_file: missing, {place} is an identity card")
    return wrong


def read_identity_key(path: Path) -> str:
    """The key, in hex. :raises IdentityKeyUnusable: no such file, no hex, or under 16 bytes."""
    try:
        key = path.read_text(encoding="ascii").strip()
        if len(bytes.fromhex(key)) >= _LEAST_KEY_BYTES:
            return key
    except OSError as error:
        raise IdentityKeyUnusable(f"identity key {path}: can't be read: {error.strerror}") from error
    except ValueError:
        pass  # what stands there may be a key after all: it is not told
    raise IdentityKeyUnusable(
        f"identity key {path}: must hold at least {_LEAST_KEY_BYTES} bytes in hex; make one by `openssl rand -hex 32`"
    )
