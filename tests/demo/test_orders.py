"""Orders, plates and codes: right check digits, all different, as the recipes of the demo's line want them."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulators.numbers import NumberMint, core_number, lookalikes, mail_number
from simulators.orders import make_orders, make_parts
from simulators.products import PRODUCTS

LINE = Path(__file__).parents[2] / "controller" / "line.example.toml"


@pytest.fixture(scope="module")
def recipes() -> dict[str, Any]:
    return tomllib.loads(LINE.read_text(encoding="utf-8"))["recipes"]


def test_check_digits_of_published_examples() -> None:
    assert core_number("44", "0012345678") == "4470012345678"
    assert core_number("11", "0000000001") == "1140000000001"
    assert mail_number("11", 1, "60") == "1100000001460"


def test_products_agree_with_the_demo_line(recipes: dict[str, Any]) -> None:
    assert PRODUCTS.keys() == recipes.keys()
    for name, product in PRODUCTS.items():
        recipe = recipes[name]
        seal = recipe["seal"]
        window = tuple(seal["temperature_c"] + sign * seal["temperature_tolerance_c"] for sign in (-1, 1))
        assert product.seal_c == window
        for plan, wanted in zip(product.parts, recipe["parts"], strict=True):
            assert (plan.role, plan.kind.value, plan.place_mm, plan.size_mm, plan.weight_g) == (
                wanted["role"],
                wanted["kind"],
                (wanted["x_mm"], wanted["y_mm"]),
                (wanted["width_mm"], wanted["height_mm"]),
                wanted["weight_g"],
            )


def test_orders_fit_the_recipes_and_nothing_comes_twice(recipes: dict[str, Any]) -> None:
    chance = Random(7)
    mint = NumberMint(chance)
    orders = make_orders(chance, mint, 500)
    patterns = {
        (name, part["role"]): part["code_pattern"] for name, recipe in recipes.items() for part in recipe["parts"]
    }
    codes = [part.code for order in orders for part in order.parts]
    assert len(set(codes)) == len(codes)
    assert len({order.acceptance for order in orders}) == len(orders)
    for order in orders:
        for part in order.parts:
            assert re.fullmatch(patterns[order.product, part.role], part.code)
    numbers = [{part.number for part in order.parts if part.number} for order in orders]
    assert all(len(found) <= 1 for found in numbers), "front and rear bear the same number"
    plates = [number for found in numbers for number in found]
    assert len(set(plates)) == len(plates)
    assert all(re.fullmatch("粤[A-HJ-NP-Y][A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{6}", plate) for plate in plates)


def test_some_plates_are_one_confusable_character_apart() -> None:
    mint = NumberMint(Random(3))
    plates = {mint.plate("small") for _ in range(60)}
    twins = [pair for pair in combinations(sorted(plates), 2) if pair[1] in lookalikes(pair[0], "small")]
    assert len(twins) >= 5


@pytest.mark.parametrize("grammar", ["small", "nev", "ebike"])
def test_a_lookalike_differs_in_one_place_and_keeps_its_grammar(grammar: str) -> None:
    mint = NumberMint(Random(5))
    grammars = {
        "small": "粤[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5}",
        "nev": r"粤[A-HJ-NP-Z][ABCDEFGHJK][A-HJ-NP-Z0-9]\d{4}",
        "ebike": "[A-HJ-NP-Z0-9]{6}",
    }
    for number in [mint.plate(grammar) for _ in range(50)]:
        for other in lookalikes(number, grammar):
            assert re.fullmatch(grammars[grammar], other)
            assert sum(one != two for one, two in zip(number, other, strict=True)) == 1


def test_every_five_orders_hold_all_products_and_stand_in_call_order() -> None:
    chance = Random(1)
    orders = make_orders(chance, NumberMint(chance), 40)
    for start in range(0, 40, 5):
        assert {order.product for order in orders[start : start + 5]} == set(PRODUCTS)
    assert list(orders) == sorted(orders, key=lambda order: (order.priority, order.due, order.acceptance))


def test_parts_are_the_orders_own() -> None:
    chance = Random(1)
    for order in make_orders(chance, NumberMint(chance), 5):
        parts = make_parts(order)
        assert [(part.owner, part.code) for part in parts.values()] == [
            (order.acceptance, wanted.code) for wanted in order.parts
        ]
