"""The words of the page and of the API's refusals: one catalogue a language, with the same keys in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

from controller.words.text import Text


class Language(StrEnum):
    """What the page can speak."""

    ZH = "zh"
    EN = "en"


def _read(language: Language) -> Mapping[str, str]:
    read: dict[str, str] = json.loads(files(__name__).joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return read


CATALOGUES: Mapping[Language, Mapping[str, str]] = {language: _read(language) for language in Language}


def text(key: str, /, **values: object) -> Text:
    """Return the text of that key in both languages, its `{names}` filled."""
    return Text(
        zh=CATALOGUES[Language.ZH][key].format(**values),
        en=CATALOGUES[Language.EN][key].format(**values),
    )
