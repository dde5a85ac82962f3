"""What is added to the lists of a policy: a rule, a budget, a preset. For `Policies.amend`, which knows the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.moderation.policy import add_item
from bot.moderation.shapes import NONE, Dollars, Share
from bot.presets import NUMBERS, find_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.moderation.policy import Policy


def add_rule(policy: Policy, rule: Mapping[str, object]) -> Any:
    """The value of `words` with this rule, in the place of one with the same name. Raises `PolicyWrong`."""
    others = [each for each in policy.words if each.name != rule.get("name")]
    return add_item("words", others, rule)


def add_budget(policy: Policy, role_id: int, day: str, month: str) -> Any:
    """The value of `role_budgets` with these typed amounts for a role; both none: without. Raises `PolicyWrong`."""
    others = [each for each in policy.role_budgets if each.role_id != role_id]
    money = Dollars()
    budget = {"role": str(role_id), "day": money.read(day), "month": money.read(month)}
    unlimited = budget["day"] is None and budget["month"] is None
    return tuple(others) if unlimited else add_item("role_budgets", others, budget)


def add_preset(policy: Policy, preset: Mapping[str, object]) -> Any:
    """The value of `presets` with this one, in the place of one with the same name. Raises `PolicyWrong`.

    A number may be as it was typed; nothing typed is none.
    """
    others = [each for each in policy.presets if each is not find_preset(policy.presets, str(preset.get("name")))]
    numbers = {each: _read_number(preset.get(each)) for each in NUMBERS}
    return add_item("presets", others, {**preset, **numbers})


def _read_number(typed: object) -> object:
    if not isinstance(typed, str):
        return typed
    return Share(0, 1).read(typed.replace(",", ".") or NONE)
