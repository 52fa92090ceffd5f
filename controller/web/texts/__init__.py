"""The words of the pages and of the API's refusals: one folder a language, one file a part, the same keys in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

from controller.words.text import Text


class Language(StrEnum):
    """What the pages can speak."""

    ZH = "zh"
    EN = "en"


def read_parts(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Every part of one language's catalogue by its name, as `frame` or `alarms`."""
    folder = files(__name__).joinpath(language)
    parts = sorted((each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda each: each.name)
    return {each.name.removesuffix(".json"): json.loads(each.read_text(encoding="utf-8")) for each in parts}


def _whole(language: Language) -> Mapping[str, str]:
    return {key: text for part in read_parts(language).values() for key, text in part.items()}


CATALOGUES: Mapping[Language, Mapping[str, str]] = {language: _whole(language) for language in Language}


def text(key: str, /, **values: object) -> Text:
    """Return the text of that key in both languages, its `{names}` filled; a value may itself be in both."""
    return Text(zh=_fill(Language.ZH, key, values), en=_fill(Language.EN, key, values))


def _fill(language: Language, key: str, values: Mapping[str, object]) -> str:
    zh = language is Language.ZH
    own = {name: (each.zh if zh else each.en) if isinstance(each, Text) else each for name, each in values.items()}
    return CATALOGUES[language][key].format(**own)
