"""The lists of a policy: budgets of roles, rules about words, presets."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bot.moderation.shapes import NONE, Dollars, Shape, Unfit, parse_id
from bot.moderation.words import WordRule, WordRuleWrong, parse_word_rule
from bot.presets import MOST_OF_GUILD, Preset, PresetWrong, find_preset, parse_preset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from bot.moderation.policy import Policy

MOST_BUDGETS = 25
MOST_WORD_RULES = 50
BUDGET = re.compile(r"(?:<@&)?([0-9]{1,20})>?\s+(\S+)\s+(\S+)")


@dataclass(frozen=True, slots=True)
class RoleBudget:
    """What all members with a role may spend together. None: no limit."""

    role_id: int
    day_usd: Decimal | None
    month_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Budgets(Shape):
    """Budgets of roles, each role once, typed as `@role 1.00 20.00` (a day, a month), with commas between them."""

    def parse(self, given: object) -> tuple[RoleBudget, ...]:
        """A list of objects with `role`, `day` and `month`."""
        if not isinstance(given, list) or any(not isinstance(each, dict) for each in given):
            raise Unfit("budgets")
        if len(given) > MOST_BUDGETS:
            raise Unfit("too_many", most=MOST_BUDGETS)
        money = Dollars()
        budgets: dict[int, RoleBudget] = {}
        for each in given:
            role_id = parse_id(each.get("role"))
            if role_id in budgets or each.keys() - {"role", "day", "month"}:
                raise Unfit("budgets")
            budgets[role_id] = RoleBudget(role_id, money.parse(each.get("day")), money.parse(each.get("month")))
        return tuple(budgets[role_id] for role_id in sorted(budgets))

    def dump(self, value: tuple[RoleBudget, ...]) -> object:
        """As objects."""
        money = Dollars()
        return [
            {"role": str(each.role_id), "day": money.dump(each.day_usd), "month": money.dump(each.month_usd)}
            for each in value
        ]

    def read(self, text: str) -> object:
        """The budgets."""
        if text.strip().casefold() == NONE:
            return []
        money = Dollars()
        parts = [BUDGET.fullmatch(part.strip()) for part in text.split(",")]
        return [
            {"role": part[1], "day": money.read(part[2]), "month": money.read(part[3])} if part else None
            for part in parts
        ]


@dataclass(frozen=True, slots=True)
class NamedValues(Shape):
    """Values with names of their own, which have commands to type them. A row is as it was checked once."""

    kind: ClassVar[type[Any]]
    problem: ClassVar[str]

    def load(self, given: Any) -> tuple[Any, ...]:
        """As they were written: one that cannot be used any more is listed, not lost."""
        try:
            return tuple(self.kind(**each) for each in given)
        except TypeError as error:
            raise Unfit(self.problem) from error

    def dump(self, value: tuple[Any, ...]) -> object:
        """As objects."""
        return [asdict(each) for each in value]


@dataclass(frozen=True, slots=True)
class Words(NamedValues):
    """The guild's own rules about words."""

    kind = WordRule
    problem = "words"

    def parse(self, given: object) -> tuple[WordRule, ...]:
        """A list of objects, as `bot.moderation.words` knows them."""
        if not isinstance(given, list):
            raise Unfit(self.problem)
        if len(given) > MOST_WORD_RULES:
            raise Unfit("too_many", most=MOST_WORD_RULES)
        rules: dict[str, WordRule] = {}
        for each in given:
            try:
                rule = parse_word_rule(each)
            except WordRuleWrong as error:
                raise Unfit(error.problem, **error.values) from error
            if rule.name in rules:
                raise Unfit("words_twice", name=rule.name)
            rules[rule.name] = rule
        return tuple(rules.values())


@dataclass(frozen=True, slots=True)
class Presets(NamedValues):
    """The guild's own presets."""

    kind = Preset
    problem = "presets"

    def parse(self, given: object) -> tuple[Preset, ...]:
        """A list of objects, as `bot.presets` knows them."""
        if not isinstance(given, list):
            raise Unfit(self.problem)
        if len(given) > MOST_OF_GUILD:
            raise Unfit("too_many", most=MOST_OF_GUILD)
        presets: list[Preset] = []
        for each in given:
            try:
                preset = parse_preset(each)
            except PresetWrong as wrong:
                raise Unfit(wrong.mistakes[0].problem, **wrong.mistakes[0].values) from wrong
            if find_preset(presets, preset.name) is not None:
                raise Unfit("presets_twice", name=preset.name)
            presets.append(preset)
        return tuple(presets)


def gather_presets(policy: Policy, operators: Sequence[Preset]) -> tuple[Preset, ...]:
    """What a place with this policy offers: the guild's own, then the operator's of other names."""
    own = {preset.key for preset in policy.presets}
    return (*policy.presets, *(each for each in operators if policy.operator_presets and each.key not in own))
