"""An entry of the history in the words of who reads it: on the trace page and in the dossier, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.plan.config import LineConfig
from controller.web.texts import CATALOGUES, Language
from controller.words.cause_texts import in_chinese, in_english

_HIDDEN = frozenset({"text", "text_zh", "facts", "noted_at", "block", "priority"})
_CODED = {
    "result": "result", "outcome": "judged", "chute": "chute", "to": "part_state", "state": "order_state",
    "was": "mail_state", "reason": "reason", "challenge": "challenge", "check": "check",
}  # fmt: skip
"""Facts whose value is a stable code, and the catalogue's part that holds its words."""
_PLACES = frozenset({"zone", "before", "station"})


class Storyteller:
    """Tells entries in one language."""

    def __init__(self, config: LineConfig, language: Language) -> None:
        zh = language is Language.ZH
        self._words = CATALOGUES[language]
        self._places = {each.zone: each.title_zh if zh else each.title for each in config.stations}
        self._products = {key: each.title_zh if zh else each.title for key, each in config.recipes.items()}
        self._zh = zh
        names = config.names()
        self._named = names.zh if zh else names.en
        self._devices = {name: each.zh if zh else each.en for name, each in names.known.items()}
        self._special: Mapping[str, Callable[[Any], str]] = {
            "setpoints": _set_points,
            "measured": _measured,
            "failed": lambda names: self._list(self._coded("check", name) for name in names),
            "codes": self._list,
            "product": lambda key: self._products.get(key, key),
            "type": lambda name: self._coded("event", name.split(".")[-2]),
            "weight_g": lambda grams: f"{grams:.1f} g",
            "camera": lambda name: self._devices.get(name, name),
            "cause": self._cause,
            "no_curve": self._cause,
            "role": self.role,
        }

    def tell(self, kind: str, data: Mapping[str, Any]) -> str:
        """What an entry says beside its kind, on one line. :param data: as a page may show it, codes masked."""
        told = [str(data["text_zh" if self._zh else "text"])] if "text" in data else []
        for name, value in data.items():
            if name in _HIDDEN or value in ("", None, [], {}) or (name == "reason" and "text" in data):
                continue
            told.append(self._fact(kind, name, value))
        return " · ".join(told)

    def role(self, role: str) -> str:
        """A part's role, as `rear`."""
        return in_chinese(role) if self._zh else in_english(role).replace("_", " ")

    def _fact(self, kind: str, name: str, value: Any) -> str:
        words = self._value(name, value)
        key = f"fact.{kind}.{name}" if f"fact.{kind}.{name}" in self._words else f"fact.{name}"
        return self._words[key].format(value=words) if key in self._words else f"{name} {words}"

    def _value(self, name: str, value: Any) -> str:
        if name in self._special:
            return self._special[name](value)
        if name in _PLACES:
            return self._places.get(value, self._coded("zone", str(value)))
        return self._coded(_CODED[name], str(value)) if name in _CODED else str(value)

    def _coded(self, part: str, code: str) -> str:
        return self._words.get(f"{part}.{code}", code)

    def _cause(self, cause: str) -> str:
        return self._named(in_chinese(cause) if self._zh else in_english(cause))

    def _list(self, things: Any) -> str:
        return ("、" if self._zh else ", ").join(things)


def _set_points(points: list[int]) -> str:
    temperature_dc, dwell_ms, force_n, cooling_ms = points
    return f"{temperature_dc / 10:g} °C, {dwell_ms} ms, {force_n} N, {cooling_ms} ms"


def _measured(values: Mapping[str, int]) -> str:
    """Of a sealer's values those that a person knows; of another PLC's result all."""
    if "temperature_min_dc" not in values:
        return ", ".join(f"{name} {value}" for name, value in values.items())
    low, high = values["temperature_min_dc"] / 10, values["temperature_max_dc"] / 10
    return f"{low:g}–{high:g} °C, {values['dwell_ms']} ms, {values['force_n']} N, {values['cooling_ms']} ms"
