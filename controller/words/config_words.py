"""`line.toml` between its text and its model: variables filled in, and mistakes told in the words of who wrote it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}")


def fill_variables(raw: Any) -> tuple[Any, list[str]]:
    """Return the file's values with `${NAME}` and `${NAME:-default}` filled in, and what could not be filled."""
    mistakes: list[str] = []
    return _fill(raw, "", mistakes), mistakes


def worded(error: dict[str, Any], filled: Any) -> str:
    """One of pydantic's errors as key, what must be, and what was found."""
    places = list(error["loc"])
    if places[:1] == ["devices"] and len(places) > 2:
        del places[2]  # pydantic names the type that it chose
    key = ".".join(_as_people_find_it(places, filled))
    says, found = _says(error), error.get("input")
    told = error["type"] in _TELLING or isinstance(found, dict | list | tuple | BaseModel)
    told = told or (isinstance(found, str) and repr(found) in says)
    shown = says if told else f"{says}, found {found!r}"
    return f"{key}: {shown}" if key else shown


_TELLING = frozenset({"missing", "union_tag_invalid", "union_tag_not_found"})
"""Kinds of errors whose text needs no value found."""


def _says(error: dict[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is required and missing"
        case "extra_forbidden":
            return "not permitted, there is no such key; look at its spelling, or leave it out"
        case "union_tag_not_found":
            return "type is missing"
        case "union_tag_invalid":
            return f"type must be one of {context['expected_tags']}, found {context['tag']!r}"
        case "string_pattern_mismatch":
            return f"must fit the pattern {context['pattern']}"
        case _:
            return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)


def _as_people_find_it(places: list[str | int], filled: Any) -> Iterator[str]:
    """The key's parts: what stands in a list goes by its zone or role, else by its number from 1."""
    value = filled
    for place in places:
        value = _at(value, place)
        named = value if isinstance(value, dict) and isinstance(place, int) else {}
        yield str(named.get("zone") or named.get("role") or (place + 1 if isinstance(place, int) else place))


def _at(value: Any, place: str | int) -> Any:
    try:
        return value[place]
    except (KeyError, IndexError, TypeError):
        return None


_YES_OR_NO = ("identity", "bears_code")
"""The only keys that are one; elsewhere pydantic would take a yes for the number 1."""


def _fill(value: Any, key: str, mistakes: list[str]) -> Any:
    match value:
        case dict():
            return {name: _fill(each, f"{key}.{name}" if key else name, mistakes) for name, each in value.items()}
        case list():
            return [_fill(each, f"{key}[{index}]", mistakes) for index, each in enumerate(value, 1)]
        case bool() if key.rpartition(".")[2] not in _YES_OR_NO:
            mistakes.append(f"{key}: must not be true or false, found {str(value).lower()}")
            return value
        case str():
            return _fill_text(value, key, mistakes)
        case _:
            return value


def _fill_text(value: str, key: str, mistakes: list[str]) -> str | int:
    def look_up(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], match[2])
        if found is None:
            mistakes.append(f"{key}: the environment has no {match[1]} and the file no default for it")
        return found or ""

    filled = _VARIABLE.sub(look_up, value)
    if "${" in filled:
        mistakes.append(f"{key}: a variable is ${{NAME}} or ${{NAME:-default}}, NAME in capitals; found {value!r}")
    # A port that is wholly a variable is a number in disguise.
    return int(filled) if filled != value and filled.isdecimal() else filled
