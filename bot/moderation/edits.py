"""What is added to the lists of a policy: a rule, a budget. For `Policies.amend`, which knows the policy in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.moderation.policy import add_item
from bot.moderation.shapes import Dollars

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
