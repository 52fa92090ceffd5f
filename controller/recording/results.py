"""How work in a thread ended, as facts on a tape: what it gave or raised, so that a replay need not do it again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

_NOTHING: dict[str, Any] = {}


def told_result(work: Callable[..., Any], ended: asyncio.Future[Any]) -> dict[str, Any]:
    """Facts of an end. A result that would not be read back as it was is left out: a replay does that work itself."""
    if ended.cancelled():
        return {"error": "CancelledError", "says": ""}
    error = ended.exception()
    if error is not None:
        number = error.errno if isinstance(error, OSError) else None
        return {"error": type(error).__name__, "says": str(error), "number": number}
    form = form_of(work)
    return _NOTHING if form is None else _told(form, ended.result())


def _told(form: TypeAdapter[Any], result: Any) -> dict[str, Any]:
    """A result, unless its form says too little to read it again, as that of a function whose caller names the type."""
    try:
        gave = form.dump_python(result, mode="json")
        return {"gave": gave} if form.validate_python(gave, strict=False) == result else _NOTHING
    except ValueError:
        return _NOTHING


def error_of(facts: dict[str, Any]) -> Exception | None:
    """The error that facts tell of, where it is one of the disk's; None else."""
    if "error" not in facts:
        return None
    if facts["number"] is not None:
        return OSError(facts["number"], facts["says"])
    kind = getattr(sqlite3, facts["error"], None)
    return kind(facts["says"]) if isinstance(kind, type) and issubclass(kind, sqlite3.Error) else None


def form_of(work: Callable[..., Any]) -> TypeAdapter[Any] | None:
    """How the result of this work is written and read; None where it gives none, or what is no plain data."""
    try:
        return _form_of(work)
    except TypeError:  # what can't be hashed is no function of ours
        return None


@lru_cache(maxsize=50)
def _form_of(work: Callable[..., Any]) -> TypeAdapter[Any] | None:
    try:
        gives = get_type_hints(work).get("return", type(None))
        return None if gives in (type(None), Any) else TypeAdapter(gives)
    except (NameError, AttributeError, TypeError, PydanticSchemaGenerationError, PydanticUserError):
        return None
