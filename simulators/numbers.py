"""Seeded plate numbers, bar codes and mail numbers that all differ, with their check digits.

Written from the published rules and apart from the controller's formats, so that one checks the other. Chance comes
only from the generator that is handed in.
"""

from __future__ import annotations

from random import Random

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a plate's serial: no I, no O."""
GUANGDONG = LETTERS.removesuffix("Z")
"""Issuing letters 粤A to 粤Y; 粤Z is for cars of Hong Kong and Macao."""
NEV_LETTERS = "DACBEFGHJK"
CONFUSABLE = ("8B", "0D", "5S", "2Z", "0Q", "6G", "1L", "4A", "7T", "UV")
"""Pairs that an embossed plate makes hard to tell apart."""
_CORE_WEIGHTS = (9, 8, 0, 8, 7, 3, 2, 3, 5, 6, 7, 8, 9)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


class NumberMint:
    """Gives out numbers and codes, none twice. :param chance: the run's seeded generator."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._given: set[str] = set()
        self._plates: dict[str, list[str]] = {}

    def plate(self, grammar: str) -> str:
        """A new plate number by `small`, `nev` or `ebike`; each fourth is one character off an earlier one."""
        earlier = self._plates.setdefault(grammar, [])
        like = self.lookalikes(self._chance.choice(earlier), grammar) if len(earlier) % 4 == 3 else []
        number = self._chance.choice(like) if like else self._draw(grammar)
        while number in self._given:
            number = self._draw(grammar)
        earlier.append(number)
        return self.give(number)

    def lookalikes(self, number: str, grammar: str) -> list[str]:
        """The numbers that nobody has and that differ from `number` in one confusable character."""
        return [other for other in lookalikes(number, grammar) if other not in self._given]

    def give(self, text: str) -> str:
        """Note that a number or code is taken, and return it."""
        self._given.add(text)
        return text

    def code(self, shape: str) -> str:
        """A new bar code: `PM` or `EB` before ten digits, or `core` for a 证芯编号 of Guangdong."""
        while True:
            digits = f"{self._chance.randrange(10**10):010d}"
            code = core_number("44", digits) if shape == "core" else shape + digits
            if code not in self._given:
                return self.give(code)

    def mail_numbers(self, count: int) -> list[str]:
        """`count` domestic express numbers in a row, as a carrier gives them out."""
        first = self._chance.randrange(10**8 - count)
        return [mail_number("11", serial, "60") for serial in range(first, first + count)]

    def _draw(self, grammar: str) -> str:
        if grammar == "ebike":
            return self._characters(6, letters=self._chance.choice((0, 1, 2)))
        issuing = "粤" + self._chance.choice(GUANGDONG)
        if grammar == "nev":
            return issuing + self._chance.choice(NEV_LETTERS) + f"{self._chance.randrange(10**5):05d}"
        return issuing + self._characters(5, letters=self._chance.choice((0, 1, 1, 2)))

    def _characters(self, length: int, letters: int) -> str:
        drawn = [self._chance.choice(LETTERS) for _ in range(letters)]
        drawn += [self._chance.choice("0123456789") for _ in range(length - letters)]
        self._chance.shuffle(drawn)
        return "".join(drawn)


def lookalikes(number: str, grammar: str) -> list[str]:
    """All numbers of the grammar that differ from `number` in one confusable character of the serial."""
    first = {"ebike": 0, "nev": 3, "small": 2}[grammar]
    last = 4 if grammar == "nev" else len(number)
    return [
        number[:index] + pair.replace(number[index], "") + number[index + 1 :]
        for index in range(first, last)
        for pair in CONFUSABLE
        if number[index] in pair
    ]


def core_number(province: str, serial: str) -> str:
    """证芯编号: two digits of the province, a check character, ten of the serial.

    The check counts each 4 as 8 and is the weighted sum mod 11, 10 written X.
    """
    digits = (province + "0" + serial).replace("4", "8")
    total = sum(weight * int(digit) for weight, digit in zip(_CORE_WEIGHTS, digits, strict=True))
    return province + "0123456789X"[total % 11] + serial


def mail_number(prefix: str, serial: int, tail: str) -> str:
    """A domestic 13-digit number: prefix, eight digits, their check digit by UPU S10, two more digits."""
    digits = f"{serial:08d}"
    total = sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, digits, strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return f"{prefix}{digits}{check}{tail}"
