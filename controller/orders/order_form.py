"""The form of a work order: what a row of a file or of a request must hold to become one.

Pure: knows recipes and formats, no ledger. A refusal names every mistake of its row at once, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from controller.formats import check_format
from controller.plan.identity_cards import DIGEST_FORMAT
from controller.plan.recipes import PartKind, Recipe, RecipePart
from controller.words.text import Text


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderedPart(_Form):
    """One part of an order. `number` is what is embossed or printed on it, empty when the line needs none.

    Of an identity card it is the keyed hash of what is printed there, never the number.
    """

    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    code: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    number: Annotated[str, Field(max_length=64)] = ""


class WorkOrder(_Form):
    """One application to fulfil.

    :ivar acceptance: its key, given by upstream; :ivar product: key of a recipe.
    :ivar due: kept in UTC; :ivar priority: 0 goes first, 9 last.
    :ivar route: where the parcel is sorted to, opaque to the line.
    """

    acceptance: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{2,39}$")]
    product: str
    due: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    route: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,40}$")] = ""
    parts: Annotated[tuple[OrderedPart, ...], Field(min_length=1, max_length=10)]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as it came in. :ivar line: its line in the file, or its place in the request, from 1."""

    line: int
    data: dict[str, Any]


class OrderRefused(Exception):
    """An order can't be taken or moved as asked; `text` says why in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


_LONGEST_NUMBER = 20
"""Of what is embossed or printed; an identity number's hash is longer."""
_EXPECTED = {
    "acceptance": Text("3–40 位字母、数字或连字符", "3 to 40 letters, digits or hyphens"),
    "product": Text("产品名称", "the name of a product"),
    "due": Text(
        "带时区的 ISO 8601 时间，如 2026-11-30T17:00:00+08:00",
        "an ISO 8601 time with its zone, as 2026-11-30T17:00:00+08:00",
    ),
    "priority": Text("0 至 9 的整数", "a whole number from 0 to 9"),
    "route": Text("至多 40 位字母、数字、点、下划线或连字符", "up to 40 letters, digits, dots, underscores or hyphens"),
    "parts": Text("1 至 10 个部件的列表", "a list of 1 to 10 parts"),
    "role": Text("配方中的部件名，小写字母", "a role of the recipe, in small letters"),
    "code": Text("1–64 位可打印 ASCII 字符", "1 to 64 printable ASCII characters without blanks"),
    "number": Text("至多 20 个字符，身份证则为 64 位散列", "up to 20 characters, of an identity card its hash of 64"),
}


def read_order(data: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> WorkOrder:
    """Make a work order of a row, its parts in the recipe's order.

    A `number` beside the parts is the number of every plate that has none of its own.

    :raises OrderRefused: with every mistake of the fields; when they are in order, with every mistake of the parts.
    """
    recipe = recipes.get(str(data.get("product", "")))
    try:
        order = WorkOrder.model_validate(_with_plate_number(data, recipe))
    except ValidationError as error:
        raise OrderRefused(_join([_mistake(each["loc"], each.get("input")) for each in error.errors()])) from error
    if recipe is None:
        known = ", ".join(sorted(recipes))
        raise OrderRefused(
            Text(
                f"产品 {order.product!r} 未知，已知：{known}",
                f"product {order.product!r} is unknown, known: {known}",
            )
        )
    wrong = _wrong_parts(order, recipe)
    if wrong:
        raise OrderRefused(_join(wrong))
    rank = {part.role: place for place, part in enumerate(recipe.parts)}
    return order.model_copy(update={"parts": tuple(sorted(order.parts, key=lambda part: rank[part.role]))})


def differences(known: WorkOrder, given: WorkOrder) -> list[str]:
    """Name what differs, as `due: 2026-… is known, 2026-… given`; a part's fields as `front.code`."""
    old, new = _flat(known), _flat(given)
    return [
        f"{name}: {old.get(name, '')} → {new.get(name, '')}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def _flat(order: WorkOrder) -> dict[str, str]:
    flat = {
        "product": order.product,
        "due": order.due.isoformat(),
        "priority": str(order.priority),
        "route": order.route,
    }
    for part in order.parts:
        flat |= {f"{part.role}.code": part.code, f"{part.role}.number": part.number}
    return flat


def _with_plate_number(data: Mapping[str, Any], recipe: Recipe | None) -> dict[str, Any]:
    given = dict(data)
    number, parts = given.pop("number", ""), given.get("parts")
    plates = {part.role for part in recipe.parts if part.kind is PartKind.PLATE} if recipe is not None else set()
    if number and isinstance(parts, list | tuple):
        given["parts"] = [
            {"number": number} | part if isinstance(part, dict) and part.get("role") in plates else part
            for part in parts
        ]
    return given


def _mistake(place: tuple[int | str, ...], found: Any) -> Text:
    names = [str(each) for each in place]
    name = ".".join(names) or "order"
    expected = _EXPECTED.get(names[-1] if names else "")
    if expected is None:
        return Text(f"字段 {name} 未知，请删除", f"field {name} is unknown, leave it out")
    if isinstance(found, dict):  # the field is missing: what is told is all that surrounds it
        return Text(f"{name} 缺失，应为{expected.zh}", f"{name} is missing, must be {expected.en}")
    return Text(f"{name} 为 {found!r}，应为{expected.zh}", f"{name} is {found!r}, must be {expected.en}")


def _wrong_parts(order: WorkOrder, recipe: Recipe) -> list[Text]:
    given, needed = sorted(part.role for part in order.parts), sorted(part.role for part in recipe.parts)
    if given != needed:
        return [
            Text(
                f"部件应为 {needed}，实际为 {given}",
                f"parts must be exactly {needed} for {order.product}, found {given}",
            )
        ]
    rows = {part.role: part for part in order.parts}
    wrong = [text for part in recipe.parts for text in _wrong_part(rows[part.role], part)]
    codes = [part.code for part in order.parts]
    if len(set(codes)) != len(codes):
        wrong.append(Text(f"部件条码不得相同，实际为 {codes}", f"each part has a code of its own, found {codes}"))
    numbers = {rows[part.role].number for part in recipe.parts if part.kind is PartKind.PLATE}
    if len(numbers) > 1:
        shown = sorted(numbers)
        wrong.append(Text(f"同一订单的号牌号码应相同，实际为 {shown}", f"all plates bear one number, found {shown}"))
    return wrong


def _wrong_part(part: OrderedPart, recipe: RecipePart) -> list[Text]:
    wrong: list[Text] = []
    if re.fullmatch(recipe.code_pattern, part.code) is None:
        wrong.append(
            Text(
                f"{part.role} 的条码 {part.code!r} 不符合 {recipe.code_pattern}",
                f"{part.role}.code is {part.code!r}, must fit {recipe.code_pattern}",
            )
        )
    elif (text := check_format(recipe.code_format, part.code)) is not None:
        wrong.append(text.within(f"{part.role} 的条码", f"{part.role}.code"))
    if len(part.number) > _LONGEST_NUMBER and recipe.number_format != DIGEST_FORMAT:
        wrong.append(
            Text(
                f"{part.role} 的号码超过 {_LONGEST_NUMBER} 个字符",
                f"{part.role}.number is over {_LONGEST_NUMBER} characters",
            )
        )
    if not part.number and (recipe.kind is PartKind.PLATE or recipe.number_format):
        wrong.append(Text(f"{part.role} 缺少号码", f"{part.role}.number is missing"))
    elif (text := check_format(recipe.number_format, part.number)) is not None:
        wrong.append(text.within(f"{part.role} 的号码", f"{part.role}.number"))
    return wrong


def _join(texts: list[Text]) -> Text:
    return Text("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
