"""The kinds of values a policy is made of: each is read from JSON or from typed words, checked, and written as JSON.

Ids are strings in JSON, because they are longer than its numbers; money is a string, because it is exact. What does not
fit raises `Unfit`, whose `problem` is a key of the catalogue and whose `values` fill its sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

ON = frozenset({"on", "yes", "true"})
OFF = frozenset({"off", "no", "false"})
NONE = "none"
"""What is typed for "nothing": no limit, no channel, an empty list."""
CENTS = re.compile(r",(\d{1,2})$")
"""Cents as most of Europe writes them; a comma before three digits may mean thousands, and is not guessed at."""
MOST_ID = 2**63 - 1
MOST_DOLLARS = 100_000
SHARE_DIGITS = 2
DOLLAR_DIGITS = 4
ID = re.compile(r"[0-9]{1,20}")
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,4})?")
MENTION = re.compile(r"<(?:#|@&)([0-9]{1,20})>|(?<![\w@!])([0-9]{1,20})\b")


class Unfit(ValueError):
    """A value that a setting cannot have. `problem` and `values` make its sentence."""

    def __init__(self, problem: str, **values: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.values = values


class Shape:
    """What a setting's value looks like. `parse` undoes `dump`, and makes a value of what `read` understood."""

    __slots__ = ()

    def parse(self, given: object) -> Any:
        """The value in this piece of JSON. Raises `Unfit`."""
        raise NotImplementedError

    def load(self, given: Any) -> Any:
        """The same of what was dumped before, without judging again what takes long to judge. Raises `Unfit`."""
        return self.parse(given)

    def dump(self, value: Any) -> object:
        """The value as JSON."""
        return value

    def read(self, text: str) -> object:
        """What somebody typed, as JSON: for `parse`, which judges it. Raises `Unfit`."""
        return text.strip().casefold()


@dataclass(frozen=True, slots=True)
class Switch(Shape):
    """True or false; typed as `on` or `off`."""

    def parse(self, given: object) -> bool:
        """One of both."""
        if not isinstance(given, bool):
            raise Unfit("switch")
        return given

    def read(self, text: str) -> object:
        """Any common word for it."""
        word = text.strip().casefold()
        return True if word in ON else False if word in OFF else word


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of some words."""

    options: tuple[str, ...]

    def parse(self, given: object) -> str:
        """One of them."""
        if not isinstance(given, str) or given not in self.options:
            raise Unfit("choice", options=", ".join(self.options))
        return given


@dataclass(frozen=True, slots=True)
class Choices(Shape):
    """Any of some words, typed with commas or spaces between them; none means all of them."""

    options: tuple[str, ...]

    def parse(self, given: object) -> frozenset[str]:
        """A list of them."""
        if not isinstance(given, list) or any(each not in self.options for each in given):
            raise Unfit("choices", options=", ".join(self.options))
        return frozenset(given)

    def dump(self, value: frozenset[str]) -> object:
        """In the order they are offered."""
        return [option for option in self.options if option in value]

    def read(self, text: str) -> object:
        """The words."""
        return [word for word in re.split(r"[\s,]+", text.strip().casefold()) if word not in {"", NONE}]


@dataclass(frozen=True, slots=True)
class Whole(Shape):
    """A whole number; `optional`: or none."""

    least: int
    most: int
    optional: bool = False

    def parse(self, given: object) -> int | None:
        """A number within the bounds."""
        if given is None and self.optional:
            return None
        if not isinstance(given, int) or isinstance(given, bool) or not self.least <= given <= self.most:
            raise Unfit("whole_or_none" if self.optional else "whole", least=self.least, most=self.most)
        return given

    def read(self, text: str) -> object:
        """Digits. Where there is always a number, none is 0."""
        word = text.strip().casefold()
        if word == NONE:
            return None if self.optional else 0
        return int(word) if ID.fullmatch(word) else word


@dataclass(frozen=True, slots=True)
class Share(Shape):
    """A part of one, typed as `0.7` or `70%`; `optional`: or none."""

    least: float
    most: float
    optional: bool = False

    def parse(self, given: object) -> float | None:
        """A number within the bounds."""
        if given is None and self.optional:
            return None
        if not isinstance(given, int | float) or isinstance(given, bool) or not self.least <= given <= self.most:
            raise Unfit("share_or_none" if self.optional else "share", least=f"{self.least:g}", most=f"{self.most:g}")
        return round(float(given), SHARE_DIGITS)

    def read(self, text: str) -> object:
        """The number."""
        word = text.strip().casefold()
        if word == NONE:
            return None
        try:
            return float(word.removesuffix("%").replace(",", ".")) / (100 if word.endswith("%") else 1)
        except ValueError:
            return word


@dataclass(frozen=True, slots=True)
class Dollars(Shape):
    """An amount of money, typed as `1.50` or `$1.50`; or none."""

    def parse(self, given: object) -> Decimal | None:
        """A string such as "1.50", exact to a hundredth of a cent."""
        if given is None:
            return None
        try:
            amount = Decimal(given) if isinstance(given, str) else Decimal("NaN")
            if 0 <= amount <= MOST_DOLLARS and amount == round(amount, DOLLAR_DIGITS):
                return abs(amount)  # there is a negative zero
        except InvalidOperation:  # not a number, or NaN compared
            pass
        raise Unfit("dollars", most=MOST_DOLLARS)

    def dump(self, value: Decimal | None) -> object:
        """As a string."""
        return None if value is None else f"{value:f}"

    def read(self, text: str) -> object:
        """The amount."""
        word = text.strip().casefold().removeprefix("$")
        return None if word == NONE else CENTS.sub(r".\1", word)


@dataclass(frozen=True, slots=True)
class Channel(Shape):
    """The id of a channel, typed as a mention or an id; or none."""

    def parse(self, given: object) -> int | None:
        """An id as a string."""
        return None if given is None else parse_id(given)

    def dump(self, value: int | None) -> object:
        """As a string."""
        return None if value is None else str(value)

    def read(self, text: str) -> object:
        """The only id that was named."""
        found = _find_ids(text)
        return found[0] if len(found) == 1 else None if text.strip().casefold() == NONE else text


@dataclass(frozen=True, slots=True)
class Ids(Shape):
    """Ids of channels (`of` is "channels") or of roles ("roles"), typed as mentions or ids."""

    of: str
    most: int

    def parse(self, given: object) -> frozenset[int]:
        """A list of ids as strings."""
        if not isinstance(given, list):
            raise Unfit("ids", most=self.most)
        if len(given) > self.most:
            raise Unfit("too_many", most=self.most)
        return frozenset(parse_id(each) for each in given)

    def dump(self, value: frozenset[int]) -> object:
        """As strings, in order."""
        return [str(each) for each in sorted(value)]

    def read(self, text: str) -> object:
        """The ids that were named."""
        return _find_ids(text) or ([] if text.strip().casefold() == NONE else text)


@dataclass(frozen=True, slots=True)
class Locale(Shape):
    """A language as Discord spells it, such as "de" or "en-US"; empty, typed as none: none."""

    def parse(self, given: object) -> str:
        """A short string."""
        if not isinstance(given, str) or (given and not LOCALE.fullmatch(given)):
            raise Unfit("locale")
        return given

    def read(self, text: str) -> object:
        """Case counts."""
        return "" if text.strip().casefold() == NONE else text.strip()


def parse_id(given: object) -> int:
    """An id out of a string. Raises `Unfit`."""
    if not isinstance(given, str) or not ID.fullmatch(given) or not 0 < int(given) <= MOST_ID:
        raise Unfit("id")
    return int(given)


def _find_ids(text: str) -> list[str]:
    """The ids in mentions, or bare, each once."""
    return list(dict.fromkeys(one or other for one, other in MENTION.findall(text)))
