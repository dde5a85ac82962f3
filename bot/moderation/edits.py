"""What is changed in a policy: one setting, or one rule, budget or preset of a list. For `Policies`, which keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from bot.moderation.documents import Mistake, PolicyWrong, check, parse_values
from bot.moderation.policy import SETTINGS
from bot.moderation.shapes import NONE, Dollars, Share
from bot.presets import NUMBERS, find_preset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.moderation.policy import Policy


def with_value(policy: Policy, key: str, value: Any, channel_id: int | None = None) -> Policy:
    """The policy with one setting changed, for one channel or for the guild. Raises `PolicyWrong`."""
    shape, mistakes = SETTINGS[key].shape, list[Mistake]()
    fitting = parse_values({key: shape.dump(value)}, channel_id, mistakes)
    if mistakes:
        raise PolicyWrong(mistakes)
    if channel_id is None:
        changed = replace(policy, **fitting)
    else:
        own = {**policy.overrides.get(channel_id, {}), **fitting}
        changed = replace(policy, overrides={**policy.overrides, channel_id: own})
    check(changed)
    return changed


def without_value(policy: Policy, key: str, channel_id: int | None = None) -> Policy:
    """The policy with one setting at its default; for a channel: as in the guild. Raises `PolicyWrong`."""
    if channel_id is None:
        return with_value(policy, key, SETTINGS[key].default)
    own = {name: value for name, value in policy.overrides.get(channel_id, {}).items() if name != key}
    others = {place: values for place, values in policy.overrides.items() if place != channel_id}
    changed = replace(policy, overrides=others | ({channel_id: own} if own else {}))
    check(changed)
    return changed


def add_rule(policy: Policy, rule: Mapping[str, object]) -> Any:
    """The value of `words` with this rule, in the place of one with the same name. Raises `PolicyWrong`."""
    others = [each for each in policy.words if each.name != rule.get("name")]
    return _add_item("words", others, rule)


def add_budget(policy: Policy, role_id: int, day: str, month: str) -> Any:
    """The value of `role_budgets` with these typed amounts for a role; both none: without. Raises `PolicyWrong`."""
    others = [each for each in policy.role_budgets if each.role_id != role_id]
    money = Dollars()
    budget = {"role": str(role_id), "day": money.read(day), "month": money.read(month)}
    unlimited = budget["day"] is None and budget["month"] is None
    return tuple(others) if unlimited else _add_item("role_budgets", others, budget)


def add_preset(policy: Policy, preset: Mapping[str, object]) -> Any:
    """The value of `presets` with this one, in the place of one with the same name. Raises `PolicyWrong`.

    A number may be as it was typed; nothing typed is none.
    """
    others = [each for each in policy.presets if each is not find_preset(policy.presets, str(preset.get("name")))]
    numbers = {each: _read_number(preset.get(each)) for each in NUMBERS}
    return _add_item("presets", others, {**preset, **numbers})


def _add_item(key: str, others: Sequence[Any], new: Mapping[str, object]) -> Any:
    """The value of a setting that is a list: the others, and this new one as JSON. Raises `PolicyWrong`."""
    shape, mistakes = SETTINGS[key].shape, list[Mistake]()
    dumped = cast("list[object]", shape.dump(tuple(others)))
    values = parse_values({key: [*dumped, dict(new)]}, None, mistakes)
    if mistakes:
        raise PolicyWrong(mistakes)
    return values[key]


def _read_number(typed: object) -> object:
    if not isinstance(typed, str):
        return typed
    return Share(0, 1).read(typed.replace(",", ".") or NONE)
