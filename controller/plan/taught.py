"""What the cameras were taught: a TOML file of its own, laid over the configuration when that is read.

`sealline vision teach` writes it; nobody types it. Its tables: `layouts.<name>`, `golden.<camera>`, and
`parts.<product>.<role>` with the place and size that sample pictures showed, which go before the recipe's own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.durable import put_file

Table = dict[str, Any]
_PLACE = ("x_mm", "y_mm", "width_mm", "height_mm", "layout", "city_print")
"""Keys of a recipe's part that may be taught."""
_SAID = ("zone", "identity")
"""Keys of a layout that no teaching finds."""
_HEAD = "# Written by `sealline vision teach`; teach again instead of editing.\n"


class TaughtError(ValueError):
    """The file of what was taught can't be used; says what is wrong and what to do."""


def with_taught(config: Table, folder: Path) -> Table:
    """A configuration's tables with what was taught laid over them.

    :param folder: where a relative path starts.
    :raises TaughtError: the file names a product or part that the configuration has not, or is no TOML.
    """
    name = config.get("vision", {}).get("taught") if isinstance(config.get("vision"), dict) else None
    if not isinstance(name, str) or not (folder / name).exists():
        return config
    taught = read_taught(folder / name)
    merged = {**config, "golden": {**config.get("golden", {}), **taught.get("golden", {})}}
    merged["layouts"] = _with_looks(config.get("layouts", {}), taught.get("layouts", {}))
    merged["recipes"] = _with_places(config.get("recipes", {}), taught.get("parts", {}), folder / name)
    return merged


def read_taught(path: Path) -> Table:
    """All that was taught so far; empty when the file is not there yet.

    :raises TaughtError: it is no TOML.
    """
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise TaughtError(f"{path}: {error}; delete it and teach again") from error


def write_taught(path: Path, taught: Table) -> None:
    """Replace the file, all at once. :raises OSError: the disk refuses."""
    put_file(path, (_HEAD + "".join(_tables(taught, ()))).encode(), 0o644)


def together(known: Mapping[str, Any], new: Mapping[str, Any]) -> Table:
    """What was known with the new laid over it, table by table."""
    merged = dict(known)
    for key, value in new.items():
        before = merged.get(key)
        merged[key] = together(before, value) if isinstance(before, dict) and _holds_tables(value) else value
    return merged


def _holds_tables(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())


def _with_looks(layouts: Table, taught: Table) -> Table:
    """Layouts as taught; what only a person says of one stays as the configuration has it, above all that it is an
    identity card: forgotten, the next card's number would be kept in clear."""
    changed = dict(layouts)
    for name, looks in taught.items():
        said = layouts.get(name, {})
        changed[name] = {**{key: said[key] for key in _SAID if key in said}, **looks}
        if said.get("identity"):
            changed[name] |= {key: said[key] for key in ("number", "identity") if key in said}
    return changed


def _with_places(recipes: Table, parts: Table, path: Path) -> Table:
    changed = dict(recipes)
    for product, roles in parts.items():
        if product not in changed:
            raise TaughtError(f"{path}: parts.{product}: no such product, known: {sorted(changed)}; teach again")
        known = {part.get("role"): part for part in changed[product].get("parts", [])}
        unknown = set(roles) - set(known)
        if unknown:
            raise TaughtError(
                f"{path}: parts.{product}: no part {sorted(unknown)}, known: {sorted(known)}; teach again"
            )
        placed = [
            {**part, **{key: roles[role][key] for key in _PLACE if key in roles.get(role, {})}}
            for role, part in known.items()
        ]
        changed[product] = {**changed[product], "parts": placed}
    return changed


def _tables(table: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """The lines of a table and of those in it; values are text, numbers, truth and lists of text or numbers."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"\n[{'.'.join(names)}]\n"] if plain else []
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _tables(value, (*names, key))
    return lines
