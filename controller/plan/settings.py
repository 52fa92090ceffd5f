"""What of the recipes may be changed on the page: numbers that the plant tunes, each within its model's bounds.

`line.toml` stays the plant's file. Changes lie over it as an overlay of paths and values, as
`small_car_plates.seal.temperature_c`; each version is a whole overlay. Parts, codes and checks are no settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from controller.plan.recipes import Recipe, SealSettings
from controller.words.text import Text

RECIPE_NUMBERS = ("weight_tolerance_g", "empty_weight_g", "proof_life_s")
SEAL_NUMBERS = tuple(SealSettings.model_fields)
Overlay = Mapping[str, float]
Changes = Mapping[str, float | None]
"""Paths and their new values; None: back to what `line.toml` says."""


class SettingsRefused(Exception):
    """Settings that the line does not take; `text` says which, why, and what is allowed. :ivar code: stable."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Setting:
    """One number. :ivar value: as the recipes given have it; :ivar least, most: its bounds, None for no bound."""

    path: str
    product: str
    name: str
    value: float
    least: float | None
    most: float | None


def settings_of(recipes: Mapping[str, Recipe]) -> list[Setting]:
    """Every number that may be changed, as these recipes have it."""
    found = []
    for product, recipe in recipes.items():
        parts: tuple[tuple[str, BaseModel, tuple[str, ...]], ...] = (
            ("seal.", recipe.seal, SEAL_NUMBERS),
            ("", recipe, RECIPE_NUMBERS),
        )
        for prefix, model, names in parts:
            for name in names:
                least, most = _bounds(model, name)
                value = float(getattr(model, name))
                found.append(Setting(f"{product}.{prefix}{name}", product, f"{prefix}{name}", value, least, most))
    return found


def with_settings(recipes: Mapping[str, Recipe], overlay: Overlay) -> dict[str, Recipe]:
    """The recipes with an overlay over them, checked as `line.toml` is.

    :raises SettingsRefused: an unknown path, or a value out of its bounds.
    """
    known = {setting.path: setting for setting in settings_of(recipes)}
    unknown = sorted(set(overlay) - set(known))
    if unknown:
        raise SettingsRefused(
            "unknown_setting",
            Text(f"没有设置 {'、'.join(unknown)}", f"there is no setting {', '.join(unknown)}"),
        )
    raw: dict[str, dict[str, Any]] = {product: recipe.model_dump() for product, recipe in recipes.items()}
    for path, value in overlay.items():
        product, *inner, name = path.split(".")
        place = raw[product]
        for each in inner:
            place = place[each]
        place[name] = value
    return {product: _checked(product, data) for product, data in raw.items()}


def changed(overlay: Overlay, changes: Changes) -> dict[str, float]:
    """An overlay after changes."""
    after = {**overlay, **changes}
    return {path: value for path, value in after.items() if value is not None}


def _checked(product: str, data: dict[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join([product, *(str(part) for part in first["loc"])])
        found, why = first.get("input"), first["msg"]
        raise SettingsRefused(
            "setting_out_of_bounds", Text(f"{path} 为 {found}：{why}", f"{path} is {found}: {why}")
        ) from error


def _bounds(model: BaseModel, name: str) -> tuple[float | None, float | None]:
    least: float | None = None
    most: float | None = None
    for rule in type(model).model_fields[name].metadata:
        least = next((float(getattr(rule, key)) for key in ("ge", "gt") if hasattr(rule, key)), least)
        most = next((float(getattr(rule, key)) for key in ("le", "lt") if hasattr(rule, key)), most)
    return least, most
